"""`/api/ai/`, from the request to the rows (seed 000)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services.keys import make_key
from ai_chat.models import AIChat, AIMessage
from AI_model.services.asking import SEATS
from AI_model.testing.model_server import ModelServer
from messaging.models import Channel, Conversation, Customer, Message

pytestmark = pytest.mark.django_db
ApiFor = Callable[[User], APIClient]


@pytest.fixture
def api(api_for: ApiFor, owner: User) -> APIClient:
    return api_for(owner)


@pytest.fixture
def chat(api: APIClient, model: ModelServer) -> str:
    return str(api.post("/api/ai/chats/", {"title": "One"}).json()["id"])


def send(api: APIClient, chat: str, content: str, **more: Any) -> Any:
    body = {"content": content, **more}
    return api.post(f"/api/ai/chats/{chat}/send_message/", body, format="json")


def shown(api: APIClient, chat: str) -> list[str]:
    page = api.get(f"/api/ai/chats/{chat}/messages/").json()
    return [one["content"] for one in page["results"]]


def test_a_message_is_sent_and_answered_over_rest(api: APIClient, chat: str) -> None:
    answer = send(api, chat, "What is a router?")
    assert answer.status_code == 200
    turn = answer.json()
    assert turn["conversation"]["id"] == chat
    assert turn["user_message"]["content"] == "What is a router?"
    assert turn["assistant_message"]["content"] == "Answer to: What is a router?"
    assert turn["assistant_message"]["tokens_used"] > 0
    assert shown(api, chat) == ["What is a router?", "Answer to: What is a router?"]


def test_forms_are_as_good_as_json(api_for: ApiFor, owner: User, chat: str) -> None:
    body = "content=Hi&include_related_chat_context=true&context_message_limit=5"
    form = "application/x-www-form-urlencoded"
    address = f"/api/ai/chats/{chat}/send_message/"
    answer = api_for(owner).post(address, body, content_type=form)
    assert answer.json()["user_message"]["content"] == "Hi"


@pytest.mark.parametrize(
    ("mode", "status", "code"),
    [
        ("500", 502, "server_error"),
        ("429", 429, "rate_limited"),
        ("bad_key", 502, "key_rejected"),
        ("reset", 502, "unreachable"),
    ],
)
def test_a_provider_that_fails_is_told_in_clear_words_and_kept(
    api: APIClient, chat: str, model: ModelServer, mode: str, status: int, code: str
) -> None:
    model.behave(mode)
    answer = send(api, chat, "Hello")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len(answer.json()["detail"]) > 20
    assert ("Retry-After" in answer.headers) == (status == 429)
    asked, failed = AIMessage.objects.order_by("position")
    assert (asked.content, failed.state) == ("Hello", "failed")


def test_what_is_wrong_with_a_message_is_named(api: APIClient, chat: str) -> None:
    for body, field in (
        ({"content": "  "}, "content"),
        ({"content": "Hi", "model_name": "no-such-model"}, "model_name"),
        ({"content": "Hi", "context_message_limit": 0}, "context_message_limit"),
        ({"content": "Hi", "colour": "red"}, "colour"),
        ({}, "content"),
    ):
        answer = api.post(f"/api/ai/chats/{chat}/send_message/", body, format="json")
        assert answer.status_code == 400
        assert set(answer.json()["fields"]) == {field}
    assert AIMessage.objects.count() == 0


def test_edits_and_other_answers_are_branches_between_which_one_switches(
    api: APIClient, chat: str, model: ModelServer
) -> None:
    turn = send(api, chat, "one").json()
    asked, answer = turn["user_message"]["id"], turn["assistant_message"]["id"]
    edited = api.patch(f"/api/ai/messages/{asked}/", {"content": "uno"}, format="json").json()
    assert shown(api, chat) == ["uno", "Answer to: uno"]
    model.behave("ok", text="Otra vez")
    again = api.post(f"/api/ai/messages/{edited['assistant_message']['id']}/regenerate/")
    assert again.status_code == 200
    assert shown(api, chat) == ["uno", "Otra vez"]
    one = api.get(f"/api/ai/messages/{again.json()['assistant_message']['id']}/").json()
    assert (one["index"], len(one["siblings"])) == (2, 2)
    assert api.post(f"/api/ai/messages/{answer}/activate/").json()["active_leaf"] == answer
    assert shown(api, chat) == ["one", "Answer to: one"]
    nodes = api.get(f"/api/ai/chats/{chat}/tree/").json()["nodes"]
    assert len(nodes) == 5
    mine = api.patch(f"/api/ai/messages/{answer}/", {"content": "mine"}, format="json")
    assert mine.json()["assistant_message"]["content"] == "mine"
    gone = api.delete(f"/api/ai/messages/{asked}/?below=delete").json()
    assert len(gone["deleted"]) == 3
    assert shown(api, chat) == ["uno", "Otra vez"]


def test_one_may_go_on_from_any_message_and_without_waiting(api: APIClient, chat: str) -> None:
    first = send(api, chat, "one").json()["assistant_message"]["id"]
    send(api, chat, "two")
    answer = send(api, chat, "other", parent=first, wait=False)
    assert (answer.status_code, answer.json()["assistant_message"]["state"]) == (202, "pending")
    assert shown(api, chat) == ["one", "Answer to: one", "other", ""]
    busy = send(api, chat, "three")
    assert (busy.status_code, busy.json()["code"]) == (409, "answering")
    assert len(api.post(f"/api/ai/chats/{chat}/stop/").json()["stopped"]) == 1
    assert send(api, chat, "afresh", parent=None).status_code == 200
    assert shown(api, chat) == ["afresh", "Answer to: afresh"]


def test_the_same_key_asks_once(api: APIClient, chat: str, model: ModelServer) -> None:
    turns = [send(api, chat, "one", client_key="k").json() for _ in range(2)]
    assert turns[0] == turns[1]
    assert len(model.calls) == 1


def test_pages_of_messages_lead_upwards(api: APIClient, chat: str) -> None:
    for word in ("one", "two"):
        send(api, chat, word)
    page = api.get(f"/api/ai/chats/{chat}/messages/?limit=3").json()
    assert page["count"] == 4
    assert [one["content"] for one in page["results"]][1:] == ["two", "Answer to: two"]
    above = api.get(page["previous"]).json()
    assert [one["content"] for one in above["results"]] == ["one"]
    assert above["previous"] is None


def test_the_customer_conversation_is_given_and_shown_only_as_long_as_one_may_read_it(
    api: APIClient, chat: str, owner: User, webchat_channel: Channel, model: ModelServer
) -> None:
    common: dict[str, Any] = {"business": owner.business}
    customer = Customer.objects.create(
        channel=webchat_channel, external_id="v1", name="Ada Verne", **common
    )
    talk = Conversation.objects.create(
        channel=webchat_channel, customer=customer, external_id="v1", **common
    )
    Message.objects.create(
        conversation=talk, seq=1, revision=1, type="customer", text="My tyre is flat.", **common
    )
    address = f"/api/ai/chats/{chat}/"
    assert api.get(f"{address}related_chat_context/").status_code == 404
    assert api.patch(address, {"related_chat": "nobody"}, format="json").status_code == 404
    assert api.patch(address, {"related_chat": talk.pk}, format="json").status_code == 200
    given = api.get(f"{address}related_chat_context/?limit=5").json()
    assert [one["text"] for one in given["messages"]] == ["My tyre is flat."]
    send(api, chat, "Sum up", include_related_chat_context=True, context_message_limit=20)
    assert "My tyre is flat." in json.dumps(model.calls[-1].body)
    send(api, chat, "And now", include_related_chat_context=False)
    assert "My tyre is flat." not in json.dumps(model.calls[-1].body)


def test_chats_are_found_exported_deleted_and_restored(api: APIClient, chat: str) -> None:
    send(api, chat, "What is a spoke?")
    address = f"/api/ai/chats/{chat}/"
    assert api.get("/api/ai/chats/?search=spoke").json()["count"] == 1
    file = api.get(f"{address}export/")
    assert file["Content-Disposition"] == 'attachment; filename="one.md"'
    words = file.content.decode()
    assert words.startswith("# One\n\n## You, ")
    assert "Answer to: What is a spoke?" in words
    whole = api.get(f"{address}export/?as=json").json()
    assert [one["role"] for one in whole["messages"]] == ["user", "assistant"]
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404
    assert api.get("/api/ai/chats/?deleted=true").json()["count"] == 1
    assert api.post(f"{address}restore/").status_code == 200
    assert api.get("/api/ai/chats/").json()["count"] == 1


def test_a_title_is_made_on_demand(api: APIClient, chat: str, model: ModelServer) -> None:
    send(api, chat, "What is a spoke?")
    model.behave("ok", text="Spokes")
    assert api.post(f"/api/ai/chats/{chat}/regenerate_title/").json()["title"] == "Spokes"
    model.behave("500")
    assert api.post(f"/api/ai/chats/{chat}/regenerate_title/").status_code == 502
    model.behave("ok", text="About spokes.")
    assert api.post(f"/api/ai/chats/{chat}/summarize/").json()["summary"] == "About spokes."


def test_colleagues_staff_and_keys_get_nothing(
    api_for: ApiFor, chat: str, agent: User, staff: User, owner: User, api_client: APIClient
) -> None:
    address = f"/api/ai/chats/{chat}/"
    assert api_for(agent).get(address).status_code == 404
    assert send(api_for(agent), chat, "Hi").status_code == 404
    assert api_for(staff).get(address).status_code == 403
    assert api_client.get(address).status_code == 401
    _, key = make_key(user=owner, name="k", scopes=["conversations:read", "ai:write"])
    api_client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    refused = api_client.get(address)
    assert (refused.status_code, refused.json()["code"]) == (403, "people_only")
    assert AIChat.objects.get(pk=chat).messages.count() == 0


def test_when_too_many_wait_nothing_is_stored(api: APIClient, chat: str) -> None:
    taken = 0
    while SEATS.acquire(blocking=False):
        taken += 1
    try:
        answer = send(api, chat, "Hi")
    finally:
        for _ in range(taken):
            SEATS.release()
    assert (answer.status_code, answer["Retry-After"]) == (429, "2")
    assert AIMessage.objects.count() == 0


def test_questions_are_limited_for_each_person(api: APIClient, chat: str, settings: Any) -> None:
    settings.ASK_USER_PER_MINUTE = 1
    assert send(api, chat, "one").status_code == 200
    answer = send(api, chat, "two")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_fast")
    assert int(answer["Retry-After"]) > 0
    assert api.get(f"/api/ai/chats/{chat}/messages/").status_code == 200
