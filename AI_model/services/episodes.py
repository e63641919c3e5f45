"""Keeps the episodes counted: what changed since the last time, and the sums of its days.

One at a time counts a business, for as long as it holds the mark. Everything is read and computed
outside of transactions. A write begins with the mark's row, under the condition that nobody else
has taken it since: whoever was too slow stops.
"""

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import Business
from AI_model.counting import KINDS, REOPENED_WITHIN, Counted, Known, Thread, count_thread
from AI_model.models import AnalyticsMark, Episode, EpisodeEntry, EpisodeHour
from AI_model.services.daily import store_sums, sums_of
from AI_model.services.threads import (
    called_since,
    changed_since,
    read_threads,
    with_uncounted_calls,
)
from core.lib.clock import Deadline, database_now
from core.lib.prepared import insert_rows
from messaging.models import Conversation

log = structlog.get_logger(__name__)

BATCH = 250
DAYS_AT_ONCE = 40
OVERLAP = timedelta(minutes=5)  # a slow transaction shows its rows later than their time says
TRIES = 5
HELD_SECONDS = 60.0
"""From one write to the next; a batch takes a second or two."""
LOOK_SECONDS = 0.5
KEYS = {"conversation", "number"}
WRITTEN = [
    field.name
    for field in Episode._meta.concrete_fields
    if not field.primary_key and field.name not in KEYS | {"business"}
]


class Overtaken(Exception):
    """Somebody else has taken the mark."""


@dataclass(slots=True)
class Refreshed:
    """`done` is False when a limit left something for the next time."""

    conversations: int = 0
    days: int = 0
    done: bool = False


@dataclass(slots=True)
class Plan:
    """What a batch of conversations changes."""

    episodes: list[Episode] = field(default_factory=list)
    moved: list[tuple[Episode, Counted]] = field(default_factory=list)
    days: set[date] = field(default_factory=set)


def refresh(
    business: Business,
    *,
    now: datetime | None = None,
    most: int | None = None,
    patience: float = 0.0,
) -> Refreshed:
    """Count what changed, at most `most` conversations; safe at any time, as often as one likes.

    While somebody else counts, wait for `patience` seconds and then leave it to them.
    """
    result, now = Refreshed(), now or timezone.now()
    for _ in range(TRIES):
        mark = _hold_mark(business, Deadline.after(patience))
        if mark is None:
            return result
        try:
            _count_changed(business, mark, now, most, result)
            return result
        except Overtaken:
            return result
        except IntegrityError:  # a conversation was erased meanwhile
            continue
        finally:
            _give_back(mark)
    log.warning("episodes_not_counted", business_id=business.pk, tries=TRIES)
    return result


def _hold_mark(business: Business, patience: Deadline) -> AnalyticsMark | None:
    free = Q(busy_until=None) | Q(busy_until__lt=database_now())
    while True:
        mark = mark_of(business)
        rows = AnalyticsMark.objects.filter(free, pk=mark.pk, turn=mark.turn)
        if rows.update(turn=F("turn") + 1, busy_until=database_now(plus=HELD_SECONDS)):
            mark.turn += 1
            return mark
        if patience.passed:
            return None
        time.sleep(LOOK_SECONDS)


def _give_back(mark: AnalyticsMark) -> None:
    AnalyticsMark.objects.filter(pk=mark.pk, turn=mark.turn).update(busy_until=None)


def _count_changed(
    business: Business,
    mark: AnalyticsMark,
    now: datetime,
    most: int | None,
    result: Refreshed,
) -> None:
    if mark.zone != business.timezone:
        _begin_in_zone(mark, business.timezone)
    _count_calls(business, mark, now, result)
    result.done = _count_moved(business, mark, now, most, result)
    if result.done:
        _ripen(business, mark, now)
    _sum_days(business, mark, now, result)


