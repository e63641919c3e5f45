"""What the doctor finds, mends and writes down, before a Bot API and a Graph API on loopback."""

import io
import json
import re
import time
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Business, User
from core.lib.on_commit import bell
from messaging import maintenance
from messaging.models import Channel, Conversation, Customer, Message, OutboundChunk
from messaging.services import doctor, rounds
from messaging.services.channels import webhook_url
from messaging.services.doctor import Report, examine_channel, examine_unasked
from messaging.services.tokens import refresh_token
from messaging.testing.graph_server import GraphServer
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


@pytest.fixture
def instagram(instagram_channel: Channel, graph_server: GraphServer) -> Channel:
    """Subscribed, with a token of 51 days that ends in nine."""
    now = timezone.now()
    account = account_of(graph_server, instagram_channel)
    account.issued_at = (now - timedelta(days=51)).timestamp()
    account.expires_at = (now + timedelta(days=9)).timestamp()
    account.subscribed = ["messages", "messaging_postbacks"]
    Channel.objects.filter(pk=instagram_channel.pk).update(
        health="ok",
        token_renewed_at=now - timedelta(days=51),
        token_expires_at=now + timedelta(days=9),
    )
    return fresh(instagram_channel)


def account_of(graph_server: GraphServer, channel: Channel) -> Any:
    return graph_server.accounts[fresh(channel).secrets["token"]]


def test_a_token_that_ends_in_nine_days_is_said_and_renewed_by_the_daily_task(
    instagram: Channel, graph_server: GraphServer
) -> None:
    before = instagram.secrets["token"]
    report = examine_channel(channel=instagram)
    assert report.ok and "token" in codes(report, "warn")
    assert "It is 51 days old." in report.detail and "in 8 days" in report.detail
    maintenance.refresh_channel_tokens()
    channel = fresh(instagram)
    assert channel.secrets["token"] == account_of(graph_server, channel).token != before
    assert channel.token_renewed_at is not None and channel.token_expires_at is not None
    assert channel.token_expires_at - channel.token_renewed_at == timedelta(days=60)
    assert "token" in codes(examine_channel(channel=channel), "ok")
    calls = len(graph_server.calls)
    maintenance.refresh_channel_tokens()
    assert len(graph_server.calls) == calls


def test_a_token_of_unknown_end_is_renewed_once_it_is_a_day_old(
    instagram: Channel, graph_server: GraphServer
) -> None:
    young = timezone.now() - timedelta(hours=23)
    Channel.objects.update(token_expires_at=None, token_renewed_at=young)
    maintenance.refresh_channel_tokens()
    assert fresh(instagram).token_expires_at is None and graph_server.calls == []
    Channel.objects.update(token_renewed_at=young - timedelta(hours=2))
    maintenance.refresh_channel_tokens()
    assert fresh(instagram).token_expires_at is not None


def test_a_token_that_has_ended_makes_the_channel_dead_and_says_what_to_do(
    instagram: Channel, graph_server: GraphServer
) -> None:
    account_of(graph_server, instagram).expires_at = time.time() - 60
    Channel.objects.update(token_expires_at=timezone.now() - timedelta(seconds=60))
    maintenance.refresh_channel_tokens()
    channel = fresh(instagram)
    assert graph_server.calls == []
    assert channel.health == "dead" and "Connect the channel again" in channel.health_detail
    report = examine_channel(channel=channel, fix=True)
    assert codes(report, "bad") == {"token"} and "has ended" in report.detail


def test_a_lost_subscription_is_made_again(instagram: Channel, graph_server: GraphServer) -> None:
    account_of(graph_server, instagram).subscribed = []
    report = examine_channel(channel=instagram)
    assert codes(report, "bad") == {"subscription"} and fresh(instagram).health == "dead"
    assert examine_unasked(channel=fresh(instagram)).ok
    assert "messages" in account_of(graph_server, instagram).subscribed
    assert fresh(instagram).health == "ok"


def test_fields_that_the_app_may_not_have_are_a_warning_and_not_asked_for_again(
    instagram: Channel, graph_server: GraphServer
) -> None:
    report = examine_unasked(channel=instagram)
    assert report.ok and "subscription" in codes(report, "warn")
    assert {call.method for call in graph_server.calls} == {"GET"}


