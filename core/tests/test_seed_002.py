"""The example programs of the chat with personas, as its first description has them: a host and a
token are all that is put in."""

import subprocess
from pathlib import Path
from shutil import which
from typing import Any

import pytest
import requests

from accounts.models import User
from ai_chat.models import AIChat, AIMessage, Persona
from AI_model.models import ModelPrice, UsageRecord
from AI_model.testing.model_server import ModelServer
from core.testing.fixtures import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
WAIT = 30
CONVERSATION = {"id", "title", "persona_id", "user_id", "is_active", "created_at", "updated_at"}
ASKED = {"id", "conversation_id", "role", "content", "created_at"}
ANSWERED = ASKED | {"tokens_used", "model_used", "response_time_ms"}
AXIOS = """
exports.post = async (url, body, options = {}) => {
  const headers = { "Content-Type": "application/json", ...options.headers };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const data = await answer.json();
  if (!answer.ok) throw new Error(answer.status + JSON.stringify(data));
  return { status: answer.status, data };
};
"""
SCRIPT = """
const axios = require("axios");
const [host, username, password] = process.argv.slice(2);
(async () => {
  const logIn = await axios.post(`${host}/auth/login`, { username, password });
  const headers = { Authorization: `Bearer ${logIn.data.access_token}` };
  const about = { title: "Chat with My Friend Alex", persona_id: 1 };
  const made = await axios.post(`${host}/chat/conversations`, about, { headers });
  const said = await axios.post(
    `${host}/chat/conversations/${made.data.id}/send`,
    { content: "Hi Alex! How are you doing today?" },
    { headers },
  );
  console.log(`AI Response: ${said.data.assistant_message.content}`);
})();
"""


def log_in(host: str, name: str = "owner@example.com") -> dict[str, str]:
    body = {"username": name, "password": PASSWORD}
    answer = requests.post(f"{host}/auth/login", json=body, timeout=WAIT)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def post(address: str, headers: dict[str, str], body: dict[str, Any]) -> requests.Response:
    return requests.post(address, json=body, headers=headers, timeout=WAIT)


def get(address: str, headers: dict[str, str]) -> Any:
    answer = requests.get(address, headers=headers, timeout=WAIT)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_python_example_and_each_further_request(
    chat_host: str, owner: User, vendor: ModelServer
) -> None:
    ModelPrice.objects.create(provider="openai", model="gpt-6-luna", input=1, output=2)
    headers, chats = log_in(chat_host), f"{chat_host}/chat/conversations"
    made = post(chats, headers, {"title": "Chat with My Friend Alex", "persona_id": 1})
    assert made.status_code == 201 and set(made.json()) >= CONVERSATION
    conversation = made.json()
    assert (conversation["user_id"], conversation["is_active"]) == (owner.pk, True)
    alex = Persona.objects.get(pk=conversation["persona_id"])
    assert (alex.name, alex.relation) == ("Alex", "friend")

    one = f"{chats}/{conversation['id']}"
    sent = post(f"{one}/send", headers, {"content": "Hi Alex! How are you doing today?"})
    turn = sent.json()
    assert sent.status_code == 200, turn
    assert set(turn["conversation"]) >= CONVERSATION
    assert set(turn["user_message"]) >= ASKED and set(turn["assistant_message"]) >= ANSWERED
    said = turn["assistant_message"]
    assert said["content"] == "Answer to: Hi Alex! How are you doing today?"
    assert said["tokens_used"] > 0 and said["model_used"] and said["response_time_ms"] >= 0
    assert "Alex" in str(vendor.calls[-1].body) and "a friend" in str(vendor.calls[-1].body)

    assert conversation["id"] in [row["id"] for row in get(chats, headers)["results"]]
    listed = get(f"{chats}?persona_id=1", headers)
    assert [row["id"] for row in listed["results"]] == [conversation["id"]]
    assert get(one, headers)["title"] == "Chat with My Friend Alex"
    changed = requests.put(
        one, json={"title": "Updated Chat Title", "persona_id": 1}, headers=headers, timeout=WAIT
    )
    assert (changed.status_code, changed.json()["title"]) == (200, "Updated Chat Title")

    history = get(f"{one}/messages", headers)["results"]
    assert [row["role"] for row in history] == ["user", "assistant"]
    assert set(history[1]) >= ANSWERED
    assert len(get(f"{one}/messages?limit=50", headers)["results"]) == 2
    assert get(f"{one}/messages?limit=1", headers)["results"] == history[1:]

    check_stats(chat_host, headers)
    message = f"{chat_host}/chat/messages/{history[1]['id']}"
    assert requests.delete(message, headers=headers, timeout=WAIT).status_code == 204
    assert not AIMessage.objects.filter(pk=history[1]["id"]).exists()
    assert requests.delete(one, headers=headers, timeout=WAIT).status_code == 204
    assert requests.get(one, headers=headers, timeout=WAIT).status_code == 404
    assert get(f"{chat_host}/chat/stats", headers)["total_tokens"] > 0


