"""What happened on a day of a business, counted in the business's own time zone."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Sum
from django.utils import timezone

from accounts.models import Business
from AI_model.models import AIRun, DailyAnalytics, UsageRecord
from messaging.models import Conversation, Message

LOOK_BACK_DAYS = 31
# A send may end, or a stuck run be settled, after midnight: the last days are counted once more.
COUNTED_AGAIN_DAYS = 2


def count_finished_days(*, now: datetime | None = None) -> int:
    """Count each business's finished days that are missing or fresh; returns how many."""
    now = now or timezone.now()
    counted = 0
    for business in Business.objects.order_by("pk").iterator():
        for day in _days_due(business, now):
            store_day(business=business, day=day)
            counted += 1
    return counted


def store_day(*, business: Business, day: date) -> DailyAnalytics:
    row, _ = DailyAnalytics.objects.update_or_create(
        business=business, date=day, defaults={"counts": count_day(business=business, day=day)}
    )
    return row


def count_day(*, business: Business, day: date) -> dict[str, int]:
    """Counts from midnight to midnight of the business's zone; times in milliseconds."""
    start, end = day_bounds(day, business.timezone)
    created = {"created_at__gte": start, "created_at__lt": end}
    runs = AIRun.objects.for_business(business.pk).filter(started_at__gte=start, started_at__lt=end)
    conversations = Conversation.objects.for_business(business.pk).filter(**created)
    return {
        "conversations": conversations.count(),
        **_message_counts(Message.objects.for_business(business.pk).filter(**created)),
        **_run_counts(runs),
        **_usage_counts(UsageRecord.objects.for_business(business.pk).filter(**created)),
    }


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """First moment of the day, and of the next one: 23 to 25 hours apart."""
    tz = ZoneInfo(zone)
    return (
        datetime.combine(day, time.min, tzinfo=tz),
        datetime.combine(day + timedelta(days=1), time.min, tzinfo=tz),
    )


def _days_due(business: Business, now: datetime) -> Iterator[date]:
    zone = ZoneInfo(business.timezone)
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    first = max(
        business.created_at.astimezone(zone).date(), yesterday - timedelta(days=LOOK_BACK_DAYS - 1)
    )
    have = set(
        DailyAnalytics.objects.for_business(business.pk)
        .filter(date__gte=first)
        .values_list("date", flat=True)
    )
    for back in range((yesterday - first).days + 1):
        day = yesterday - timedelta(days=back)
        if back < COUNTED_AGAIN_DAYS or day not in have:
            yield day


def _message_counts(messages: QuerySet[Message]) -> dict[str, int]:
    return messages.aggregate(
        customer_messages=Count("pk", filter=Q(type=Message.Type.CUSTOMER)),
        ai_messages=Count("pk", filter=Q(type=Message.Type.AI)),
        support_messages=Count("pk", filter=Q(type=Message.Type.SUPPORT)),
        failed_messages=Count("pk", filter=Q(delivery=Message.Delivery.FAILED)),
        uncertain_messages=Count("pk", filter=Q(delivery=Message.Delivery.UNCERTAIN)),
    )


def _run_counts(runs: QuerySet[AIRun]) -> dict[str, int]:
    answered = Q(outcome=AIRun.Outcome.ANSWERED)
    took = ExpressionWrapper(F("finished_at") - F("started_at"), output_field=DurationField())
    found: dict[str, Any] = runs.aggregate(
        ai_answered=Count("pk", filter=answered),
        ai_drafted=Count("pk", filter=Q(outcome=AIRun.Outcome.DRAFTED)),
        handed_over=Count("pk", filter=Q(outcome=AIRun.Outcome.HANDED_OVER)),
        average=Avg(took, filter=answered),
    )
    average = found.pop("average")
    return found | {"average_answer_ms": round(average.total_seconds() * 1000) if average else 0}


def _usage_counts(calls: QuerySet[UsageRecord]) -> dict[str, int]:
    found = calls.aggregate(
        model_calls=Count("pk"),
        failed_model_calls=Count("pk", filter=~Q(outcome="ok")),
        tokens_in=Sum("tokens_in"),
        tokens_out=Sum("tokens_out"),
    )
    return {name: value or 0 for name, value in found.items()}