def _count_moved(
    business: Business, mark: AnalyticsMark, now: datetime, most: int | None, result: Refreshed
) -> bool:
    """False when the limit came first."""
    since = mark.counted_to and mark.counted_to - OVERLAP
    while size := BATCH if most is None else max(0, min(BATCH, most - result.conversations)):
        threads = read_threads(changed_since(business.pk, since)[:size])
        if not threads:
            return True
        since = max(thread.updated_at for thread in threads.values())
        _store(business, mark, threads, now, counted_to=_later(mark.counted_to, since))
        result.conversations += len(threads)
    return False


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)


def mark_of(business: Business) -> AnalyticsMark:
    return AnalyticsMark.objects.get_or_create(
        business=business, defaults={"zone": business.timezone}
    )[0]


def _begin_in_zone(mark: AnalyticsMark, zone: str) -> None:
    """All days lie elsewhere now, so everything is counted anew."""
    with transaction.atomic():
        take_turn(mark, zone=zone, counted_to=None)
        Episode.objects.for_business(mark.business_id).update(revision=None)


def take_turn(mark: AnalyticsMark, **changes: Any) -> None:
    """The first statement of every write: it changes the mark, or raises Overtaken."""
    as_read = AnalyticsMark.objects.filter(pk=mark.pk, turn=mark.turn)
    held = database_now(plus=HELD_SECONDS)
    if not as_read.update(turn=F("turn") + 1, busy_until=held, **changes):
        raise Overtaken
    mark.turn += 1
    for name, value in changes.items():
        setattr(mark, name, value)


def _store(
    business: Business,
    mark: AnalyticsMark,
    threads: dict[str, Thread],
    now: datetime,
    **changes: Any,
) -> None:
    plan = _plan(business, threads, now)
    with transaction.atomic():
        take_turn(mark, days=_with_days(mark, plan.days), **changes)
        _write(plan)


def _with_days(mark: AnalyticsMark, days: Iterable[date]) -> list[str]:
    return sorted({*mark.days, *(day.isoformat() for day in days)})


def _plan(business: Business, threads: dict[str, Thread], now: datetime) -> Plan:
    plan, zone = Plan(), ZoneInfo(business.timezone)
    stored = _stored(threads)
    for thread in threads.values():
        befores = stored.get(thread.id, {})
        known = {number: before.known() for number, before in befores.items()}
        counted = count_thread(thread, zone=zone, now=now, known=known)
        for one in counted:
            before = befores.get(one.number)
            if before is None or not _is_same(before, one) or one is counted[-1]:
                _plan_episode(plan, _episode(business, thread, one, now), one, before)
    return plan


def _episode(business: Business, thread: Thread, counted: Counted, now: datetime) -> Episode:
    return Episode(
        business=business,
        conversation_id=thread.id,
        number=counted.number,
        counted_at=thread.newest(now),
        revision=thread.revision,
        **counted.fields,
    )


def _plan_episode(plan: Plan, episode: Episode, counted: Counted, before: "Stored | None") -> None:
    plan.episodes.append(episode)
    if before is not None and _is_same(before, counted):
        return
    plan.moved.append((episode, counted))
    plan.days |= {episode.date, *(day for day, _ in counted.hours)}
    if before is not None:
        plan.days |= {before.episode.date, *(day for day, _ in before.hours)}


@dataclass(slots=True)
class Stored:
    """An episode as it was counted before."""

    episode: Episode
    hours: dict[tuple[date, int], tuple[int, ...]] = field(default_factory=dict)
    entries: dict[str, tuple[int, str]] = field(default_factory=dict)

    def known(self) -> Known | None:
        """None once the days lie elsewhere, in another time zone."""
        if self.episode.revision is None:
            return None
        fields = {name: getattr(self.episode, name) for name in WRITTEN}
        counted = Counted(self.episode.number, fields, self.hours, self.entries)
        return Known(counted, self.episode.counted_at)


