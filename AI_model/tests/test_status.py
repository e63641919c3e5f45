"""Who answers, set for one and for hundreds, and what a closed conversation leaves behind."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from AI_model.breaker import forget_breakers
from AI_model.models import AIModelConfig
from AI_model.testing.chats import Chat, settle
from AI_model.testing.model_server import ModelServer
from messaging.models import Channel, Conversation, Customer, Message, StatusChange

BULK = "/api/v1/ai/conversations/bulk-status/"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def make_many(webchat_channel: Channel) -> Callable[..., list[Conversation]]:
    def make(count: int, **fields: Any) -> list[Conversation]:
        common = {"business": webchat_channel.business, "channel": webchat_channel}
        start = Customer.objects.count()
        customers = Customer.objects.bulk_create(
            Customer(external_id=str(number), **common) for number in range(start, start + count)
        )
        return Conversation.objects.bulk_create(
            Conversation(
                customer=customer,
                external_id=customer.external_id,
                **{"status": "support_active", **fields},
                **common,
            )
            for customer in customers
        )

    return make


def bulk(client: APIClient, status: str, rows: list[Conversation]) -> Any:
    body = {"conversation_ids": [row.pk for row in rows], "status": status}
    return client.put(BULK, body, format="json").json()


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["active", "closed", "support_active"])
def test_hundreds_change_in_as_many_statements_as_a_few(
    owner_api: APIClient,
    owner: User,
    make_many: Callable[..., list[Conversation]],
    status: str,
) -> None:
    before = "active" if status == "support_active" else "support_active"
    counts = []
    for number in (2, 500):
        rows = make_many(number, status=before)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            answer = bulk(owner_api, status, rows)
        counts.append(len(captured))
        assert sorted(answer["updated"]) == sorted(row.pk for row in rows)
    assert counts[0] == counts[1] < 25

    ids = {row.pk for row in rows}
    changes = StatusChange.objects.filter(conversation__in=ids, user=owner, by="person")
    assert changes.count() == 500
    assert set(changes.values_list("before", "after")) == {(before, status)}
    notes = Message.objects.filter(conversation__in=ids, type="system")
    assert notes.count() == 500 and set(notes.values_list("seq", "revision")) == {(1, 1)}
    assert set(Conversation.objects.filter(pk__in=ids).values_list("revision", "epoch")) == {(1, 1)}


@pytest.mark.django_db
def test_a_bulk_leaves_alone_what_is_there_already(
    owner_api: APIClient, make_many: Callable[..., list[Conversation]]
) -> None:
    there, closed = make_many(1, status="active"), make_many(1, status="closed")
    answer = bulk(owner_api, "active", there + closed)
    assert answer["updated"] == [there[0].pk, closed[0].pk]
    assert list(StatusChange.objects.values_list("conversation", "before")) == [
        (closed[0].pk, "closed")
    ]


@pytest.mark.django_db
def test_while_the_ai_can_not_serve_all_of_a_bulk_go_to_people(
    owner_api: APIClient, make_many: Callable[..., list[Conversation]], owner: User
) -> None:
    rows = make_many(2, status="active") + make_many(1, status="support_active")
    AIModelConfig.objects.create(business=rows[0].business, auto_response_enabled=False)
    answer = bulk(owner_api, "active", rows)
    assert answer["updated"] == [] and len(answer["refused"]) == 3
    assert set(Conversation.objects.values_list("status", flat=True)) == {"support_active"}
    assert StatusChange.objects.count() == 2


@pytest.mark.django_db
def test_what_the_ai_left_in_the_queue_is_given_up_in_a_bulk(
    owner_api: APIClient, make_many: Callable[..., list[Conversation]]
) -> None:
    [row] = make_many(1, status="active")
    message = Message.objects.create(
        business=row.business,
        conversation=row,
        seq=1,
        revision=1,
        type="AI",
        text="Late",
        delivery="queued",
    )
    row.chunks.create(business=row.business, message=message, seq=1, number=1, text="Late")
    Conversation.objects.filter(pk=row.pk).update(revision=1)
    bulk(owner_api, "closed", [row])
    message.refresh_from_db()
    assert message.delivery == "failed"
    assert message.failure == {
        "code": "closed",
        "detail": "Not sent: the conversation was closed first.",
    }


@pytest.mark.django_db
def test_forms_as_scripts_send_them(
    owner_api: APIClient, make_many: Callable[..., list[Conversation]]
) -> None:
    first, second = make_many(2)
    body = urlencode({"conversation_ids": [first.pk, second.pk], "status": "closed"}, doseq=True)
    answer = owner_api.put(BULK, body, content_type=FORM).json()
    assert sorted(answer["updated"]) == sorted([first.pk, second.pk])
    one = urlencode({"status": "active"})
    path = f"/api/v1/ai/conversations/{first.pk}/status/"
    assert owner_api.put(path, one, content_type=FORM).json()["status"] == "active"
    single = urlencode({"conversation_ids": second.pk, "status": "active"})
    assert owner_api.put(BULK, single, content_type=FORM).json()["updated"] == [second.pk]


@pytest.mark.django_db
def test_the_status_tells_who_changed_it_last(
    owner_api: APIClient, owner: User, make_many: Callable[..., list[Conversation]]
) -> None:
    [row] = make_many(1)
    path = f"/api/v1/ai/conversations/{row.pk}/status/"
    fresh = owner_api.get(path).json()
    assert fresh["changed_at"] is None and fresh["changed_by"] is None
    changed = owner_api.put(path, {"status": "active"}, format="json").json()
    assert changed["changed_at"]
    assert changed["changed_by"] == {
        "by": "person",
        "user": {"id": owner.pk, "name": owner.display_name},
        "reason": "gave_back",
    }


@pytest.fixture
def server(settings: Settings) -> Iterator[ModelServer]:
    forget_breakers()
    with ModelServer(text="Yes, we do ship there [1].") as running:
        for name, value in running.settings("openai").items():
            setattr(settings, name, value)
        settings.EMBEDDED_ANSWERS = False
        yield running


@pytest.mark.django_db(transaction=True)
def test_nothing_said_before_the_closing_reaches_the_model(
    chat: Chat, owner_api: APIClient, server: ModelServer
) -> None:
    chat.ask("Is Norway in your delivery area? Say canary-one.")
    chat.ask("canary-two. I want to talk to a person.")
    left = chat.conversation
    assert (left.status, left.handover_reason) == ("support_active", "asked_for_person")
    there = f"/api/v1/conversations/{left.pk}"
    owner_api.post(f"{there}/messages/", {"text": "A person here, canary-three"})
    owner_api.post(f"{there}/close/")
    server.calls.clear()

    said = chat.ask("do you ship to norway?")

    assert said.type == "AI" and said.text == "Yes, we do ship there."
    assert server.calls and "canary" not in json.dumps([call.body for call in server.calls])
    fresh = chat.conversation
    assert fresh.status == "active" and fresh.ai_turns == 1
    assert (fresh.handover_reason, fresh.handover_summary) == ("", "")
    assert fresh.suggestion is None and fresh.assigned_to is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("opener", ["takeover", "answer", "active"])
def test_whoever_opens_it_again_the_context_is_fresh(
    chat: Chat, owner_api: APIClient, server: ModelServer, opener: str
) -> None:
    chat.ask("Is Norway in your delivery area? Say canary-one.")
    there = f"/api/v1/conversations/{chat.conversation.pk}"
    owner_api.post(f"{there}/close/")
    match opener:
        case "takeover":
            owner_api.post(f"{there}/takeover/")
        case "answer":
            owner_api.post(f"{there}/messages/", {"text": "One more thing from us."})
    settle()
    status = f"/api/v1/ai/conversations/{chat.conversation.pk}/status/"
    assert owner_api.put(status, {"status": "active"}, format="json").status_code == 200
    server.calls.clear()
    chat.ask("do you ship to norway?")
    assert server.calls and "canary" not in json.dumps([call.body for call in server.calls])


@pytest.mark.django_db(transaction=True)
def test_a_conversation_closed_after_a_hand_over_is_no_loop(
    chat: Chat, owner_api: APIClient, server: ModelServer
) -> None:
    for _ in range(3):
        chat.ask("I want to talk to a person")
        assert chat.conversation.status == "support_active"
        owner_api.post(f"/api/v1/conversations/{chat.conversation.pk}/close/")
        assert chat.ask("do you ship to norway?").text == "Yes, we do ship there."
        assert chat.conversation.status == "active"
    log = list(StatusChange.objects.order_by("seq").values_list("after", "by"))
    once = [("support_active", "ai"), ("closed", "person"), ("active", "customer")]
    assert log == once * 3


@pytest.mark.django_db(transaction=True)
def test_with_people_first_a_reopened_one_is_with_people(
    chat: Chat, owner: User, owner_api: APIClient, server: ModelServer
) -> None:
    chat.ask("do you ship to norway?")
    owner_api.put("/api/v1/ai/default-handler/", {"default_reply_handler": "Manual"})
    owner_api.post(f"/api/v1/conversations/{chat.conversation.pk}/close/")
    server.calls.clear()
    chat.write("do you ship to norway?")
    settle()
    assert chat.conversation.status == "support_active" and server.calls == []
