"""The half-hourly sync looks at what changed, and loses nothing that a dead run left behind."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.models import User
from AI_model.maintenance import sync_conversations
from AI_model.models import ChatSession, SessionMark
from AI_model.services import sessions
from AI_model.services.sessions import Synced, sync_changed, sync_sessions
from messaging.models import Channel, Conversation, Customer
from messaging.services.receive import receive_events
from messaging.types import EventKind, InboundMessage

pytestmark = pytest.mark.django_db


def write(channel: Channel, *keys: str, words: str = "Hello") -> None:
    events = [
        InboundMessage(
            kind=EventKind.MESSAGE,
            dedupe_key=f"{key} {words}",
            conversation_key=key,
            customer_key=key,
            text=words,
        )
        for key in keys
    ]
    receive_events(channel=channel, events=events, raw=b"{}")


def long_ago() -> None:
    then = timezone.now() - timedelta(hours=1)
    Conversation.objects.update(updated_at=then)
    SessionMark.objects.update(synced_to=then + timedelta(minutes=30))


def test_only_what_changed_is_looked_at(webchat_channel: Channel) -> None:
    write(webchat_channel, "ann", "ben", "cid")
    assert sync_changed() == Synced(created=3)
    long_ago()
    assert sync_changed() == Synced()
    write(webchat_channel, "ben", words="And another thing")
    assert sync_changed() == Synced(updated=1)
    assert ChatSession.objects.get(conversation__external_id="ben").message_count == 2
    assert sync_sessions() == Synced(unchanged=3)


@pytest.mark.django_db(transaction=True)
def test_a_run_that_died_is_made_up_for(
    webchat_channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(webchat_channel, "ann", "ben", "cid")
    monkeypatch.setattr(sessions, "BATCH", 1)
    written = list[str]()

    def dies(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT") and "chatsession" in sql:
            if written:
                raise OperationalError("The worker was killed.")
            written.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(dies), pytest.raises(OperationalError):
        sync_changed()
    assert sync_changed() == Synced(created=2, unchanged=1)


def test_a_batch_costs_as_many_statements_as_one(
    webchat_channel: Channel, django_assert_num_queries: Callable[..., Any]
) -> None:
    for count in (1, 150):
        Customer.objects.all().delete()
        SessionMark.objects.all().delete()
        write(webchat_channel, *(f"visitor {count} {number}" for number in range(count)))
        with django_assert_num_queries(12):
            sync_conversations()
    long_ago()
    with django_assert_num_queries(3):
        sync_conversations()


def test_the_command_looks_at_everything(
    webchat_channel: Channel, owner: User, capsys: pytest.CaptureFixture[str]
) -> None:
    write(webchat_channel, "ann", "ben")
    sync_changed()
    long_ago()
    ChatSession.objects.filter(conversation__external_id="ann").delete()
    call_command("ai_control", "sync", user=owner.username, json=True)
    assert '"created": 1' in capsys.readouterr().out
