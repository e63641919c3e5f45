"""The doctor's rounds, its command, its API and its page."""

import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Business, User
from core.lib.on_commit import bell
from messaging import maintenance
from messaging.models import Channel
from messaging.services import rounds
from messaging.testing.telegram_server import TelegramServer

pytestmark = pytest.mark.django_db


def fresh(channel: Channel) -> Channel:
    return Channel.objects.get(pk=channel.pk)


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
