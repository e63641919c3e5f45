"""The example scripts of an integrator, as the first description of the AI app has them.

They are what a client's program looks like: `requests`, forms, a host and a token.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from pytest_django import Settings

from accounts.models import Business, User
from AI_model.services.config import save_config
from AI_model.services.indexing import build_index
from AI_model.testing.chats import SHIPPING
from core.testing.fixtures import PASSWORD
from core.testing.serving import run_manage, serving
from messaging.models import Conversation
from settings_app.services import save_entry, save_prompts

pytestmark = pytest.mark.django_db(transaction=True)
WAIT = 30


@pytest.fixture
def business(business: Business) -> Business:
    save_entry(
        business=business,
        question="What are your prices?",
        phrasings=["How much does a repair cost?", "Can you tell me more about your prices?"],
        answer="A small repair costs 15 euros.",
    )
    save_entry(business=business, question="Do you ship to Norway?", answer=SHIPPING)
    save_prompts(business=business, texts={"manual_prompt": "You answer for a bicycle shop."})
    build_index(business_id=business.pk, apart=False)
    return business


@pytest.fixture
def host(settings: Settings, owner: User, staff: User) -> Iterator[str]:
    """A server; it knows the passwords, which the tests hash more cheaply than it does."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    for user in (owner, staff):
        user.set_password(PASSWORD)
        user.save()
    with serving() as url:
        yield url


@pytest.fixture
def your_token(host: str, owner: User) -> str:
    return log_in(host, "owner")


def log_in(host: str, username: str) -> str:
    body = {"username": username, "password": PASSWORD}
    answer = requests.post(f"{host}/auth/login", body, timeout=WAIT)
    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "bearer"
    return str(answer.json()["access_token"])


def test_a_question_is_asked_and_the_session_goes_on(host: str, your_token: str) -> None:
    headers = {"Authorization": f"Bearer {your_token}"}
    response = requests.post(
        f"{host}/api/v1/ai/ask/",
        {"question": "What are your prices?", "customer_id": "test@example.com"},
        headers=headers,
        timeout=WAIT,
    )
    asked = response.json()
    assert response.status_code == 200, asked
    assert (asked["success"], asked["auto_response_generated"]) == (True, True)
    assert (asked["customer_id"], asked["question"]) == (
        "test@example.com",
        "What are your prices?",
    )
    assert "15 euros" in asked["answer"]
    assert asked["session_id"].startswith("msg_") and asked["response_time_ms"] > 0
    assert {"entry_id", "title", "score"} <= set(asked["citations"][0])
    assert not asked["handed_over"]

    response = requests.post(
        f"{host}/api/v1/ai/sessions/{asked['session_id']}/send/",
        {"message": "Can you tell me more about your prices?"},
        headers=headers,
        timeout=WAIT,
    )
    sent = response.json()
    assert response.status_code == 200, sent
    assert (sent["session_id"], sent["success"]) == (asked["session_id"], True)
    listed = requests.get(f"{host}/api/v1/ai/sessions/", headers=headers, timeout=WAIT).json()
    assert [row["session_id"] for row in listed["results"]] == [asked["session_id"]]
    session = requests.get(
        f"{host}/api/v1/ai/sessions/{asked['session_id']}/", headers=headers, timeout=WAIT
    ).json()
    assert [line["role"] for line in session["messages"]] == ["customer", "AI"] * 2


def test_figures_are_read(host: str, your_token: str) -> None:
    headers = {"Authorization": f"Bearer {your_token}"}
    question = {"question": "What are your prices?", "customer_id": "test@example.com"}
    requests.post(f"{host}/api/v1/ai/ask/", question, headers=headers, timeout=WAIT)
    response = requests.get(f"{host}/api/v1/ai/analytics/", headers=headers, timeout=WAIT)
    assert response.status_code == 200
    assert response.json()["totals"]["conversations"] == 1

    response = requests.get(f"{host}/api/v1/ai/usage/stats/", headers=headers, timeout=WAIT)
    month = response.json()
    assert (response.status_code, month["days"], len(month["by_day"])) == (200, 30, 30)
    assert month["totals"]["calls"] == 1
    response = requests.get(f"{host}/api/v1/ai/usage/stats/?days=7", headers=headers, timeout=WAIT)
    week = response.json()
    assert (response.status_code, week["days"], len(week["by_day"])) == (200, 7, 7)
    assert week["totals"] == month["totals"]


