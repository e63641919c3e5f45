"""Which businesses wait for a look at what people answered, who looks, and how far they came."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Business
from AI_model.models import AIRun, LearningMark
from AI_model.replies.policy import Reason
from core.lib.clock import database_now
from core.lib.on_commit import delay_on_commit

LOOKED_BACK = timedelta(days=180)
HELD_SECONDS = 120.0
"""From one batch to the next."""
LEARNT_FROM = (Reason.NO_SUPPORT.value, Reason.UNSUPPORTED_ANSWER.value)


class Overtaken(Exception):
    """Somebody else changed what a plan rests on."""


def ask_for_look(*, business: Business) -> LearningMark:
    """Let a worker look through the business's conversations soon."""
    from AI_model.maintenance import look_for_proposals  # it imports this module

    with transaction.atomic():
        mark = mark_of(business.pk)
        LearningMark.objects.filter(pk=mark.pk).update(asked_at=timezone.now())
        delay_on_commit(look_for_proposals, business.pk)
    mark.refresh_from_db()
    return mark


def ask_for_all() -> int:
    """The same for every business of which anything was handed over lately; how many they are."""
    since = timezone.now() - LOOKED_BACK
    runs = handed_over(since).filter(business=OuterRef("pk"))
    businesses = list(Business.objects.filter(Exists(runs)).order_by("pk"))
    for business in businesses:
        ask_for_look(business=business)
    return len(businesses)


def looks_due(*, older_than: float) -> list[str]:
    """Ids of businesses that wait for a look, or whose worker died."""
    free = Q(busy_until=None) | Q(busy_until__lte=database_now())
    rows = LearningMark.objects.filter(free, asked_at__lte=database_now(plus=-older_than))
    return [str(pk) for pk in rows.order_by("asked_at").values_list("business_id", flat=True)[:20]]


def mark_of(business_id: str) -> LearningMark:
    since = timezone.now() - LOOKED_BACK
    mark, _ = LearningMark.objects.get_or_create(
        business_id=business_id, defaults={"looked_to": since}
    )
    return mark


def hold_mark(business_id: str) -> LearningMark | None:
    """None while somebody else looks."""
    mark = mark_of(business_id)
    free = Q(busy_until=None) | Q(busy_until__lte=database_now())
    rows = LearningMark.objects.filter(free, pk=mark.pk)
    return mark if rows.update(busy_until=database_now(plus=HELD_SECONDS)) else None


def give_back(mark: LearningMark, began: datetime, *, done: bool) -> None:
    """What was asked for after the look began is still due."""
    rows = LearningMark.objects.filter(pk=mark.pk)
    if done:
        rows.filter(looked_to=mark.looked_to).update(looked_to=max(began, mark.looked_to))
        rows.filter(asked_at__lte=began).update(asked_at=None)
    rows.update(busy_until=None)


def move_mark(mark: LearningMark, to: datetime) -> None:
    """The lock of every write: Overtaken when somebody else has moved the mark."""
    rows = LearningMark.objects.filter(pk=mark.pk, looked_to=mark.looked_to)
    held = {"busy_until": database_now(plus=HELD_SECONDS)}
    if not rows.update(looked_to=max(mark.looked_to, to), **held):
        raise Overtaken


def handed_over(since: datetime) -> QuerySet[AIRun]:
    handed_over = AIRun.Outcome.HANDED_OVER
    rows = AIRun.objects.filter(outcome=handed_over, reason__in=LEARNT_FROM)
    return rows.filter(started_at__gte=since, from_seq__gt=0)
