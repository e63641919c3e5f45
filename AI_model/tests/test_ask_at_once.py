"""Several at once at `ask/`: a takeover meanwhile, two questions, all seats taken, a slow model."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import Business, User
from AI_model.services import asking
from AI_model.testing.asking import ASK, ask, question
from AI_model.testing.chats import settle
from AI_model.testing.model_server import ModelServer
from core.lib.clock import database_now
from messaging.models import Conversation, Message
from messaging.services.conversations import take_over
from messaging.signals import message_received
from settings_app.models import KnowledgeEntry

pytestmark = pytest.mark.django_db(transaction=True)


class Asker:
    """Asks from a thread of its own."""

    def __init__(self, api: APIClient, text: str, **options: Any) -> None:
        self.body: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._run, args=(api, text, options))
        self._thread.start()

    def _run(self, api: APIClient, text: str, options: dict[str, Any]) -> None:
        try:
            self.body = ask(api, text, **options)
        finally:
            connection.close()

    def join(self) -> dict[str, Any]:
        self._thread.join(30)
        assert not self._thread.is_alive()
        return self.body


def hold_model(model: ModelServer) -> tuple[threading.Event, threading.Event]:
    """Stops the model's first call until the second event: (it came, it may go on)."""
    came, go_on = threading.Event(), threading.Event()

    def hook(moment: str, call: object) -> None:
        if moment == "request_read" and not came.is_set():
            came.set()
            assert go_on.wait(20)

    model.hook = hook
    return came, go_on


def test_a_takeover_while_the_model_thinks_means_people_and_no_answer_of_the_ai(
    owner_api: APIClient, owner: User, knowledge: KnowledgeEntry, model: ModelServer
) -> None:
    came, go_on = hold_model(model)
    asker = Asker(owner_api, "do you ship to norway")
    assert came.wait(20)
    take_over(conversation=Conversation.objects.get(), user=owner)
    go_on.set()
    body = asker.join()
    assert (body["handed_over"], body["auto_response_generated"]) == (True, False)
    assert "colleague" in body["answer"]
    assert not Message.objects.filter(type="AI").exists()


def test_two_questions_at_once_of_one_customer_have_one_answer_that_both_get(
    owner_api: APIClient,
    api_for: Callable[[User], APIClient],
    owner: User,
    knowledge: KnowledgeEntry,
    model: ModelServer,
) -> None:
    came, go_on = hold_model(model)
    first = Asker(owner_api, "do you ship to norway")
    assert came.wait(20)
    second = Asker(api_for(owner), "what does a repair cost")
    while Message.objects.filter(type="customer").count() < 2:
        pass
    go_on.set()
    bodies = [first.join(), second.join()]
    [answer] = Message.objects.filter(type="AI")
    assert [body["answer"] for body in bodies] == [answer.text] * 2
    assert answer.answers_seq == Conversation.objects.get().last_customer_seq


def test_the_same_key_at_the_same_moment_asks_once(
    owner_api: APIClient,
    api_for: Callable[[User], APIClient],
    owner: User,
    knowledge: KnowledgeEntry,
    model: ModelServer,
) -> None:
    came, go_on = hold_model(model)
    key: dict[str, Any] = {"headers": {"Idempotency-Key": "k"}}
    askers = [Asker(owner_api, "do you ship to norway", **key)]
    assert came.wait(20)
    askers += [Asker(api_for(owner), "do you ship to norway", **key) for _ in range(3)]
    go_on.set()
    texts = {asker.join()["answer"] for asker in askers}
    assert texts == {Message.objects.get(type="AI").text}
    assert len(model.calls) == 1


def test_when_all_seats_are_taken_the_caller_comes_back_later(
    owner_api: APIClient, knowledge: KnowledgeEntry
) -> None:
    asked = ask(owner_api)["session_id"].removeprefix("msg_")
    taken = 0
    try:
        while asking.SEATS.acquire(blocking=False):
            taken += 1
        assert taken == 8, "half of the web process's threads"
        answer = owner_api.post(ASK, question(), format="json")
        assert (answer.status_code, answer.json()["code"]) == (429, "busy")
        assert int(answer["Retry-After"]) >= 1
        assert Message.objects.filter(type="customer").count() == 1
        drafted = owner_api.post(f"/api/v1/conversations/{asked}/suggest/")
        assert (drafted.status_code, drafted.json()["code"]) == (429, "busy")
        assert owner_api.get("/api/v1/ai/sessions/").status_code == 200
    finally:
        for _ in range(taken):
            asking.SEATS.release()
    assert ask(owner_api)["success"]


def test_nobody_waits_longer_than_promised(
    owner_api: APIClient,
    business: Business,
    knowledge: KnowledgeEntry,
    settings: Any,
    monkeypatch: Any,
) -> None:
    settings.ANSWER_DEADLINE_SECONDS = 0
    monkeypatch.setattr(asking, "PATIENCE_SECONDS", 0.2)
    ask(owner_api)
    elsewhere = {"claim_token": "another", "claim_until": database_now(plus=15)}

    def claim_first(**kwargs: Any) -> None:
        Conversation.objects.update(**elsewhere)

    message_received.connect(claim_first)
    try:
        body = ask(owner_api, "price of fixing a flat tyre", headers={"Idempotency-Key": "late"})
    finally:
        message_received.disconnect(claim_first)
    assert (body["success"], body["answer"], body["handed_over"]) == (False, "", False)
    Conversation.objects.update(claim_token="")
    settle()
    late = ask(owner_api, "price of fixing a flat tyre", headers={"Idempotency-Key": "late"})
    assert (late["success"], late["answer"]) == (True, "A small repair costs 15 euros.")


def test_no_connection_is_held_while_the_model_is_waited_for(
    owner_api: APIClient, knowledge: KnowledgeEntry, model: ModelServer
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL has a pool of connections")
    held: list[int] = []

    def in_use() -> int:
        stats = connection.pool.get_stats()  # type: ignore[attr-defined]
        return int(stats["pool_size"] - stats["pool_available"])

    model.hook = lambda moment, call: held.append(in_use()) if moment == "request_read" else None
    connection.close()
    before = in_use()
    Asker(owner_api, "do you ship to norway").join()
    assert held == [before]