def _stored(ids: Collection[str]) -> dict[str, dict[int, Stored]]:
    """By conversation and number."""
    found = {row.pk: Stored(row) for row in Episode.objects.filter(conversation_id__in=list(ids))}
    late = Stored(Episode())
    hours = EpisodeHour.objects.filter(episode__conversation_id__in=list(ids))
    # Rows of an episode that came meanwhile mean that the mark is lost: the next write says so.
    for pk, day, hour, *counts in hours.values_list("episode_id", "date", "hour", *KINDS):
        found.get(pk, late).hours[day, hour] = tuple(counts)
    entries = EpisodeEntry.objects.filter(episode__conversation_id__in=list(ids))
    for pk, entry_id, uses, title in entries.values_list("episode_id", "entry_id", "uses", "title"):
        found.get(pk, late).entries[entry_id] = uses, title
    stored: dict[str, dict[int, Stored]] = {}
    for one in found.values():
        stored.setdefault(one.episode.conversation_id or "", {})[one.episode.number] = one
    return stored


def _is_same(before: Stored, counted: Counted) -> bool:
    fields = counted.fields
    return (
        all(getattr(before.episode, name) == value for name, value in fields.items())
        and before.hours == counted.hours
        and before.entries == counted.entries
    )


def _write(plan: Plan) -> None:
    Episode.objects.bulk_create(
        plan.episodes,
        update_conflicts=True,
        unique_fields=sorted(KEYS),
        update_fields=WRITTEN,
    )
    again = [episode.pk for episode, _ in plan.moved]
    EpisodeHour.objects.filter(episode_id__in=again).delete()
    EpisodeEntry.objects.filter(episode_id__in=again).delete()
    insert_rows([row for moved in plan.moved for row in _hour_rows(*moved)])
    insert_rows([row for moved in plan.moved for row in _entry_rows(*moved)])


def _hour_rows(episode: Episode, counted: Counted) -> Iterable[EpisodeHour]:
    for (day, hour), counts in counted.hours.items():
        kinds = dict(zip(KINDS, counts, strict=True))
        yield EpisodeHour(
            business_id=episode.business_id, episode=episode, date=day, hour=hour, **kinds
        )


def _entry_rows(episode: Episode, counted: Counted) -> Iterable[EpisodeEntry]:
    for entry_id, (uses, title) in counted.entries.items():
        yield EpisodeEntry(
            business_id=episode.business_id,
            episode=episode,
            entry_id=entry_id,
            title=title,
            uses=uses,
        )


def _count_calls(business: Business, mark: AnalyticsMark, now: datetime, result: Refreshed) -> None:
    """Calls that moved no conversation: a draft was asked for."""
    called = called_since(business.pk, mark.calls_to - OVERLAP) if mark.calls_to else []
    for batch in _in_batches(called, BATCH):
        if ids := with_uncounted_calls(batch):
            rows: QuerySet[Conversation] = Conversation.objects.filter(pk__in=ids)
            _store(business, mark, read_threads(rows), now)
            result.conversations += len(ids)
    with transaction.atomic():
        take_turn(mark, calls_to=_later(mark.calls_to, now))


def _ripen(business: Business, mark: AnalyticsMark, now: datetime) -> None:
    """Seven days of peace have passed. This ends the counting, so it moves the mark to `now`."""
    pending = Episode.objects.for_business(business.pk).filter(
        resolution=Episode.Resolution.PENDING, closed_at__lte=now - REOPENED_WITHIN
    )
    days = set(pending.values_list("date", flat=True))
    with transaction.atomic():
        take_turn(mark, days=_with_days(mark, days), counted_to=_later(mark.counted_to, now))
        if days:
            pending.update(resolution=Episode.Resolution.RESOLVED, counted_at=now)


def _sum_days(business: Business, mark: AnalyticsMark, now: datetime, result: Refreshed) -> None:
    for batch in _in_batches([*mark.days], DAYS_AT_ONCE):
        rows = sums_of(business, [date.fromisoformat(day) for day in batch], now=now)
        with transaction.atomic():
            take_turn(mark, days=[day for day in mark.days if day not in batch])
            store_sums(rows)
        result.days += len(rows)


def _in_batches(items: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
