"""Which past questions a replay asks again, with what was said then."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from AI_model.models import AIRun, Replay, ReplayTurn
from AI_model.replies.policy import Reason
from AI_model.replies.replaying import is_asked_in, said_then
from AI_model.replies.situation import words_of
from messaging.models import Message

AT_ONCE = 50
LOOKED_AT = 10_000
"""Runs of a business, the newest first: past that, what repeats itself is enough."""
Outcome = AIRun.Outcome
ENDINGS = (Outcome.ANSWERED, Outcome.OFFERED, Outcome.HANDED_OVER, Outcome.DRAFTED)
# Handed over for the hour, the money or a fault: what is known had no part in it.
UNASKED = (
    *(Reason.AI_OFF, Reason.OUT_OF_HOURS, Reason.TURN_CAP, Reason.CRASHED),
    *(Reason.PROVIDER_DOWN, Reason.OVER_BUDGET, Reason.TOO_MANY),
)


def plan_turns(replay: Replay) -> list[ReplayTurn]:
    """The turns to be made, the newest question first, each wording once; not saved."""
    turns: list[ReplayTurn] = []
    seen: set[str] = set()
    for run, asked in _questions(replay):
        question = "\n".join(filter(None, map(words_of, asked)))
        wording = " ".join(question.casefold().split())
        if not wording or wording in seen:
            continue
        seen.add(wording)
        turns.append(_turn(replay, run, asked[-1], question, position=len(turns)))
        if len(turns) == replay.most:
            break
    return turns


def _turn(
    replay: Replay, run: AIRun, message: Message, question: str, *, position: int
) -> ReplayTurn:
    return ReplayTurn(
        business_id=replay.business_id,
        replay=replay,
        position=position,
        message=message,
        run=run,
        question=question,
        before=said_then(run).as_json(),
    )


def _questions(replay: Replay) -> Iterator[tuple[AIRun, list[Message]]]:
    """Runs with the customer's words that they were about, newest first."""
    runs = list(runs_of(replay)[:LOOKED_AT])
    for start in range(0, len(runs), AT_ONCE):
        some = runs[start : start + AT_ONCE]
        asked = _asked_in(some)
        yield from ((run, asked[run.pk]) for run in some if asked[run.pk])


def runs_of(replay: Replay) -> QuerySet[AIRun]:
    """Answers of the AI in the replay's days. What a person asked it for has no first seq."""
    since = replay.created_at - timedelta(days=replay.days)
    rows = AIRun.objects.for_business(replay.business_id).filter(
        started_at__gte=since, started_at__lte=timezone.now(), outcome__in=ENDINGS, from_seq__gt=0
    )
    unasked = Q(outcome=Outcome.HANDED_OVER, reason__in=UNASKED)
    return (
        rows.exclude(unasked)
        .select_related("message", "conversation")
        .order_by("-started_at", "pk")
    )


def _asked_in(runs: Sequence[AIRun]) -> dict[str, list[Message]]:
    wanted = Q()
    for run in runs:
        wanted |= Q(conversation_id=run.conversation_id, seq__range=(run.from_seq, run.upto_seq))
    rows = Message.objects.filter(wanted, type=Message.Type.CUSTOMER, redacted_at=None)
    by_conversation: dict[str, list[Message]] = defaultdict(list)
    for message in rows.order_by("seq"):
        by_conversation[message.conversation_id].append(message)
    return {
        run.pk: [m for m in by_conversation[run.conversation_id] if is_asked_in(m, run)]
        for run in runs
    }
