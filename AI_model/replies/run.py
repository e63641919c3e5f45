"""One attempt to answer a conversation, from reading it to the row that will be sent.

1. Read the situation and decide. 2. Claim it. 3. Compose, outside any transaction. 4. Commit under
the claim: if the customer wrote on meanwhile, start again (bounded); if a person stepped in, stop.
5. Send it, when the commit took the lane too.
"""

import structlog

from AI_model.models import AIRun
from AI_model.replies.compose import Composition, compose
from AI_model.replies.outcome import (
    close_run,
    conclude_answer,
    conclude_draft,
    conclude_hand_over,
    run_of,
)
from AI_model.replies.policy import Act, Decision, decide
from AI_model.replies.presence import beside
from AI_model.replies.reading import Reading, read_media
from AI_model.replies.situation import Situation, after_reading, read_situation
from AI_model.replies.words import ask_for_words, greeting
from core.lib.clock import Deadline
from core.lib.ids import new_id
from messaging.services.delivery import send_begun
from messaging.services.lanes import wait_for_turn
from messaging.services.reply import Claim, Committed, claim_conversation, release_claim

log = structlog.get_logger(__name__)

MAX_RESTARTS = 2


def answer(*, conversation_id: str, begin_until: Deadline | None = None) -> float:
    """Answer what is unanswered; the seconds after which to look again, 0 for never.

    After `begin_until` nothing is begun any more: somebody waits, and another will do the rest.
    """
    with structlog.contextvars.bound_contextvars(conversation_id=conversation_id):
        for _ in range(MAX_RESTARTS + 1):
            if begin_until is not None and begin_until.passed:
                return 0.0
            situation = read_situation(conversation_id)
            if situation is None:
                return 0.0
            decision = decide(situation.facts)
            if decision.act is Act.SILENT:
                return 0.0
            if decision.wait_until is not None:
                return (decision.wait_until - situation.facts.now).total_seconds()
            if not _run_once(situation, decision):
                return 0.0
        return 0.0


def _run_once(situation: Situation, decision: Decision) -> bool:
    """True when newer words made the run stale and it should start again."""
    claim = claim_conversation(conversation=situation.conversation)
    if claim is None:
        return False
    run = run_of(claim, situation)
    try:
        with beside(claim, situation.conversation):
            situation, decision, reading = _read(situation, decision)
            composition = _compose(situation, decision)
            _note_reading(composition, reading)
            ending = _conclude(situation, decision, composition, claim, run)
    except BaseException:
        release_claim(claim)
        raise
    if not ending:
        return _start_again(situation, composition, claim, run)
    if isinstance(ending, Committed) and ending.begun is not None:
        send_begun(ending.begun)
    return False


def _read(situation: Situation, decision: Decision) -> tuple[Situation, Decision, Reading]:
    """Have the customer's files read where that comes first, and decide again."""
    if decision.act is not Act.READ:
        return situation, decision, Reading()
    reading = read_media(situation.config, situation.unanswered)
    read = after_reading(situation)
    return read, decide(read.facts), reading


def _note_reading(composition: Composition, reading: Reading) -> None:
    composition.reading = reading.calls
    if reading.calls:
        composition.timings["reading"] = reading.milliseconds


def _compose(situation: Situation, decision: Decision) -> Composition:
    match decision.act:
        case Act.HAND_OVER:
            return Composition(reason=decision.reason)
        case Act.GREET:
            name, language = situation.business.name, situation.language
            return Composition(text=greeting(name, language=language))
        case Act.ASK_FOR_WORDS:
            text = ask_for_words(situation.last_content, language=situation.language)
            return Composition(text=text)
        case _:
            return compose(situation)


def _conclude(
    situation: Situation, decision: Decision, composition: Composition, claim: Claim, run: AIRun
) -> Committed | bool | None:
    """Write the ending down; falsy when the claim no longer holds or newer words came."""
    if decision.act is Act.DRAFT:
        return conclude_draft(run, claim, composition)
    if composition.reason is not None:
        return conclude_hand_over(run, claim, situation, composition, composition.reason)
    despite_newer = situation.conversation.restarts >= MAX_RESTARTS
    lane = new_id() if wait_for_turn(situation.conversation) else ""
    return conclude_answer(
        run, claim, situation, composition, despite_newer=despite_newer, lane=lane
    )


def _start_again(situation: Situation, composition: Composition, claim: Claim, run: AIRun) -> bool:
    """The commit was refused: newer words mean another round, anything else means silence."""
    now = read_situation(situation.conversation.pk)
    newer = (
        now is not None
        and now.conversation.claim_token == claim.token
        and now.conversation.epoch == claim.epoch
    )
    release_claim(claim, restarted=newer)
    close_run(run, AIRun.Outcome.RESTARTED if newer else AIRun.Outcome.SUPERSEDED, composition)
    log.info("run_overtaken", newer_words=newer)
    return newer
