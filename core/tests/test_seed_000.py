"""The requests of the chat about customer conversations, as its first description has them."""

import json
import time
from typing import Any

import pytest
import requests
from websockets.sync.client import connect

from accounts.models import User
from ai_chat.answering.run import write
from ai_chat.models import AIMessage
from AI_model.testing.model_server import ModelServer
from core.tests.test_seed_002 import log_in
from messaging.models import Channel, Conversation
from messaging.tests.inbox_data import customer_says

pytestmark = pytest.mark.django_db(transaction=True)
WAIT = 30


@pytest.fixture
def conversation(webchat_channel: Channel) -> Conversation:
    return customer_says(webchat_channel, "My parcel to Norway is late.")


def ask(method: str, address: str, headers: dict[str, str], body: Any = None) -> requests.Response:
    return requests.request(method, address, json=body, headers=headers, timeout=WAIT)


def test_each_request_about_chats(
    chat_host: str, owner: User, conversation: Conversation, vendor: ModelServer
) -> None:
    chats, mine = f"{chat_host}/api/ai/chats/", log_in(chat_host)
    plain = ask(
        "POST",
        chats,
        mine,
        {"title": "My AI Assistant", "system_prompt": "You are a helpful coding assistant."},
    )
    assert plain.status_code == 201 and plain.json()["related_chat"] is None
    linked = {
        "title": "Project Discussion Helper",
        "system_prompt": "You help analyze project discussions.",
        "related_chat": conversation.pk,
    }
    made = ask("POST", chats, mine, linked)
    assert made.status_code == 201 and made.json().items() >= linked.items()
    one = f"{chats}{made.json()['id']}/"

    listed = ask("GET", chats, mine).json()["results"]
    assert {plain.json()["id"], made.json()["id"]} <= {row["id"] for row in listed}
    assert ask("GET", one, mine).json()["title"] == "Project Discussion Helper"
    body = {
        "content": "Summarize our previous discussion",
        "include_related_chat_context": True,
        "context_message_limit": 20,
    }
    sent = ask("POST", f"{one}send_message/", mine, body)
    assert sent.status_code == 200, sent.text
    assert sent.json()["assistant_message"]["content"].startswith("Answer to:")
    assert "My parcel to Norway is late." in str(vendor.calls[-1].body)
    assert "You help analyze project discussions." in str(vendor.calls[-1].body)
    said = ask("GET", f"{one}messages/", mine).json()["results"]
    assert [row["role"] for row in said] == ["user", "assistant"]
    kept = AIMessage.objects.get(pk=said[1]["id"]).total_tokens
    assert kept and said[1]["total_tokens"] == kept
    context = ask("GET", f"{one}related_chat_context/", mine).json()
    assert [row["text"] for row in context["messages"]] == ["My parcel to Norway is late."]

    theirs = log_in(chat_host, "other_owner")
    assert ask("POST", chats, theirs, linked).status_code == 404, "not a part of that conversation"
    assert ask("GET", one, theirs).status_code == 404
    assert ask("GET", chats, {}).status_code == 401
    assert ask("DELETE", one, mine).status_code == 204
    assert ask("GET", one, mine).status_code == 404


def test_the_socket_example(chat_host: str, owner: User, vendor: ModelServer) -> None:
    mine = log_in(chat_host)
    chat = ask("POST", f"{chat_host}/api/ai/chats/", mine, {"title": "Live"}).json()["id"]
    address = f"{chat_host.replace('http', 'ws', 1)}/ws/ai-chat/{chat}/"
    message = {
        "type": "message",
        "content": "Hello ChatGPT!",
        "include_related_chat_context": False,
    }
    with connect(address, additional_headers=mine, open_timeout=WAIT) as socket:
        socket.send(json.dumps(message))
        write(_pending())
        told: dict[str, Any] = {}
        # Two processes tell of it: which of them comes first is not promised.
        while not {"message.created", "assistant.delta", "assistant.done"} <= set(told):
            event = json.loads(socket.recv(timeout=WAIT))
            told[event["type"]] = event
    assert told["assistant.done"]["message"]["content"] == "Answer to: Hello ChatGPT!"


def _pending() -> str:
    """The answer that a worker would write."""
    until = time.monotonic() + WAIT
    while time.monotonic() < until:
        if found := AIMessage.objects.filter(state="pending").first():
            return found.pk
        time.sleep(0.05)
    raise AssertionError("The socket's message was not stored.")
