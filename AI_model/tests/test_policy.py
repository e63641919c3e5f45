from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from AI_model.replies.phrases import asks_for_person, is_greeting, is_thanks
from AI_model.replies.policy import Act, Facts, Reason, decide

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PLAIN = Facts(
    now=NOW,
    status="active",
    epoch=4,
    epoch_seen=4,
    unanswered=True,
    last_customer_at=NOW - timedelta(seconds=2),
    first_unanswered_at=NOW - timedelta(seconds=2),
    quiet_period=timedelta(milliseconds=700),
    ai_enabled=True,
    ai_usable=True,
    is_open=True,
    business_hours_only=False,
    draft_mode=False,
    turns=0,
    max_turns=20,
    attempts=0,
    asks_for_person=False,
    has_words=True,
    is_start=False,
)
JUST_NOW = NOW - timedelta(milliseconds=100)
SOON = NOW + timedelta(seconds=9)


@pytest.mark.parametrize(
    ("changes", "act", "reason"),
    [
        ({}, Act.ANSWER, None),
        ({"status": "support_active"}, Act.SILENT, None),
        ({"status": "closed"}, Act.SILENT, None),
        ({"epoch": 5}, Act.SILENT, None),
        ({"unanswered": False}, Act.SILENT, None),
        ({"last_customer_at": JUST_NOW}, Act.WAIT, None),
        ({"last_customer_at": JUST_NOW, "quiet_period": timedelta(0)}, Act.ANSWER, None),
        ({"attempts": 2}, Act.ANSWER, None),
        ({"attempts": 3}, Act.HAND_OVER, Reason.CRASHED),
        ({"ai_enabled": False}, Act.HAND_OVER, Reason.AI_OFF),
        ({"ai_usable": False}, Act.HAND_OVER, Reason.AI_OFF),
        ({"asks_for_person": True}, Act.HAND_OVER, Reason.ASKED_FOR_PERSON),
        ({"is_open": False}, Act.ANSWER, None),
        ({"is_open": False, "business_hours_only": True}, Act.HAND_OVER, Reason.OUT_OF_HOURS),
        ({"business_hours_only": True}, Act.ANSWER, None),
        ({"turns": 19}, Act.ANSWER, None),
        ({"turns": 20}, Act.HAND_OVER, Reason.TURN_CAP),
        ({"chose_none": True, "just_offered": True}, Act.HAND_OVER, Reason.NO_SUPPORT),
        ({"just_offered": True}, Act.ANSWER, None),
        ({"angry": True}, Act.ANSWER, None),
        ({"angry_before": True}, Act.ANSWER, None),
        ({"angry": True, "angry_before": True}, Act.HAND_OVER, Reason.ANGRY),
        ({"draft_mode": True}, Act.DRAFT, None),
        ({"unread_files": True}, Act.READ, None),
        ({"unread_files": True, "draft_mode": True}, Act.READ, None),
        ({"unread_files": True, "has_words": False}, Act.READ, None),
        ({"unread_files": True, "asks_for_person": True}, Act.HAND_OVER, Reason.ASKED_FOR_PERSON),
        ({"unread_files": True, "turns": 20}, Act.HAND_OVER, Reason.TURN_CAP),
        ({"unread_files": True, "files_until": SOON}, Act.WAIT, None),
        ({"files_until": SOON, "ai_enabled": False}, Act.HAND_OVER, Reason.AI_OFF),
        ({"files_until": NOW}, Act.ANSWER, None),
        ({"draft_mode": True, "asks_for_person": True}, Act.HAND_OVER, Reason.ASKED_FOR_PERSON),
        ({"has_words": False}, Act.ASK_FOR_WORDS, None),
        ({"has_words": False, "is_start": True}, Act.GREET, None),
        ({"status": "support_active", "asks_for_person": True}, Act.SILENT, None),
        ({"attempts": 3, "status": "closed"}, Act.SILENT, None),
    ],
)
def test_each_state_has_its_decision(
    changes: dict[str, Any], act: Act, reason: Reason | None
) -> None:
    decision = decide(replace(PLAIN, **changes))
    assert (decision.act, decision.reason) == (act, reason)


def test_a_burst_is_waited_for_until_the_quiet_period_has_passed() -> None:
    decision = decide(replace(PLAIN, last_customer_at=JUST_NOW))
    assert decision.wait_until == JUST_NOW + timedelta(milliseconds=700)


def test_somebody_who_never_stops_writing_is_answered_all_the_same() -> None:
    first = NOW - timedelta(seconds=8)
    decision = decide(replace(PLAIN, last_customer_at=JUST_NOW, first_unanswered_at=first))
    assert decision.act is Act.ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "Can I talk to a human?",
        "I want to speak to a real person please!",
        "agent",
        "human please",
        "I need a human",
        "Quiero hablar con una persona",
        "Je voudrais parler à un conseiller",
        "Ich möchte mit einem Menschen sprechen",
        "Vorrei parlare con un operatore",
        "Quero falar com um atendente",
        "Позовите оператора",
        "Соедините с живым человеком",
        "Müşteri temsilcisine bağla",
        "Operator bilan gaplashmoqchiman",
    ],
)
def test_a_wish_for_a_person_is_understood(text: str) -> None:
    assert asks_for_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "Do you sell human-shaped mannequins?",
        "How many persons fit into the tent?",
        "What does your agent fee cost?",
        "Is the manager's special still on?",
        "Сколько человек помещается в палатку?",
        "",
    ],
)
def test_words_about_people_are_not_a_wish_for_one(text: str) -> None:
    assert not asks_for_person(text)


def test_greetings_and_thanks_are_told_from_questions() -> None:
    assert is_greeting("Hi there!") and is_greeting("Guten Tag") and is_greeting("Привет")
    assert is_thanks("Thank you so much") and is_thanks("Vielen Dank!") and is_thanks("спасибо")
    assert not is_greeting("Hello, where is my order?") and not is_thanks("thanks, and on Sundays?")
    assert not is_greeting("good") and not is_thanks("ok") and not is_greeting("")
