"""The look through conversations that were handed over and then answered by people.

Everything is read and compared outside of transactions. A write begins with the mark's row, under
the condition that nobody else has moved it since, so that two looks at once make no double.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from AI_model.models import LearningMark, ProposalPart
from AI_model.services.learning_marks import (
    LOOKED_BACK,
    Overtaken,
    give_back,
    handed_over,
    hold_mark,
    move_mark,
)
from AI_model.services.learning_pairs import Learnt, read_pairs
from AI_model.services.proposing import keep_plan, plan_proposals
from messaging.models import Conversation

log = structlog.get_logger(__name__)

OVERLAP = timedelta(minutes=5)  # a slow transaction shows its rows later than their time says
BATCH = 50
MOST = 2_000
"""Conversations of a business in one look; the next one goes on."""
TRIES = 5


@dataclass(slots=True)
class Looked:
    """What a look found. `done` is False when a limit or somebody else left something."""

    conversations: int = 0
    answers: int = 0
    proposals: int = 0
    done: bool = False

    def as_json(self) -> dict[str, int | bool]:
        return {
            "conversations": self.conversations,
            "answers": self.answers,
            "proposals": self.proposals,
            "done": self.done,
        }


def look(*, business_id: str, most: int = MOST) -> Looked:
    """Look through what changed since the last time; safe at any time, as often as one likes."""
    looked = Looked()
    mark = hold_mark(business_id)
    if mark is None:
        return looked
    began = timezone.now()
    try:
        looked.done = _look_on(mark, looked, most)
    except Overtaken:
        log.info("look_overtaken", business_id=business_id)
    finally:
        give_back(mark, began, done=looked.done)
    return looked


def _look_on(mark: LearningMark, looked: Looked, most: int) -> bool:
    since, last = mark.looked_to - OVERLAP, ""
    while looked.conversations < most:
        some = list(_changed(mark.business_id, since, last)[: min(BATCH, most)])
        if not some:
            return True
        since, last = some[-1].updated_at, some[-1].pk
        _learn_from(mark, some, looked)
    return False


def _changed(business_id: str, since: datetime, last: str) -> QuerySet[Conversation]:
    """Those with a hand-over to learn from, the one that changed first first."""
    runs = handed_over(timezone.now() - LOOKED_BACK).filter(conversation=OuterRef("pk"))
    later = Q(updated_at__gt=since) | Q(updated_at=since, pk__gt=last)
    rows = Conversation.objects.for_business(business_id).filter(later, Exists(runs))
    return (
        rows.filter(updated_at__gte=since, last_person_at__isnull=False)
        .select_related("customer")
        .order_by("updated_at", "pk")
    )


def _learn_from(mark: LearningMark, some: Sequence[Conversation], looked: Looked) -> None:
    looked.conversations += len(some)
    runs = handed_over(timezone.now() - LOOKED_BACK)
    for _ in range(TRIES):
        pairs = _unknown(read_pairs(some, runs))
        plan = plan_proposals(mark.business_id, pairs)
        try:
            with transaction.atomic():
                move_mark(mark, some[-1].updated_at)
                keep_plan(plan)
        except IntegrityError:  # a conversation was erased meanwhile
            continue
        mark.looked_to = max(mark.looked_to, some[-1].updated_at)
        looked.answers += plan.parts
        looked.proposals += len(plan.new)
        return
    raise Overtaken


def _unknown(pairs: list[Learnt]) -> list[Learnt]:
    ids = [pair.answer_id for pair in pairs]
    known = set(ProposalPart.objects.filter(answer__in=ids).values_list("answer_id", flat=True))
    return [pair for pair in pairs if pair.answer_id not in known]