def check_stats(host: str, headers: dict[str, str]) -> None:
    """Money is the ledger's, to the nano, and what has no price is named."""
    stats = get(f"{host}/chat/stats", headers)
    records = UsageRecord.objects.filter(purpose__startswith="chat")
    calls = list(records.values_list("tokens_in", "tokens_out", "money_nanos"))
    assert stats["total_conversations"] == AIChat.objects.count() == 2
    assert stats["total_messages"] == AIMessage.objects.count() == 3
    assert stats["total_tokens"] == sum(read + written for read, written, _ in calls) > 0
    assert stats["estimated_cost_usd"] == sum(nanos or 0 for *_, nanos in calls) / 10**9 > 0
    assert stats["unpriced_calls"] == 0


@pytest.mark.skipif(which("node") is None, reason="needs Node.js")
def test_the_javascript_example(chat_host: str, owner: User, tmp_path: Path) -> None:
    modules = tmp_path / "node_modules" / "axios"
    modules.mkdir(parents=True)
    (modules / "index.js").write_text(AXIOS)
    (tmp_path / "example.js").write_text(SCRIPT)
    told = subprocess.run(
        ["node", "example.js", chat_host, owner.email, PASSWORD],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=WAIT * 2,
    )
    assert told.stdout == "AI Response: Answer to: Hi Alex! How are you doing today?\n", told.stderr


def test_each_error_has_its_status_and_a_sentence(chat_host: str, vendor: ModelServer) -> None:
    mine, theirs = log_in(chat_host), log_in(chat_host, "other_owner")
    chats = f"{chat_host}/chat/conversations"
    made = post(chats, mine, {"title": "Test Chat"}).json()
    send = f"{chats}/{made['id']}/send"
    refused = {
        401: post(chats, {}, {"title": "Test Chat"}),
        404: post(send, theirs, {"content": "Hello!"}),
        422: post(send, mine, {"content": ""}),
    }
    for status, answer in refused.items():
        assert answer.status_code == status, answer.text
        assert {"detail", "code"} <= set(answer.json())
    assert "content" in refused[422].json()["fields"]
    assert post(chats, mine, {"title": "X", "persona_id": 99}).status_code == 404

    vendor.behave("429")
    limited = post(send, mine, {"content": "Hello!"})
    assert limited.status_code == 429 and int(limited.headers["Retry-After"]) > 0
    vendor.reset()
    vendor.behave("bad_key")
    rejected = post(send, mine, {"content": "Hello!"})
    assert rejected.status_code == 502 and "key" in rejected.json()["detail"]


def test_health_needs_no_log_in_and_asks_the_vendor_once_a_minute(
    chat_host: str, vendor: ModelServer
) -> None:
    for _ in range(3):
        assert get(f"{chat_host}/chat/health", {}) == {
            "status": "healthy",
            "openai_api": "connected",
        }
    assert len([call for call in vendor.calls if call.path.endswith("/models")]) == 1


def test_personas_are_kept(chat_host: str) -> None:
    headers, personas = log_in(chat_host), f"{chat_host}/personas"
    body = {"name": "Sam", "relation": "colleague", "description": "Knows all invoices."}
    made = post(personas, headers, body)
    assert made.status_code == 201 and made.json().items() >= body.items()
    one = f"{personas}/{made.json()['id']}"
    changed = requests.put(one, json={"manner": "Dry."}, headers=headers, timeout=WAIT).json()
    assert changed["manner"] == get(one, headers)["manner"] == "Dry."
    assert "Sam" in [row["name"] for row in get(personas, headers)["results"]]
    assert requests.delete(one, headers=headers, timeout=WAIT).status_code == 204
    assert requests.get(one, headers=headers, timeout=WAIT).status_code == 404
