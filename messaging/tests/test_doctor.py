"""The doctor finds what is wrong with a channel, mends what it may, and says the rest."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.utils import timezone
from pytest_django import Settings

from core.lib.on_commit import bell
from messaging.models import Channel, Conversation, Customer, Message, OutboundChunk
from messaging.services import doctor
from messaging.services.channels import webhook_url
from messaging.services.doctor import Report, examine_channel, examine_unasked
from messaging.testing.telegram_server import TelegramServer

pytestmark = pytest.mark.django_db

SECRET_OFF = "Wrong response from the webhook: 403 Forbidden"


def codes(report: Report, severity: str) -> set[str]:
    return {one.code for one in report.findings if one.severity == severity}


def deliver_here(telegram_api: TelegramServer, channel: Channel, **said: Any) -> None:
    telegram_api.webhooks[channel.external_id] = {"url": webhook_url(channel)}
    telegram_api.webhook_errors[channel.external_id] = said


def fresh(channel: Channel) -> Channel:
    return Channel.objects.get(pk=channel.pk)


def methods(telegram_api: TelegramServer) -> list[str]:
    return [call.method for call in telegram_api.calls]


def test_a_channel_that_works_is_written_down_as_working(
    telegram_channel: Channel, telegram_api: TelegramServer
) -> None:
    deliver_here(telegram_api, telegram_channel)
    report = examine_channel(channel=telegram_channel)
    assert (report.ok, report.detail) == (True, "")
    channel = fresh(telegram_channel)
    assert (channel.health, channel.health_detail) == ("ok", "")
    assert channel.checked_at is not None
    seen = {one["code"] for one in channel.checkup["findings"]}
    assert {"webhook_address", "webhook_secret", "backlog", "token", "secrets", "sends"} <= seen
    assert {"last_inbound", "last_outbound"} <= seen
    assert "test-token" not in json.dumps(channel.checkup)


def test_an_address_that_somebody_changed_is_found_and_set_again_only_when_asked(
    telegram_channel: Channel, telegram_api: TelegramServer
) -> None:
    telegram_api.webhooks[telegram_channel.external_id] = {"url": "https://other.example/x?t=1"}
    report = examine_channel(channel=telegram_channel)
    assert codes(report, "bad") == {"webhook_address"}
    assert "https://other.example/x" in report.detail and "t=1" not in report.detail
    assert fresh(telegram_channel).health == "dead"
    assert "setWebhook" not in methods(telegram_api)

    report = examine_channel(channel=fresh(telegram_channel), fix=True)
    assert report.ok and report.summary == "It was off and has been registered again."
    registered = telegram_api.webhooks[telegram_channel.external_id]
    assert registered["url"] == webhook_url(telegram_channel)
    assert registered["secret_token"] == "hook-secret"
    assert fresh(telegram_channel).health == "ok"


def test_a_secret_that_telegram_does_not_have_is_told_again(
    telegram_channel: Channel, telegram_api: TelegramServer
) -> None:
    said = {
        "pending_update_count": 3,
        "last_error_message": SECRET_OFF,
        "last_error_date": int(time.time()) - 60,
    }
    deliver_here(telegram_api, telegram_channel, **said)
    assert codes(examine_channel(channel=telegram_channel), "bad") == {"webhook_secret"}
    # Telegram goes on naming the old error until the next delivery: it is older than our call.
    assert examine_unasked(channel=fresh(telegram_channel)).ok
    assert telegram_api.webhooks[telegram_channel.external_id]["secret_token"] == "hook-secret"
    before = len(methods(telegram_api))
    assert examine_unasked(channel=fresh(telegram_channel)).ok
    assert methods(telegram_api)[before:] == ["getWebhookInfo"]


def test_a_backlog_that_does_not_get_through_is_bad(
    telegram_channel: Channel, telegram_api: TelegramServer
) -> None:
    error = {"last_error_message": "Connection timed out", "last_error_date": int(time.time()) - 5}
    deliver_here(telegram_api, telegram_channel, pending_update_count=7, **error)
    report = examine_channel(channel=telegram_channel)
    assert codes(report, "bad") == {"backlog"}
    assert "7 deliveries wait at Telegram" in report.detail
    assert "Connection timed out" in fresh(telegram_channel).health_detail


def test_a_revoked_token_is_dead_and_is_not_called_again_and_again(
    telegram_channel: Channel, telegram_api: TelegramServer
) -> None:
    deliver_here(telegram_api, telegram_channel)
    for method in ("getWebhookInfo", "getMe"):
        telegram_api.plan("unauthorized", times=1, method=method)
    report = examine_channel(channel=telegram_channel, fix=True)
    assert codes(report, "bad") == {"token"}
    assert methods(telegram_api) == ["getWebhookInfo", "getMe"]
    channel = fresh(telegram_channel)
    assert channel.health == "dead" and "Connect the channel again" in channel.health_detail


def test_a_platform_that_is_away_changes_no_health(
    telegram_channel: Channel, telegram_api: TelegramServer
) -> None:
    Channel.objects.update(health="ok")
    telegram_api.plan("gateway_502", method="getWebhookInfo")
    report = examine_channel(channel=fresh(telegram_channel))
    assert not report.reached and codes(report, "warn") == {"platform"}
    channel = fresh(telegram_channel)
    assert channel.health == "ok" and "could not be reached" in channel.health_detail


def test_secrets_that_no_key_opens_are_said(
    telegram_channel: Channel, telegram_api: TelegramServer, settings: Settings
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    channel = Channel.objects.defer("secrets").get()
    report = examine_channel(channel=channel)
    assert codes(report, "bad") == {"secrets"} and telegram_api.calls == []
    assert Channel.objects.defer("secrets").get().health == "dead"


def test_a_check_that_was_overtaken_by_a_new_connection_writes_nothing(
    telegram_channel: Channel, telegram_api: TelegramServer
) -> None:
    Channel.objects.update(health="ok", checked_at=timezone.now())
    assert not examine_channel(channel=telegram_channel).ok
    assert fresh(telegram_channel).health == "ok"


def test_a_webhook_that_its_owner_set_by_hand_is_left_alone(
    telegram_channel: Channel, telegram_api: TelegramServer
) -> None:
    Channel.objects.update(settings={"by_hand": True})
    report = examine_unasked(channel=fresh(telegram_channel))
    assert report.ok and codes(report, "warn") == {"webhook_address"}
    assert methods(telegram_api) == ["getWebhookInfo"]
    assert examine_channel(channel=fresh(telegram_channel), fix=True).detail == ""
    assert fresh(telegram_channel).settings == {}


def test_what_is_undone_again_and_again_is_left_to_people(
    telegram_channel: Channel, telegram_api: TelegramServer
) -> None:
    for _ in range(6):
        telegram_api.webhooks[telegram_channel.external_id] = {"url": "https://thief.example/"}
        report = examine_unasked(channel=fresh(telegram_channel))
    assert not report.ok and fresh(telegram_channel).health == "dead"
    assert methods(telegram_api).count("setWebhook") == doctor.MOST_REPAIRS
    assert examine_channel(channel=fresh(telegram_channel), fix=True).ok
    assert examine_unasked(channel=fresh(telegram_channel)).ok
    assert "repairs" not in fresh(telegram_channel).checkup


# Meta


def with_sends(channel: Channel, **states: int) -> None:
    customer = Customer.objects.create(business=channel.business, channel=channel, external_id="c")
    common = {"business": channel.business}
    conversation = Conversation.objects.create(
        channel=channel, customer=customer, external_id="c", **common
    )
    message = Message.objects.create(
        conversation=conversation, seq=1, revision=1, type="support", delivery="sent", **common
    )
    numbers = iter(range(1000))
    for state, count in states.items():
        withheld = {"code": "taken_over", "detail": ""} if state == "withheld" else None
        for _ in range(count):
            OutboundChunk.objects.create(
                conversation=conversation,
                message=message,
                seq=1,
                number=next(numbers),
                text="x",
                state="failed" if withheld else state,
                failure=withheld,
                **common,
            )


def test_the_error_rate_counts_failed_and_uncertain_sends_but_not_what_we_withheld(
    telegram_channel: Channel, telegram_api: TelegramServer
) -> None:
    deliver_here(telegram_api, telegram_channel)
    with_sends(telegram_channel, sent=9, failed=2, uncertain=1, withheld=5)
    report = examine_channel(channel=telegram_channel)
    assert report.ok and codes(report, "warn") == {"sends"}
    assert "Of 12 sends in 24 hours, 2 failed and 1 uncertain (25%)." in report.detail


def test_what_waited_is_sent_when_the_channel_is_back(
    telegram_channel: Channel,
    telegram_api: TelegramServer,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(bell, "ring", lambda task, *args, countdown=0: rung.extend(args))
    deliver_here(telegram_api, telegram_channel)
    with_sends(telegram_channel, queued=1)
    conversation = Conversation.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        Channel.objects.update(health="dead")
        examine_channel(channel=fresh(telegram_channel))
    assert rung == [conversation.pk]
    with django_capture_on_commit_callbacks(execute=True):
        examine_channel(channel=fresh(telegram_channel))
    assert rung == [conversation.pk]


def test_a_send_that_was_refused_for_the_whole_channel_is_told_until_one_goes_through(
    telegram_channel: Channel, telegram_api: TelegramServer
) -> None:
    deliver_here(telegram_api, telegram_channel)
    death = {"health": "dead", "health_detail": "The account is restricted."}
    Channel.objects.update(**death, sends_refused_at=timezone.now())
    for _ in range(2):
        report = examine_channel(channel=fresh(telegram_channel))
        assert report.ok and codes(report, "warn") == {"refused"}
        assert "The account is restricted." in fresh(telegram_channel).health_detail
    Channel.objects.update(last_outbound_at=timezone.now() + timedelta(seconds=1))
    assert examine_channel(channel=fresh(telegram_channel)).detail == ""
    assert "refused" not in fresh(telegram_channel).checkup


# Rounds
