"""Open or closed, on the wall clock of the business's own zone. Pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MIDNIGHT = time(0, 0)
# A yearly holiday calendar can't hide an opening longer than this.
HORIZON_DAYS = 370


@dataclass(frozen=True, slots=True)
class Span:
    """Open on a weekday (0 = Monday) from `opens` to just before `closes`; 00:00 = end of day."""

    weekday: int
    opens: time
    closes: time


def is_open(
    *, at: datetime, timezone: str, spans: Sequence[Span], holidays: Collection[date]
) -> bool:
    """Whether the business is open at that (aware) time. No spans = always, save on holidays."""
    local = at.astimezone(ZoneInfo(timezone))
    if local.date() in holidays:
        return False
    if not spans:
        return True
    clock = local.time()
    return any(
        span.weekday == local.weekday()
        and span.opens <= clock
        and (span.closes == MIDNIGHT or clock < span.closes)
        for span in spans
    )


def next_opening(
    *, at: datetime, timezone: str, spans: Sequence[Span], holidays: Collection[date]
) -> datetime | None:
    """`at` itself when open, else when it opens next in the business's zone; None within a year."""
    zone = ZoneInfo(timezone)

    def open_at(moment: datetime) -> bool:
        return is_open(at=moment, timezone=timezone, spans=spans, holidays=holidays)

    if open_at(at):
        return at.astimezone(zone)
    today = at.astimezone(zone).date()
    for day in (today + timedelta(days=n) for n in range(HORIZON_DAYS)):
        opens = {span.opens for span in spans if span.weekday == day.weekday()}
        moments = [m for clock in opens or {MIDNIGHT} for m in _moments(day, clock, zone)]
        found = [moment for moment in moments if moment > at and open_at(moment)]
        if found:
            return min(found).astimezone(zone)
    return None


def _moments(day: date, clock: time, zone: ZoneInfo) -> Iterator[datetime]:
    """When the wall clock shows this time, or is first past it when summer time skips it.

    In autumn there may be two such moments.
    """
    early, late = (
        datetime.combine(day, clock, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)
    )
    if early <= late:
        yield from {early, late}
        return
    # In a skipped hour fold 1 lies before the jump and fold 0 after it.
    minutes = int((early - late).total_seconds() // 60)
    steps = (late + timedelta(minutes=n) for n in range(minutes + 1))
    yield next(
        step
        for step in steps
        if step.astimezone(zone).replace(tzinfo=None) >= datetime.combine(day, clock)
    )
