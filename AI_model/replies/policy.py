"""Whether and how the AI answers: one pure function over facts, no database and no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LONGEST_QUIET = timedelta(seconds=8)
MAX_CLAIM_ATTEMPTS = 3


class Act(StrEnum):
    """What to do now."""

    SILENT = "silent"
    WAIT = "wait"
    ANSWER = "answer"
    DRAFT = "draft"
    READ = "read"
    GREET = "greet"
    ASK_FOR_WORDS = "ask_for_words"
    HAND_OVER = "hand_over"


class Reason(StrEnum):
    """Why a conversation goes to people; stands on the conversation as `handover_reason`."""

    ASKED_FOR_PERSON = "asked_for_person"
    AI_OFF = "ai_off"
    OUT_OF_HOURS = "out_of_hours"
    TURN_CAP = "turn_cap"
    CRASHED = "crashed"
    NO_SUPPORT = "no_support"
    PROVIDER_DOWN = "provider_down"
    UNSAFE_ANSWER = "unsafe_answer"
    UNSUPPORTED_ANSWER = "unsupported_answer"
    OVER_BUDGET = "over_budget"
    TOO_MANY = "too_many"
    ANGRY = "angry"


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the decision rests on. Times carry their zone.

    `files_until`: until when files are waited for that are being fetched. `unread_files`: there are
    some that a model can read. `just_offered`: our last words were an offer. `chose_none`: the
    customer pressed “none of these”. `angry_before`: the words before these were angry, too.
    """

    now: datetime
    status: str
    epoch: int
    epoch_seen: int
    unanswered: bool
    last_customer_at: datetime
    first_unanswered_at: datetime
    quiet_period: timedelta
    ai_enabled: bool
    ai_usable: bool
    is_open: bool
    business_hours_only: bool
    draft_mode: bool
    turns: int
    max_turns: int
    attempts: int
    asks_for_person: bool
    has_words: bool
    is_start: bool
    files_until: datetime | None = None
    unread_files: bool = False
    just_offered: bool = False
    chose_none: bool = False
    angry: bool = False
    angry_before: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    act: Act
    reason: Reason | None = None
    wait_until: datetime | None = None


def decide(facts: Facts) -> Decision:
    """The first rule that applies, from “not ours” to “answer”."""
    if facts.status != "active" or not facts.unanswered or facts.epoch != facts.epoch_seen:
        return Decision(Act.SILENT)
    if (until := quiet_until(facts)) > facts.now:
        return Decision(Act.WAIT, wait_until=until)
    if (reason := _reason_for_people(facts)) is not None:
        return Decision(Act.HAND_OVER, reason)
    if facts.files_until is not None and facts.files_until > facts.now:
        return Decision(Act.WAIT, wait_until=facts.files_until)
    if facts.unread_files:
        return Decision(Act.READ)
    if facts.draft_mode:
        return Decision(Act.DRAFT)
    if not facts.has_words:
        return Decision(Act.GREET if facts.is_start else Act.ASK_FOR_WORDS)
    return Decision(Act.ANSWER)


def quiet_until(facts: Facts) -> datetime:
    """The end of the pause after the last words, but never long after the first ones."""
    quiet = facts.last_customer_at + facts.quiet_period
    return min(quiet, facts.first_unanswered_at + max(LONGEST_QUIET, facts.quiet_period))


def _reason_for_people(facts: Facts) -> Reason | None:
    rules = (
        (facts.attempts >= MAX_CLAIM_ATTEMPTS, Reason.CRASHED),
        (not facts.ai_enabled or not facts.ai_usable, Reason.AI_OFF),
        (facts.asks_for_person, Reason.ASKED_FOR_PERSON),
        (facts.business_hours_only and not facts.is_open, Reason.OUT_OF_HOURS),
        (facts.turns >= facts.max_turns, Reason.TURN_CAP),
        (facts.chose_none, Reason.NO_SUPPORT),
        (facts.angry and facts.angry_before, Reason.ANGRY),
    )
    return next((reason for applies, reason in rules if applies), None)
