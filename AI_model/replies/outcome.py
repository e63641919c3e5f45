"""Writing down how a run ended: the message and the run's own row, both or neither."""

from django.db import transaction
from django.utils import timezone

from AI_model.models import AIRun
from AI_model.replies.compose import Composition
from AI_model.replies.policy import Reason
from AI_model.replies.situation import Situation, opening, words_of
from AI_model.replies.words import handover_text, note_of
from AI_model.services.ledger import record_calls
from AI_model.services.verdicts import record_choice
from core.lib.prepared import insert_row
from messaging.models import Message
from messaging.offers import NONE, text_with
from messaging.services.reply import (
    Answer,
    Claim,
    Committed,
    commit_answer,
    commit_suggestion,
    hand_over,
)

SUMMARY_WORDS = 300


def run_of(claim: Claim, situation: Situation) -> AIRun:
    """The run's row, written when it ends: until then the conversation's claim stands for it."""
    return AIRun(
        business_id=situation.business.pk,
        conversation=situation.conversation,
        from_seq=situation.conversation.answered_seq + 1,
        upto_seq=claim.upto_seq,
        epoch=claim.epoch,
        knowledge_version=situation.business.knowledge_version,
    )


def conclude_answer(
    run: AIRun,
    claim: Claim,
    situation: Situation,
    composition: Composition,
    *,
    despite_newer: bool,
    lane: str,
) -> Committed | None:
    """Write the answer or the offer; None when the claim no longer holds or newer words came."""
    answer = Answer(composition.text, composition.citations, composition.options)
    outcome = AIRun.Outcome.OFFERED if composition.options else AIRun.Outcome.ANSWERED
    with transaction.atomic():
        committed = commit_answer(
            claim=claim, answer=answer, despite_newer=despite_newer, lane=lane
        )
        if committed is not None:
            close_run(run, outcome, composition, message=committed.message)
            record_choice(situation.chosen)
        return committed


def suggestion_text(composition: Composition) -> str:
    """For a person to send: an offer as a list, as people's messages have no buttons."""
    options = [option for option in composition.options if option["id"] != NONE]
    return text_with(composition.text, options, None)


def conclude_draft(run: AIRun, claim: Claim, composition: Composition) -> bool:
    with transaction.atomic():
        kept = commit_suggestion(
            claim=claim, answer=Answer(suggestion_text(composition), composition.citations)
        )
        if kept:
            close_run(run, AIRun.Outcome.DRAFTED, composition)
        return kept


def conclude_hand_over(
    run: AIRun, claim: Claim, situation: Situation, composition: Composition, reason: Reason
) -> bool:
    now = timezone.now()
    open_now, opens_at = opening(situation.business, at=now)
    with transaction.atomic():
        message = hand_over(
            claim=claim,
            reason=reason.value,
            note=note_of(reason),
            summary=summarise(situation, composition),
            text=handover_text(
                situation.config,
                is_open=open_now,
                opens_at=opens_at,
                now=now,
                language=situation.language,
            ),
        )
        if message is not None:
            run.reason = reason.value
            close_run(run, AIRun.Outcome.HANDED_OVER, composition, message=message)
            record_choice(situation.chosen)
        return message is not None


def summarise(situation: Situation, composition: Composition) -> str:
    """What a colleague needs to go on: the open question, and what was looked at."""
    asked = " ".join(words_of(m) or f"({m.content})" for m in situation.unanswered)
    lines = [f"The customer asks: {' '.join(asked.split())[:SUMMARY_WORDS]}"]
    if composition.passages:
        tried = ", ".join(f"{p.title[:80]} ({p.score:.0%})" for p in composition.passages[:3])
        lines.append(f"Looked at: {tried}")
    failed = [f"{c.provider} ({c.outcome})" for c in composition.calls if c.outcome != "ok"]
    if failed:
        lines.append("Tried: " + ", ".join(dict.fromkeys(failed)))
    return "\n".join(lines)


def close_run(
    run: AIRun,
    outcome: AIRun.Outcome,
    composition: Composition,
    *,
    message: Message | None = None,
) -> None:
    """Fill the run's row and the ledger: one row for every call to a model."""
    run.outcome, run.message, run.finished_at = outcome, message, timezone.now()
    run.passages = [
        {"id": p.id, "kind": p.kind, "title": p.title, "score": round(p.score, 3)}
        for p in composition.passages
    ]
    run.prompts_version = composition.prompts_version
    run.timings = composition.timings
    run.checks = composition.checks
    if (completion := composition.completion) is not None:
        run.provider, run.model = completion.provider, completion.model
        run.tokens_in, run.tokens_out = completion.usage.tokens_in, completion.usage.tokens_out
    insert_row(run)
    _fill_ledger(run, composition)


def _fill_ledger(run: AIRun, composition: Composition) -> None:
    made = {
        "read_media": composition.reading,
        "answer": composition.calls,
        "check": composition.checking,
    }
    for purpose, calls in made.items():
        record_calls(business_id=run.business_id, purpose=purpose, calls=calls, run=run)
    composition.calls, composition.reading, composition.checking = [], [], []
