"""Whether answers were right: an agent's word, or what a customer chose of an offer."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.models import User
from AI_model.models import AIRun, AnswerVerdict
from AI_model.replies.offers import Chosen
from core.lib.errors import Conflict
from messaging.models import Message
from messaging.offers import options_in
from messaging.services.thread import advance
from messaging.signals import message_changed

Source = AnswerVerdict.Source


@dataclass(frozen=True, slots=True)
class Judged:
    """What an answer rested on: the best entry that it cites, and its score; else empty and 0."""

    entry_id: str = ""
    score: float = 0.0


def judge_answer(*, message: Message, user: User, right: bool | None) -> Message:
    """Note an agent's word on an AI message; None takes it back. Conflict for any other message."""
    if message.type != Message.Type.AI:
        raise Conflict("Only answers of the AI can be judged.", code="not_an_answer")
    with transaction.atomic():
        # The thread's order by time stays: nothing was said.
        conversation = advance(message.conversation, updated_at=F("updated_at"))
        assert conversation is not None
        _keep(message, right, user)
        _show(message, right, conversation.revision)
        message_changed.send(sender=Message, conversation=conversation, message=message)
    return message


def _keep(message: Message, right: bool | None, user: User) -> None:
    mine = AnswerVerdict.objects.for_business(message.business_id).filter(
        message=message, source=Source.AGENT
    )
    if right is None:
        mine.delete()
        return
    judged = _judged(message)
    AnswerVerdict.objects.update_or_create(
        message=message,
        source=Source.AGENT,
        defaults={
            "business_id": message.business_id,
            "right": right,
            "user": user,
            "entry_id": judged.entry_id,
            "score": judged.score,
        },
    )


def _show(message: Message, right: bool | None, revision: int) -> None:
    """Kept on the message, too, where every reader of it finds it without another look."""
    fresh = Message.objects.select_for_update().get(pk=message.pk)
    details: dict[str, Any] = {k: v for k, v in fresh.details.items() if k != "verdict"}
    message.details = details if right is None else {**details, "verdict": right}
    message.revision = revision
    message.save(update_fields=["details", "revision"])


def _judged(message: Message) -> Judged:
    """Only an answer has a score that says something about thresholds; an offer has its choice."""
    run = AIRun.objects.filter(message=message, outcome=AIRun.Outcome.ANSWERED).first()
    if run is None or not message.citations:
        return Judged()
    cited = {str(citation.get("entry_id")) for citation in message.citations}
    found = [Judged(entry_id, score) for entry_id, score in _scores(run) if entry_id in cited]
    return max(found, key=lambda judged: judged.score, default=Judged())


def _scores(run: AIRun) -> list[tuple[str, float]]:
    return [(str(p["id"])[:40], float(p.get("score") or 0.0)) for p in run.passages]


def record_choice(chosen: Chosen | None) -> None:
    """What a customer chose: that entry was right at its score; with “none” the best was wrong."""
    if chosen is None or chosen.offer is None:
        return
    run = AIRun.objects.filter(message=chosen.offer, outcome=AIRun.Outcome.OFFERED).first()
    options = options_in(chosen.offer.details)
    if run is None or not options:
        return
    entry_id = options[0]["id"] if chosen.nothing else chosen.id
    score = dict(_scores(run)).get(entry_id)
    if score is None:
        return
    AnswerVerdict.objects.update_or_create(
        message=chosen.offer,
        source=Source.CHOICE,
        defaults={
            "business_id": chosen.offer.business_id,
            "right": not chosen.nothing,
            "entry_id": entry_id,
            "score": score,
        },
    )
