"""Whether people of the business are there now, for the note that visitors see."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from accounts.models import Business
from settings_app.models import BusinessHours, Holiday

END_OF_DAY = time(0, 0)


def is_open(business: Business, now: datetime) -> bool:
    """By the business's own hours, holidays and zone; without any hours it is always open."""
    here = now.astimezone(ZoneInfo(business.timezone))
    if Holiday.objects.for_business(business.id).filter(date=here.date()).exists():
        return False
    spans = list(BusinessHours.objects.for_business(business.id))
    if not spans:
        return True
    today = [span for span in spans if span.weekday == here.weekday()]
    return any(within(here.time(), span.opens, span.closes) for span in today)


def within(moment: time, opens: time, closes: time) -> bool:
    return opens <= moment and (closes == END_OF_DAY or moment < closes)