def test_one_renewal_that_fails_stops_no_other(
    instagram: Channel, graph_server: GraphServer
) -> None:
    soon = timezone.now() + timedelta(days=5)
    others = [another_instagram(instagram, graph_server, number) for number in range(4)]
    with_gone = Channel.objects.filter(pk=others[0].pk)
    with_gone.update(token_expires_at=soon)
    del graph_server.accounts[others[0].secrets["token"]]
    break_secrets(others[1])
    maintenance.refresh_channel_tokens()
    renewed = set(
        Channel.objects.filter(token_expires_at__gt=timezone.now() + timedelta(days=50))
        .defer("secrets")
        .values_list("pk", flat=True)
    )
    assert renewed == {instagram.pk, others[2].pk, others[3].pk}
    report = examine_channel(channel=with_gone.get())
    assert codes(report, "bad") == {"token"}


def another_instagram(channel: Channel, graph_server: GraphServer, number: int) -> Channel:
    token = f"IGAA-other-{number}"
    ends = timezone.now() + timedelta(days=6)
    account = graph_server.add_account(f"178414000000001{number}", token)
    account.subscribed = ["messages", "messaging_postbacks"]
    return Channel.objects.create(
        business=channel.business,
        kind="instagram",
        external_id=account.id,
        secrets={"token": token},  # type: ignore[misc]
        token_expires_at=ends,
        token_renewed_at=ends - timedelta(days=60),
    )


def break_secrets(channel: Channel) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE messaging_channel SET secrets = 'gone' WHERE id = %s", [channel.pk])


def test_a_token_that_somebody_entered_during_the_renewal_stays(
    instagram: Channel, graph_server: GraphServer
) -> None:
    entered = {"token": "IGAA-entered"}
    Channel.objects.filter(pk=instagram.pk).update(secrets=entered)
    assert refresh_token(channel=instagram) == ""
    assert fresh(instagram).secrets == entered


def test_one_broken_channel_of_five_holds_up_no_other(
    instagram: Channel, graph_server: GraphServer
) -> None:
    others = [another_instagram(instagram, graph_server, number) for number in range(4)]
    break_secrets(others[0])
    # A kind that no adapter serves: a fault of ours in the middle of the batch.
    Channel.objects.filter(pk=others[1].pk).update(checkup=["not an object"])
    maintenance.examine_batch(instagram.pk, *(other.pk for other in others))
    health = dict(Channel.objects.defer("secrets").values_list("pk", "health"))
    assert health[others[0].pk] == "dead" and health[others[1].pk] == "new"
    assert {health[one.pk] for one in (instagram, others[2], others[3])} == {"ok"}


def test_a_token_of_another_account_is_bad_and_nothing_is_registered_for_it(
    instagram: Channel, graph_server: GraphServer
) -> None:
    other = another_instagram(instagram, graph_server, 7)
    Channel.objects.filter(pk=instagram.pk).update(external_id="17841400000009999")
    Channel.objects.filter(pk=instagram.pk).update(secrets=other.secrets)
    account_of(graph_server, instagram).app_scoped_id = "17841400000009999"
    report = examine_unasked(channel=fresh(instagram))
    assert codes(report, "bad") == {"account"}
    assert {call.method for call in graph_server.calls} == {"GET"}


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_subscription_that_its_owner_makes_is_left_alone(
    instagram: Channel, graph_server: GraphServer, by_hand: bool
) -> None:
    account_of(graph_server, instagram).subscribed = []
    Channel.objects.update(settings={"by_hand": True} if by_hand else {})
    report = examine_channel(channel=fresh(instagram))
    assert "subscription" in codes(report, "warn" if by_hand else "bad")
    assert examine_unasked(channel=fresh(instagram)).ok
    assert (account_of(graph_server, instagram).subscribed == []) is by_hand


def test_a_platform_that_answers_oddly_to_one_question_kills_no_channel(
    instagram: Channel, graph_server: GraphServer
) -> None:
    graph_server.plan("bad_parameter", times=-1, edge="subscribed_apps")
    report = examine_unasked(channel=instagram)
    assert report.ok and "platform" in codes(report, "warn")


# What our own rows tell


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


def bots(business: Business, count: int, **fields: Any) -> list[str]:
    made = Channel.objects.bulk_create(
        Channel(business=business, kind="telegram", external_id=str(number), **fields)
        for number in range(count)
    )
    return [channel.pk for channel in made]


def test_a_thousand_channels_are_looked_at_within_three_rounds_a_share_at_a_time(
    business: Business,
) -> None:
    ids = bots(business, 1000)
    taken = [rounds.take_due() for _ in range(4)]
    assert [len(part) for part in taken] == [334, 334, 332, 0]
    assert sorted(pk for part in taken for pk in part) == sorted(ids)
    pauses = [pause for pause, _ in rounds.batches(taken[0])]
    assert len(pauses) == 34 and pauses == sorted(pauses) and pauses[-1] < 60
    assert sum(len(part) for _, part in rounds.batches(taken[0])) == 334


