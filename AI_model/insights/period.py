"""The days that a page of figures speaks of."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.models import Business

CHOICES = (7, 30, 90, 365)
USUAL = 30


@dataclass(frozen=True, slots=True)
class Period:
    """From `first` to `last`, both included, in the business's own zone."""

    days: int
    first: date
    last: date


def read_period(business: Business, wanted: str) -> Period:
    """The last so many days up to today; what is no choice of ours means the usual ones."""
    days = int(wanted) if wanted in {str(choice) for choice in CHOICES} else USUAL
    today = timezone.now().astimezone(ZoneInfo(business.timezone)).date()
    return Period(days, today - timedelta(days=days - 1), today)
