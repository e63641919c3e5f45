"""Sessions, daily counts and schedules."""

from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask
from pytest_django import Settings

from accounts.models import Business
from AI_model import maintenance
from AI_model.models import ChatSession, DailyAnalytics
from AI_model.services import sessions
from AI_model.services.analytics import count_finished_days, day_bounds
from AI_model.services.sessions import Synced, close_inactive_sessions, sync_sessions
from messaging.models import Channel, Conversation, Customer, InboundEvent, Message
from messaging.services import cleaning
from messaging.testing.telegram_server import TelegramServer

pytestmark = pytest.mark.django_db

make_schedules: Any = import_module("AI_model.migrations.0003_schedules").make_schedules


def converse(channel: Channel, key: str, *, status: str = "active") -> Conversation:
    customer = Customer.objects.create(business=channel.business, channel=channel, external_id=key)
    return Conversation.objects.create(
        business=channel.business,
        channel=channel,
        customer=customer,
        external_id=key,
        status=status,
    )


def say(
    conversation: Conversation, seq: int, at: datetime, type: str = "customer", **more: Any
) -> Message:
    message = Message.objects.create(
        business_id=conversation.business_id,
        conversation=conversation,
        seq=seq,
        revision=seq,
        type=type,
        text="words",
        **more,
    )
    Message.objects.filter(pk=message.pk).update(created_at=at)
    return message


def test_a_session_counts_what_was_said_and_knows_the_last_time(webchat_channel: Channel) -> None:
    now = timezone.now()
    conversation = converse(webchat_channel, "a")
    say(conversation, 1, now - timedelta(hours=2))
    say(conversation, 2, now - timedelta(hours=1), "AI")
    say(conversation, 3, now, "system")
    assert sync_sessions() == Synced(created=1)
    session = ChatSession.objects.get(conversation=conversation)
    assert (session.message_count, session.is_active) == (2, True)
    assert session.last_activity_at == now - timedelta(hours=1)
    assert session.session_id == f"msg_{conversation.pk}"


def test_syncing_again_changes_only_what_changed(
    webchat_channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "BATCH", 2)
    conversations = [converse(webchat_channel, key) for key in "abcde"]
    heard: list[int] = []
    assert sync_sessions(progress=heard.append) == Synced(created=5)
    assert heard == [2, 4, 5]
    say(conversations[0], 1, timezone.now())
    Conversation.objects.filter(pk=conversations[1].pk).update(status="closed")
    assert sync_sessions() == Synced(updated=2, unchanged=3)
    assert not ChatSession.objects.get(pk=conversations[1].pk).is_active
    assert sync_sessions() == Synced(unchanged=5)


def test_cleaning_up_closes_what_is_quiet_or_closed_and_syncing_agrees(
    webchat_channel: Channel,
) -> None:
    now = timezone.now()
    quiet, closed, busy = (converse(webchat_channel, key) for key in ("quiet", "closed", "busy"))
    for conversation in (quiet, closed, busy):
        say(conversation, 1, now)
    sync_sessions()
    ChatSession.objects.filter(pk=quiet.pk).update(last_activity_at=now - timedelta(hours=25))
    Message.objects.filter(conversation=quiet).update(created_at=now - timedelta(hours=25))
    Conversation.objects.filter(pk=closed.pk).update(status="closed")
    assert close_inactive_sessions() == 2
    assert close_inactive_sessions() == 0
    assert sync_sessions() == Synced(unchanged=3)
    assert list(ChatSession.objects.filter(is_active=True)) == [ChatSession.objects.get(pk=busy.pk)]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_day_on_which_the_clocks_change_has_its_own_length(day: date, hours: int) -> None:
    start, end = day_bounds(day, "Europe/Berlin")
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=hours)


def test_a_night_counts_what_happened_since_the_last_one(
    business: Business, webchat_channel: Channel
) -> None:
    conversation = converse(webchat_channel, "a")
    day = datetime(2026, 3, 1, 23, tzinfo=UTC)
    for number in range(1, 5):
        at = day + timedelta(days=number)
        say(conversation, number, at)
        Conversation.objects.update(created_at=day, updated_at=at, revision=number)
    Business.objects.update(timezone="Asia/Kolkata")
    assert count_finished_days(now=at) == 5
    assert count_finished_days(now=at + timedelta(hours=1)) == 0
    by_day = dict(DailyAnalytics.objects.values_list("date", "counts__messages__customer"))
    assert by_day == {date(2026, 3, n): n > 2 for n in range(2, 7)}