def test_the_longest_unseen_comes_first_and_what_is_off_or_has_no_platform_never(
    business: Business, webchat_channel: Channel
) -> None:
    ids = bots(business, 30)
    now = timezone.now()
    for number, pk in enumerate(ids):
        seen = now - timedelta(minutes=5, seconds=number)
        Channel.objects.filter(pk=pk).update(checked_at=seen)
    Channel.objects.filter(pk=ids[29]).update(is_active=False)
    Channel.objects.filter(pk=ids[28]).update(checked_at=now - timedelta(minutes=2))
    Channel.objects.filter(pk=ids[3]).update(checked_at=None)
    assert rounds.take_due() == [ids[3], *reversed(ids[9:28])]


def test_a_round_rings_for_each_batch(
    business: Business, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    rung: list[tuple[str, ...]] = []
    monkeypatch.setattr(bell, "ring", lambda task, *args, countdown=0: rung.append(args))
    ids = bots(business, 15)
    with django_capture_on_commit_callbacks(execute=True):
        maintenance.check_channels_due()
    assert [len(part) for part in rung] == [10, 5]
    assert sorted(sum(rung, ())) == sorted(ids)


# The command


def run_doctor(*options: str) -> tuple[int, str]:
    out, code = io.StringIO(), 0
    try:
        call_command("channel_doctor", *options, stdout=out)
    except SystemExit as stop:
        code = int(stop.code or 0)
    return code, out.getvalue()


def test_the_command_exits_1_while_something_is_bad_and_0_once_it_is_mended(
    owner: User, telegram_channel: Channel, webchat_channel: Channel, telegram_api: TelegramServer
) -> None:
    code, said = run_doctor("--user", "owner")
    assert code == 1
    assert "BAD   webhook_address: Telegram delivers nowhere" in said
    assert f"Web chat (Web chat, {webchat_channel.pk})" in said
    code, said = run_doctor("--channel", telegram_channel.pk, "--fix")
    assert code == 0 and "registered again" in said and "Web chat" not in said
    code, said = run_doctor("--json")
    reports = {report["kind"]: report for report in json.loads(said)}
    assert code == 0 and reports["telegram"]["health"] == "ok"
    finding = next(f for f in reports["telegram"]["findings"] if f["code"] == "webhook_address")
    assert (finding["severity"], finding["remedy"]) == ("ok", "")


def test_the_command_sees_only_the_business_that_is_asked_for(
    other_owner: User, telegram_channel: Channel, telegram_api: TelegramServer
) -> None:
    with pytest.raises(CommandError, match="no such channel"):
        run_doctor("--user", "other_owner", "--channel", telegram_channel.pk)
    with pytest.raises(CommandError, match="no user nobody"):
        run_doctor("--user", "nobody")
    assert telegram_api.calls == []


# The API and the page


def test_the_api_tells_of_the_last_look_and_the_owner_looks_again(
    owner_api: APIClient,
    agent_api: APIClient,
    telegram_channel: Channel,
    telegram_api: TelegramServer,
) -> None:
    path = f"/api/v1/channels/{telegram_channel.pk}/health/"
    blank = agent_api.get(path).json()
    assert (blank["health"], blank["findings"], blank["checked_at"]) == ("new", [], None)
    assert agent_api.post(path).status_code == 403 and telegram_api.calls == []
    checked = owner_api.post(path).json()
    assert checked["health"] == "ok" and checked["findings"]
    assert agent_api.get(path).json() == checked


def test_check_now_on_the_page_mends_what_is_off(
    client: Client, agent: User, telegram_channel: Channel, telegram_api: TelegramServer
) -> None:
    client.force_login(agent, backend="accounts.backends.UsernameOrEmailBackend")
    answer = client.post(f"/inbox/channels/{telegram_channel.pk}/check/")
    assert answer.status_code == 302 and answer["Location"].startswith("/inbox/channels/#")
    assert fresh(telegram_channel).health == "ok"
    assert "registered again" in client.get("/inbox/channels/").content.decode()


def test_the_alert_is_sent_again_only_when_it_changed(
    client: Client, agent: User, telegram_channel: Channel
) -> None:
    client.force_login(agent, backend="accounts.backends.UsernameOrEmailBackend")
    quiet = client.get("/inbox/channels/alert/").content.decode()
    known = re.findall(r"seen=(\w+)", quiet)[0]
    assert client.get(f"/inbox/channels/alert/?seen={known}").status_code == 204
    Channel.objects.update(health="dead", health_detail="Gone.")
    loud = client.get(f"/inbox/channels/alert/?seen={known}").content.decode()
    assert "Kite bot" in loud and "Gone." in loud
    Channel.objects.update(is_active=False)
    assert "Kite bot" not in client.get("/inbox/channels/alert/").content.decode()
