"""The doctor and the accounts of Meta: tokens that end, subscriptions that were lost."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from messaging import maintenance
from messaging.models import Channel
from messaging.services.doctor import Report, examine_channel, examine_unasked
from messaging.services.tokens import refresh_token
from messaging.testing.graph_server import GraphServer

pytestmark = pytest.mark.django_db


def codes(report: Report, severity: str) -> set[str]:
    return {one.code for one in report.findings if one.severity == severity}


def fresh(channel: Channel) -> Channel:
    return Channel.objects.get(pk=channel.pk)


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
