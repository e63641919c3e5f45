"""The whole table of who may write when: sender, age, permission and kind of channel."""

from datetime import timedelta
from itertools import product

import pytest

from messaging.windows import HUMAN_AGENT, Sender, WindowDecision, decide

INSTANT = timedelta(microseconds=1)
DAY, WEEK = timedelta(hours=24), timedelta(days=7)
NONE = timedelta(0)
# Kind of channel -> its window, and the longer one of people.
CHANNELS: dict[str, tuple[timedelta | None, timedelta | None]] = {
    "web chat, API, Telegram bot": (None, None),
    "Telegram Business": (DAY, None),
    "Instagram, Messenger": (DAY, WEEK),
}
AGES: dict[str, timedelta | None] = {
    "never wrote": None,
    "from a clock ahead": -timedelta(minutes=3),
    "at once": NONE,
    "a day less an instant": DAY - INSTANT,
    "a day": DAY,
    "a day and an instant": DAY + INSTANT,
    "a week less an instant": WEEK - INSTANT,
    "a week": WEEK,
    "a week and an instant": WEEK + INSTANT,
}
SENDERS: tuple[Sender, ...] = ("ai", "person")
FREE, TAGGED, REFUSED = "allowed", "allowed with the tag", "refused"
IN_A_DAY = {"from a clock ahead", "at once", "a day less an instant"}
IN_A_WEEK = {*IN_A_DAY, "a day", "a day and an instant", "a week less an instant"}
CASES = list(product(SENDERS, AGES, (False, True), CHANNELS))


def expected(sender: str, age: str, may_tag: bool, channel: str) -> str:
    if channel == "web chat, API, Telegram bot" or age in IN_A_DAY:
        return FREE
    if (sender, may_tag, channel) == ("person", True, "Instagram, Messenger") and age in IN_A_WEEK:
        return TAGGED
    return REFUSED


def made(sender: Sender, age: str, may_tag: bool, channel: str) -> WindowDecision:
    window, people_window = CHANNELS[channel]
    return decide(
        sender=sender,
        age=AGES[age],
        window=window,
        people_window=people_window,
        may_tag=may_tag,
    )


@pytest.mark.parametrize(("sender", "age", "may_tag", "channel"), CASES)
def test_who_may_write_when(sender: Sender, age: str, may_tag: bool, channel: str) -> None:
    decision = made(sender, age, may_tag, channel)
    verdict = {(True, ""): FREE, (True, HUMAN_AGENT): TAGGED, (False, ""): REFUSED}
    assert verdict[decision.allowed, decision.tag] == expected(sender, age, may_tag, channel)
    assert (decision.code == "window_closed") is not decision.allowed
    assert bool(decision.reason) is not decision.allowed


@pytest.mark.parametrize(("sender", "age", "may_tag", "channel"), CASES)
def test_the_countdown_ends_when_the_answer_becomes_no(
    sender: Sender, age: str, may_tag: bool, channel: str
) -> None:
    window, people_window = CHANNELS[channel]
    left = made(sender, age, may_tag, channel).closes_in
    if window is None or expected(sender, age, may_tag, channel) == REFUSED:
        assert left is None
        return
    then = max(AGES[age] or NONE, NONE) + (left or NONE)
    rest = {"sender": sender, "window": window, "people_window": people_window, "may_tag": may_tag}
    assert decide(age=then - INSTANT, **rest).allowed  # type: ignore[arg-type]
    assert not decide(age=then, **rest).allowed  # type: ignore[arg-type]


def test_an_ai_is_never_tagged() -> None:
    assert {made(*case).tag for case in CASES if case[0] == "ai"} == {""}


@pytest.mark.parametrize(
    ("sender", "age", "may_tag", "channel", "words"),
    [
        ("person", "a day", False, "Instagram, Messenger", ["24 hours", "once they do", "7 days"]),
        ("person", "a week", True, "Instagram, Messenger", ["7 days", "once they do"]),
        ("person", "a day", True, "Telegram Business", ["24 hours", "once they do"]),
        ("person", "never wrote", True, "Instagram, Messenger", ["first word", "theirs"]),
        ("ai", "a day", True, "Instagram, Messenger", ["24 hours", "only people"]),
        ("ai", "a week", True, "Instagram, Messenger", ["7 days"]),
    ],
)
def test_a_refusal_says_why_and_what_to_do(
    sender: Sender, age: str, may_tag: bool, channel: str, words: list[str]
) -> None:
    reason = made(sender, age, may_tag, channel).reason
    assert [word for word in words if word not in reason] == []
