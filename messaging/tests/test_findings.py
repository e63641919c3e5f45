"""The doctor's decisions: facts in, findings out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from messaging.services import findings as found
from messaging.services.findings import Sends, Severity

NOW = datetime(2026, 11, 21, 12, 0, 30, 500_000, tzinfo=UTC)
HERE = "https://bell.example/webhooks/telegram/abc/"
OFF = "Wrong response from the webhook: 403 Forbidden"
DOWN = "Connection timed out"


def seconds(**ago: float) -> int:
    return int((NOW - timedelta(**ago)).timestamp())


def webhook(info: dict[str, Any], **known: Any) -> dict[str, str]:
    """Code and severity of what is not ok."""
    seen = found.of_webhook({"url": HERE} | info, url=HERE, now=NOW, **known)
    return {one.code: one.severity.value for one in seen if one.severity is not Severity.OK}


@pytest.mark.parametrize(
    ("info", "known", "expected"),
    [
        ({}, {}, {}),
        ({"url": ""}, {}, {"webhook_address": "bad"}),
        ({"url": None}, {}, {"webhook_address": "bad"}),
        ({"url": "https://thief.example/"}, {}, {"webhook_address": "bad"}),
        ({"url": "https://thief.example/"}, {"by_hand": True}, {"webhook_address": "warn"}),
        ({"pending_update_count": 99}, {}, {}),
        ({"pending_update_count": 100}, {}, {"backlog": "warn"}),
        ({"pending_update_count": "many"}, {}, {}),
        (
            {
                "pending_update_count": 1,
                "last_error_message": DOWN,
                "last_error_date": seconds(minutes=1),
            },
            {},
            {"backlog": "bad"},
        ),
        ({"missing_updates": ["message_reaction"]}, {}, {"webhook_kinds": "warn"}),
        (
            {"last_error_message": OFF, "last_error_date": seconds(minutes=1)},
            {},
            {"webhook_secret": "bad"},
        ),
        (
            {"last_error_message": DOWN, "last_error_date": seconds(minutes=1)},
            {},
            {"backlog": "warn"},
        ),
        ({"last_error_message": DOWN, "last_error_date": seconds(minutes=61)}, {}, {}),
        ({"last_error_message": DOWN}, {}, {}),
        ({"last_error_message": DOWN, "last_error_date": "soon"}, {}, {}),
        ({"last_error_message": DOWN, "last_error_date": 10**18}, {}, {}),
        ({"last_error_message": "", "last_error_date": seconds(minutes=1)}, {}, {}),
        (
            {"last_error_message": OFF, "last_error_date": seconds(minutes=2)},
            {"registered_at": NOW - timedelta(minutes=1)},
            {},
        ),
        # Registered in the same second as the error: Telegram's times are whole seconds.
        (
            {"last_error_message": OFF, "last_error_date": seconds(seconds=0)},
            {"registered_at": NOW},
            {},
        ),
        (
            {"last_error_message": OFF, "last_error_date": seconds(minutes=1)},
            {"registered_at": NOW - timedelta(minutes=2)},
            {"webhook_secret": "bad"},
        ),
        (
            {"last_error_message": DOWN, "last_error_date": seconds(minutes=2)},
            {"last_inbound_at": NOW - timedelta(minutes=1)},
            {},
        ),
    ],
)
def test_what_telegram_says_of_the_webhook(
    info: dict[str, Any], known: dict[str, Any], expected: dict[str, str]
) -> None:
    assert webhook(info, **known) == expected


@pytest.mark.parametrize(
    ("ends", "age", "problem", "severity", "words"),
    [
        (None, None, "", "ok", "The token works."),
        (None, timedelta(days=1), "", "ok", "The token works. It is 1 day old."),
        (
            timedelta(days=48, hours=1),
            timedelta(days=12),
            "",
            "ok",
            "in 48 days. It is 12 days old.",
        ),
        (timedelta(days=10, seconds=1), None, "", "ok", "in 10 days"),
        (timedelta(days=10), None, "", "warn", "in 10 days"),
        (timedelta(hours=3), None, "", "warn", "in less than a day"),
        (timedelta(days=9), None, "Meta said no.", "warn", "could not be renewed: Meta said no."),
        (timedelta(0), None, "", "bad", "The token ended on 21 November 2026."),
        (timedelta(days=-3), None, "Meta said no.", "bad", "The token ended on 18 November 2026."),
    ],
)
def test_how_long_a_token_lasts(
    ends: timedelta | None, age: timedelta | None, problem: str, severity: str, words: str
) -> None:
    finding = found.of_token(
        expires_at=ends if ends is None else NOW + ends,
        renewed_at=age if age is None else NOW - age,
        now=NOW,
        problem=problem,
    )
    assert finding.severity == severity and words in finding.sentence
    assert bool(finding.remedy) is (severity != "ok")


@pytest.mark.parametrize(
    ("sends", "severity"),
    [
        (Sends(), "ok"),
        (Sends(sent=9), "ok"),
        (Sends(failed=9), "ok"),
        (Sends(sent=8, failed=2), "warn"),
        (Sends(sent=8, uncertain=2), "warn"),
        (Sends(sent=81, failed=10, uncertain=10), "ok"),
        (Sends(sent=80, failed=10, uncertain=10), "warn"),
    ],
)
def test_how_many_sends_may_fail(sends: Sends, severity: str) -> None:
    assert found.of_sends(sends).severity == severity


@pytest.mark.parametrize(
    ("fields", "missing", "delivers", "by_hand", "severity"),
    [
        (["messages"], [], True, False, "ok"),
        (["messages"], ["standby"], True, False, "warn"),
        (["standby"], ["messages"], False, False, "bad"),
        (["standby"], ["messages"], False, True, "warn"),
        ([], ["messages"], False, False, "bad"),
        ([], ["messages"], False, True, "warn"),
    ],
)
def test_what_meta_delivers(
    fields: list[str], missing: list[str], delivers: bool, by_hand: bool, severity: str
) -> None:
    facts = {"subscribed_fields": fields, "missing_fields": missing}
    assert found.of_subscription(facts, delivers=delivers, by_hand=by_hand).severity == severity


def test_the_worst_finding_counts() -> None:
    good, look, bad = found.good("a", ""), found.warning("b", ""), found.bad("c", "")
    assert found.worst([]) is Severity.OK
    assert found.worst([good, look]) is Severity.WARN
    assert found.worst([bad, look, good]) is Severity.BAD
