"""Fields of `config/` that have a shape of their own."""

from datetime import date, time
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from AI_model.budgets import (
    AT_LIMIT,
    MONEY,
    MOST_ANSWERS,
    MOST_MONEY,
    MOST_TOKENS,
    RATES,
    TOKENS,
    AtLimit,
    problems_of,
)
from settings_app.hours import MIDNIGHT, Span
from settings_app.models import BusinessHours

WEEKDAYS = {label.lower(): value for value, label in BusinessHours.Weekday.choices}
MAX_SPANS, MAX_HOLIDAYS = 70, 400


def problem(text: str) -> serializers.ValidationError:
    return serializers.ValidationError([text])


def read_list(data: Any, most: int) -> list[Any]:
    if not isinstance(data, list):
        raise problem("Give a list.")
    if len(data) > most:
        raise problem(f"Give at most {most}.")
    return data


@extend_schema_field(
    {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "weekday": {"type": "integer", "minimum": 0, "maximum": 6},
                "opens": {"type": "string", "example": "09:00"},
                "closes": {"type": "string", "example": "17:00"},
            },
        },
    }
)
class HoursField(serializers.Field):  # type: ignore[type-arg]
    """`[{"weekday": 0, "opens": "09:00", "closes": "17:00"}]`; 0 = Monday, 00:00 = midnight."""

    def to_internal_value(self, data: Any) -> list[Span]:
        return [_span(item) for item in read_list(data, MAX_SPANS)]

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field(
    {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "date": {"type": "string", "format": "date"},
                "name": {"type": "string"},
            },
        },
    }
)
class HolidaysField(serializers.Field):  # type: ignore[type-arg]
    """`[{"date": "2026-12-25", "name": "Christmas"}]`, or dates alone."""

    def to_internal_value(self, data: Any) -> dict[date, str]:
        return dict(_holiday(item) for item in read_list(data, MAX_HOLIDAYS))

    def to_representation(self, value: Any) -> Any:
        return value


WHOLE = {"type": "integer", "minimum": 0, "nullable": True}
DOLLARS = {"type": "number", "minimum": 0, "maximum": MOST_MONEY, "nullable": True}


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            **{name: WHOLE | {"maximum": MOST_TOKENS} for name in TOKENS},
            **dict.fromkeys(MONEY, DOLLARS),
            AT_LIMIT: {"type": "string", "enum": [choice.value for choice in AtLimit]},
            **{name: WHOLE | {"maximum": MOST_ANSWERS} for name in RATES},
        },
        "additionalProperties": False,
    }
)
class BudgetsField(serializers.Field):  # type: ignore[type-arg]
    """Limits by name, money in US dollars; null or left out = none."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if problems := problems_of(data):
            raise serializers.ValidationError(problems)
        return {name: value for name, value in data.items() if value is not None}

    def to_representation(self, value: Any) -> Any:
        return value


def _span(item: Any) -> Span:
    if not isinstance(item, dict) or set(item) != {"weekday", "opens", "closes"}:
        raise problem("Each needs weekday, opens and closes.")
    day = item["weekday"]
    weekday = WEEKDAYS.get(day.lower()) if isinstance(day, str) else day
    if not isinstance(weekday, int) or isinstance(weekday, bool) or not 0 <= weekday <= 6:
        raise problem("A weekday is a number from 0 (Monday) to 6 (Sunday).")
    opens, closes = _clock(item["opens"]), _clock(item["closes"])
    if closes != MIDNIGHT and closes <= opens:
        raise problem("Closing time must be after opening time on the same day.")
    return Span(weekday, opens, closes)


def _clock(value: Any) -> time:
    try:
        found = MIDNIGHT if value == "24:00" else time.fromisoformat(str(value))
    except ValueError:
        raise problem("A time is written like 09:00.") from None
    if found.tzinfo is not None:
        raise problem("A time is written like 09:00.")
    return found.replace(microsecond=0)


def _holiday(item: Any) -> tuple[date, str]:
    given = {"date": item} if isinstance(item, str) else item
    if not isinstance(given, dict) or not {"date"} <= set(given) <= {"date", "name"}:
        raise problem("Each needs a date, and may have a name.")
    name = given.get("name") or ""
    if not isinstance(name, str) or len(name) > 80:
        raise problem("A name is a text of at most 80 characters.")
    try:
        return date.fromisoformat(str(given["date"])), name
    except ValueError:
        raise problem("A date is written like 2026-12-25.") from None