def test_schedules_are_made_once_and_an_operators_changes_are_kept() -> None:
    make_schedules(apps, None)
    task = PeriodicTask.objects.get(task="AI_model.maintenance.generate_analytics")
    assert (task.crontab.hour, task.crontab.minute, str(task.crontab.timezone)) == ("1", "0", "UTC")
    other = CrontabSchedule.objects.create(hour="5", minute="5")
    PeriodicTask.objects.filter(pk=task.pk).update(crontab=other, enabled=False, name="Mine")
    before = PeriodicTask.objects.count()
    make_schedules(apps, None)
    task.refresh_from_db()
    assert (task.crontab_id, task.enabled, task.name) == (other.pk, False, "Mine")
    assert PeriodicTask.objects.count() == before


def test_what_beat_starts_exists_at_the_promised_times_on_the_maintenance_queue() -> None:
    make_schedules(apps, None)
    times = {
        "AI_model.maintenance.clean_up_sessions": ("0", "2"),
        "AI_model.maintenance.return_idle_conversations": ("*", "*"),
        "AI_model.maintenance.calibrate_thresholds": ("20", "2"),
        "AI_model.maintenance.learn_from_people": ("40", "2"),
        "AI_model.maintenance.generate_analytics": ("0", "1"),
        "AI_model.maintenance.sync_conversations": ("*/30", "*"),
        "AI_model.maintenance.test_integration": ("0", "*/12"),
    }
    rows = PeriodicTask.objects.filter(task__startswith="AI_model.maintenance.")
    assert {row.task: (row.crontab.minute, row.crontab.hour) for row in rows} == times
    for name in times:
        assert name in current_app.tasks
        route = current_app.amqp.router.route({}, name)
        assert route["queue"].name == "maintenance" and "maintenance" in settings.QUEUES


def test_the_clockwork_runs_whole(webchat_channel: Channel) -> None:
    converse(webchat_channel, "a")
    Business.objects.update(created_at=timezone.now() - timedelta(days=3))
    for task in (
        maintenance.sync_conversations,
        maintenance.clean_up_sessions,
        maintenance.generate_analytics,
        maintenance.test_integration,
    ):
        task()
        task()
    assert ChatSession.objects.count() == 1 and DailyAnalytics.objects.count() == 1


def test_the_health_check_looks_at_every_bot_though_one_of_them_breaks(
    business: Business, telegram_channel: Channel, settings: Settings
) -> None:
    for number in ("1", "2", "3"):
        Channel.objects.create(
            business=business,
            kind="telegram",
            external_id=number,
            secrets={"token": f"{number}:AAF-test"},  # type: ignore[misc]
            is_active=number != "3",
        )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE messaging_channel SET secrets = 'gone' WHERE external_id = '1'")
    with TelegramServer() as telegram:
        settings.TELEGRAM_API_BASE = telegram.url
        maintenance.test_integration()
    health = dict(Channel.objects.defer("secrets").values_list("external_id", "health"))
    assert health == {"700100200": "dead", "1": "dead", "2": "dead", "3": "new"}
    assert len(telegram.calls) == 2


def test_raw_deliveries_are_deleted_after_their_time_and_the_unreadable_later(
    telegram_channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleaning, "BATCH", 2)
    now = timezone.now()
    ages = {"stored": (0, 34, 36, 37, 38), "ignored": (34, 36), "quarantined": (36, 89, 91)}
    for fate, days in ages.items():
        for age in days:
            event = InboundEvent.objects.create(
                business=telegram_channel.business,
                channel=telegram_channel,
                dedupe_key=f"{fate} {age}",
                fate=fate,
                raw=b"{}",
            )
            received = now - timedelta(days=age)
            InboundEvent.objects.filter(pk=event.pk).update(received_at=received)
    maintenance.clean_up_sessions()
    kept = set(InboundEvent.objects.values_list("dedupe_key", flat=True))
    assert kept == {"stored 0", "stored 34", "ignored 34", "quarantined 36", "quarantined 89"}