def test_everybodys_usage_is_for_staff(host: str, your_token: str) -> None:
    path, token = f"{host}/api/v1/ai/usage/global/", log_in(host, "staff")
    response = requests.get(path, headers={"Authorization": f"Bearer {token}"}, timeout=WAIT)
    assert response.status_code == 200
    assert "by_business" in response.json()
    response = requests.get(path, headers={"Authorization": f"Bearer {your_token}"}, timeout=WAIT)
    assert (response.status_code, set(response.json())) == (403, {"detail", "code"})


def test_a_conversation_is_switched(host: str, your_token: str) -> None:
    headers = {"Authorization": f"Bearer {your_token}"}
    question = {"question": "What are your prices?", "customer_id": "test@example.com"}
    asked = requests.post(f"{host}/api/v1/ai/ask/", question, headers=headers, timeout=WAIT)
    number = asked.json()["session_id"].removeprefix("msg_")
    path = f"{host}/api/v1/ai/conversations/{number}/status/"
    response = requests.get(path, headers=headers, timeout=WAIT)
    assert (response.status_code, response.json()["status"]) == (200, "active")
    for status in ("support_active", "active", "support_active"):
        response = requests.put(path, {"status": status}, headers=headers, timeout=WAIT)
        assert (response.status_code, response.json()["status"]) == (200, status)
    assert Conversation.objects.get(pk=number).status == "support_active"

    response = requests.put(
        f"{host}/api/v1/ai/conversations/bulk-status/",
        {"conversation_ids": [number, "def456", "ghi789"], "status": "active"},
        headers=headers,
        timeout=WAIT,
    )
    assert response.status_code == 200
    assert response.json() == {
        "updated": [number],
        "refused": [],
        "not_found": ["def456", "ghi789"],
    }


def test_who_answers_first_is_read_and_set(host: str, your_token: str, owner: User) -> None:
    headers = {"Authorization": f"Bearer {your_token}"}
    path = f"{host}/api/v1/ai/default-handler/"
    assert requests.get(path, headers=headers, timeout=WAIT).json() == {
        "default_reply_handler": "AI"
    }
    for handler in ("Manual", "AI"):
        response = requests.put(
            path, {"default_reply_handler": handler}, headers=headers, timeout=WAIT
        )
        assert (response.status_code, response.json()["default_reply_handler"]) == (200, handler)
        owner.refresh_from_db()
        assert owner.default_reply_handler == handler


VERBS = ("enable", "disable", "status", "test", "sync", "conversations")


@pytest.mark.once
@pytest.mark.parametrize("verb", VERBS)
def test_each_command_works_as_typed(owner: User, business: Business, verb: str) -> None:
    for who in ([], ["--user", "owner"]):
        told = run_manage("ai_control", verb, *who)
        assert told.returncode == 0, told.stderr
        assert told.stdout.strip() and "Traceback" not in told.stderr


@pytest.mark.once
@pytest.mark.parametrize("words", ["ai_control validate --user owner", "test_ai_setup"])
def test_a_check_says_by_its_exit_code_whether_all_is_there(
    owner: User, business: Business, words: str
) -> None:
    told = run_manage(*words.split(), "--json")
    facts: dict[str, Any] = json.loads(told.stdout)
    assert told.returncode == (0 if facts["ok"] else 1)
    save_config(business=business, changes={"auto_response_enabled": False})
    told = run_manage(*words.split())
    assert told.returncode == 1
    assert "FAILED" in told.stdout and "to mend it" in told.stdout


@pytest.mark.once
def test_a_command_for_nobody_fails(owner: User) -> None:
    assert run_manage("ai_control", "validate", "--user", "nobody").returncode == 1
    assert run_manage("ai_control", "dance").returncode == 2
