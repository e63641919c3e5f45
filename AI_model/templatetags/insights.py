"""How figures read."""

from django import template

from AI_model.insights.charts import Column
from AI_model.insights.words import ANSWERED_BY, BUDGETS, ENDINGS, WEEKDAYS, reason_words

register = template.Library()
NANOS = 1_000_000_000
MINUTE, HOUR, DAY = 60, 3600, 86_400


@register.filter
def duration(milliseconds: float | None) -> str:
    """The two largest parts: 850 ms, 1.2 s, 3 min 5 s, 2 h 10 min, 1 d 4 h."""
    if milliseconds is None:
        return "–"
    seconds = milliseconds / 1000
    if seconds < 1:
        return f"{milliseconds:.0f} ms"
    if seconds < MINUTE:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    whole = round(seconds)
    for size, unit, part, small in ((DAY, "d", HOUR, "h"), (HOUR, "h", MINUTE, "min")):
        if whole >= size:
            return _two(whole // size, unit, whole % size // part, small)
    return _two(whole // MINUTE, "min", whole % MINUTE, "s")


def _two(count: int, unit: str, rest: int, small: str) -> str:
    return f"{count} {unit} {rest} {small}" if rest else f"{count} {unit}"


@register.filter
def money(dollars: float | None) -> str:
    """Dollars with as many places as it takes to see something: $12.30, $0.042, $0.00031."""
    if dollars is None:
        return "–"
    if dollars == 0 or dollars >= 0.1:
        return f"${dollars:,.2f}"
    places = 2
    while places < 9 and dollars < 10 ** -(places - 1):
        places += 1
    return f"${dollars:.{places}f}"


@register.filter
def nanos(value: int | None) -> str:
    """Billionths of a dollar, as dollars."""
    return money(None if value is None else value / NANOS)


@register.filter
def short(number: int) -> str:
    """999, 12.3k, 4.5M."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if number >= size * 10 or (number >= size and unit == "M"):
            return f"{number / size:.1f}{unit}"
    return f"{number:,}"


@register.filter
def answered_words(name: str) -> str:
    return ANSWERED_BY.get(name, name)


@register.filter
def ending_words(name: str) -> str:
    return ENDINGS.get(name, name)


@register.filter
def budget_words(name: str) -> str:
    return BUDGETS.get(name, name.replace("_", " "))


@register.filter
def reason(name: str) -> str:
    return reason_words(name)


@register.filter
def weekday(number: int) -> str:
    return WEEKDAYS[number]


@register.filter
def of(part: int, whole: int) -> str:
    """A share in percent: 0 %, 0.4 %, 37 %."""
    if not whole:
        return "–"
    share = part / whole * 100
    return f"{share:.1f} %" if 0 < share < 1 else f"{share:.0f} %"


@register.filter
def unlocalized(number: float) -> str:
    """A coordinate: a point before the decimals whatever the language."""
    return f"{number:g}"


@register.filter
def part(column: Column, kind: str) -> int:
    """How many of a column's conversations are of this kind."""
    return sum(piece.count for piece in column.parts if piece.kind == kind)
