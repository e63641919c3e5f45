"""A conversation's thread, counted by episodes. Pure: rows in, figures out."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from AI_model.histogram import LONGEST
from AI_model.models import AIRun, Episode
from messaging.models import Conversation, Message, StatusChange

REOPENED_WITHIN = timedelta(days=7)
CLOSED, PEOPLE_ANSWER = Conversation.Status.CLOSED.value, Conversation.Status.SUPPORT_ACTIVE.value
CUSTOMER, AI, SUPPORT = (
    kind.value for kind in (Message.Type.CUSTOMER, Message.Type.AI, Message.Type.SUPPORT)
)
FAILED, UNCERTAIN = Message.Delivery.FAILED.value, Message.Delivery.UNCERTAIN.value
KINDS = ("customer", "ai", "support", "failed", "uncertain")
PLACES = {CUSTOMER: 0, AI: 1, SUPPORT: 2}
Fields = dict[str, Any]
Hours = dict[tuple[date, int], tuple[int, ...]]
AnsweredBy, Resolution = Episode.AnsweredBy, Episode.Resolution

NO_ANSWERS = (AIRun.Outcome.HANDED_OVER.value, AIRun.Outcome.OFFERED.value)
ANSWERERS = {"ai": {AI}, "people": {SUPPORT}, "mixed": {AI, SUPPORT}}


class Said(NamedTuple):
    seq: int
    type: str
    delivery: str | None
    at: datetime
    citations: list[dict[str, Any]]


class Change(NamedTuple):
    seq: int
    before: str
    after: str
    by: str
    reason: str
    at: datetime


class Run(NamedTuple):
    """An attempt to answer that made the message at `seq`."""

    seq: int
    outcome: str
    started_at: datetime
    finished_at: datetime | None


class Call(NamedTuple):
    at: datetime
    tokens_in: int
    tokens_out: int
    money_nanos: int | None


@dataclass(slots=True)
class Thread:
    """What is counted of one conversation, each list in the order of time."""

    id: str
    channel_kind: str
    status: str
    created_at: datetime
    updated_at: datetime
    revision: int
    said: list[Said] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    def newest(self, at: datetime) -> datetime:
        """The time of its newest part, or `at` if that is later."""
        parts = [rows[-1].at for rows in (self.said, self.calls) if rows]
        return max([at, *parts, *(run.started_at for run in self.runs[-1:])])


@dataclass(slots=True)
class Span:
    """An episode while it is counted."""

    number: int
    from_seq: int
    opened_at: datetime
    closed_at: datetime | None = None
    reopened_at: datetime | None = None
    people_came: bool = False
    handed_over: list[str] = field(default_factory=list)
    handover_seqs: set[int] = field(default_factory=set)
    said: list[Said] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Counted:
    """The figures of an episode by its fields; `hours`: KINDS by date and hour; `entries`: uses
    and title by the entry's id."""

    number: int
    fields: Fields
    hours: Hours
    entries: dict[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Known:
    """What an earlier counting found; whatever of it has been deleted since stays counted."""

    counted: Counted
    at: datetime


def count_thread(
    thread: Thread,
    *,
    zone: ZoneInfo,
    now: datetime,
    known: Mapping[int, Known | None] | None = None,
) -> list[Counted]:
    spans = spans_of(thread)
    _share_out(thread, spans)
    return [_count(thread, span, zone, now, (known or {}).get(span.number)) for span in spans]


def spans_of(thread: Thread) -> list[Span]:
    """From the opening to each closing; whatever comes after one begins the next."""
    spans = [Span(1, 0, thread.created_at)]
    for change in thread.changes:
        span = spans[-1]
        if change.after == CLOSED:
            span.closed_at = change.at
        elif change.before == CLOSED:
            span.closed_at = span.closed_at or change.at
            span.reopened_at = change.at
            spans.append(Span(len(spans) + 1, change.seq, change.at))
        elif change.after == PEOPLE_ANSWER:
            _note_people(span, change)
    if thread.status == CLOSED:
        spans[-1].closed_at = spans[-1].closed_at or thread.updated_at
    return spans


def _note_people(span: Span, change: Change) -> None:
    span.people_came = True
    if change.by != StatusChange.By.PERSON:
        span.handed_over.append(change.reason or "unknown")
        span.handover_seqs.add(change.seq)


def _share_out(thread: Thread, spans: Sequence[Span]) -> None:
    seqs, times = [span.from_seq for span in spans], [span.opened_at for span in spans]
    for said in thread.said:
        spans[bisect_right(seqs, said.seq) - 1].said.append(said)
    for run in thread.runs:
        spans[bisect_right(seqs, run.seq) - 1].runs.append(run)
    for call in thread.calls:
        spans[max(0, bisect_right(times, call.at) - 1)].calls.append(call)


def _count(
    thread: Thread, span: Span, zone: ZoneInfo, now: datetime, known: Known | None
) -> Counted:
    hours, before = _hours(span.said, zone), known.counted if known else None
    later = [message for message in span.said if known and message.at > known.at]
    gone = _gone(hours, before, _hours(later, zone))
    hours |= gone
    sums = [sum(counts[place] for counts in hours.values()) for place in range(3)]
    answered_by = _answered_by(span, before.fields["answered_by"] if before and gone else "")
    first_ms = before.fields["first_answer_ms"] if before and gone else None
    fields = {
        "channel_kind": thread.channel_kind,
        "from_seq": span.from_seq,
        "opened_at": span.opened_at,
        "date": span.opened_at.astimezone(zone).date(),
        "closed_at": span.closed_at,
        "reopened_at": span.reopened_at,
        "customer_messages": sums[0],
        "ai_messages": sums[1],
        "support_messages": sums[2],
        "answered_by": answered_by.value,
        "resolution": resolution_of(span, answered_by, now).value,
        "handovers": len(span.handed_over),
        "handover_reason": span.handed_over[0] if span.handed_over else "",
        "first_answer_ms": _first_answer_ms(span) if first_ms is None else first_ms,
        **_ai_times(span.runs),
        **_costs(span.calls),
    }
    entries = _entries(later, before.entries) if before and gone else _entries(span.said)
    return Counted(span.number, _with_deleted_records(fields, span, known), hours, entries)


def _gone(hours: Hours, before: Counted | None, later: Hours) -> Hours:
    """Hours of which fewer messages are left than were counted: their time to be kept is over."""
    nothing = (0,) * len(KINDS)
    return {
        hour: tuple(map(sum, zip(counts, later.get(hour, nothing), strict=True)))
        for hour, counts in (before.hours if before else {}).items()
        if sum(counts[:3]) > sum(hours.get(hour, nothing)[:3])
    }


def _with_deleted_records(fields: Fields, span: Span, known: Known | None) -> Fields:
    """Runs and calls have times of their own; later ones come on top of what was counted."""
    if known is None:
        return fields
    before = known.counted.fields
    calls = [call for call in span.calls if call.at > known.at]
    if len(span.calls) - len(calls) < before["calls"]:
        fields |= {name: before[name] + cost for name, cost in _costs(calls).items()}
    later = _ai_times([run for run in span.runs if run.started_at > known.at])["ai_ms"]
    if fields["ai_answers"] - len(later) < before["ai_answers"]:
        fields |= _summed_times([*before["ai_ms"], *later])
    return fields


def _hours(said: Sequence[Said], zone: ZoneInfo) -> Hours:
    hours: dict[tuple[date, int], list[int]] = {}
    for message in said:
        local = message.at.astimezone(zone)
        counts = hours.setdefault((local.date(), local.hour), [0] * len(KINDS))
        counts[PLACES[message.type]] += 1
        counts[3] += message.delivery == FAILED
        counts[4] += message.delivery == UNCERTAIN
    return {hour: tuple(counts) for hour, counts in hours.items()}


def _answers(span: Span) -> Iterator[Said]:
    """What was said to the customer. That people will take over is no answer, nor is a question
    which answer is meant."""
    texts = span.handover_seqs | {run.seq for run in span.runs if run.outcome in NO_ANSWERS}
    for message in span.said:
        if message.type == CUSTOMER or message.delivery == FAILED:
            continue
        if message.type == SUPPORT or message.seq not in texts:
            yield message


def _answered_by(span: Span, before: str) -> Episode.AnsweredBy:
    types = {message.type for message in _answers(span)} | ANSWERERS.get(before, set())
    if len(types) == 2:
        return AnsweredBy.MIXED
    if not types:
        return AnsweredBy.NOBODY
    return AnsweredBy.AI if AI in types else AnsweredBy.PEOPLE


def resolution_of(span: Span, answered_by: Episode.AnsweredBy, now: datetime) -> Episode.Resolution:
    """Strict: the AI's success is a closing after the AI alone, and seven days of peace."""
    if span.closed_at is None:
        return Resolution.OPEN
    peaceful_from = span.closed_at + REOPENED_WITHIN
    if span.reopened_at is not None and span.reopened_at < peaceful_from:
        return Resolution.REOPENED
    if answered_by is AnsweredBy.NOBODY:
        return Resolution.UNANSWERED
    if answered_by is not AnsweredBy.AI or span.people_came:
        return Resolution.PEOPLE
    return Resolution.PENDING if now < peaceful_from else Resolution.RESOLVED


def _first_answer_ms(span: Span) -> int | None:
    asked = next((message for message in span.said if message.type == CUSTOMER), None)
    if asked is None:
        return None
    answer = next((message for message in _answers(span) if message.seq > asked.seq), None)
    return None if answer is None else _milliseconds(answer.at - asked.at)


def _ai_times(runs: Sequence[Run]) -> dict[str, Any]:
    times = [
        _milliseconds(run.finished_at - run.started_at)
        for run in runs
        if run.outcome == AIRun.Outcome.ANSWERED and run.finished_at is not None
    ]
    return _summed_times(times)


def _summed_times(times: list[int]) -> dict[str, Any]:
    return {
        "ai_ms": times,
        "ai_answers": len(times),
        "slowest_ai_ms": max(times, default=None),
    }


def _costs(calls: Sequence[Call]) -> dict[str, Any]:
    return {
        "calls": len(calls),
        "unpriced": sum(call.money_nanos is None for call in calls),
        "tokens_in": sum(call.tokens_in for call in calls),
        "tokens_out": sum(call.tokens_out for call in calls),
        "money_nanos": sum(call.money_nanos or 0 for call in calls),
    }


def _entries(
    said: Sequence[Said], before: Mapping[str, tuple[int, str]] | None = None
) -> dict[str, tuple[int, str]]:
    found = dict(before or {})
    for message in said:
        if message.type == AI and message.delivery != FAILED:
            cited = {str(c["entry_id"])[:64]: c for c in message.citations if c.get("entry_id")}
            for entry_id, citation in cited.items():
                uses, title = found.get(entry_id, (0, ""))
                found[entry_id] = uses + 1, str(citation.get("title") or title)[:500]
    return found


def _milliseconds(took: timedelta) -> int:
    return min(max(0, took // timedelta(milliseconds=1)), LONGEST)
