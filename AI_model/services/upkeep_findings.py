"""What of a business's knowledge wants a look, each with its reason in one sentence."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, Sum

from AI_model.learning.wordings import distinct
from AI_model.models import AIRun, EpisodeEntry, ProposedEntry
from AI_model.retrieval.store import local_date
from messaging.models import Message
from settings_app.models import KnowledgeEntry, KnowledgeSource

USED_WITHIN = timedelta(days=90)
NEW_FOR = timedelta(days=30)
OLD_AFTER = timedelta(days=365)
RUNS = 2_000
"""Answers, the newest first, from which phrasings are suggested."""
MOST_SUGGESTIONS = 5

DUPLICATE, CONTRADICTION, STALE = "duplicate", "contradiction", "stale"
UNUSED, ONE_PHRASING = "unused", "one_phrasing"
KINDS = {
    CONTRADICTION: "Contradictions",
    DUPLICATE: "Duplicates",
    STALE: "Out of date",
    UNUSED: "Never used",
    ONE_PHRASING: "One phrasing only",
}


@dataclass(frozen=True, slots=True)
class About:
    """An entry, a source, or a pair in the prompts."""

    kind: str
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Finding:
    """`suggestions`: customers' own words to add as phrasings."""

    reason: str
    about: list[About]
    suggestions: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def find_by_rows(business_id: str, now: datetime) -> dict[str, list[Finding]]:
    """All that is told without comparing meanings."""
    uses = _uses(business_id, now)
    return {
        STALE: [*_stale_sources(business_id, now), *_stale_entries(business_id, uses, now)],
        UNUSED: list(_unused(business_id, uses, now)),
        ONE_PHRASING: _with_one_phrasing(business_id, uses),
    }


def _uses(business_id: str, now: datetime) -> dict[str, int]:
    rows = EpisodeEntry.objects.for_business(business_id)
    recent = rows.filter(episode__date__gte=(now - USED_WITHIN).date())
    return dict(recent.values_list("entry_id").annotate(count=Sum("uses")))


def about_entry(entry: KnowledgeEntry) -> About:
    return About("entry", entry.pk, entry.question)


def _entries(business_id: str) -> Any:
    return KnowledgeEntry.objects.for_business(business_id).filter(is_active=True)


def _stale_sources(business_id: str, now: datetime) -> Iterator[Finding]:
    rows = KnowledgeSource.objects.for_business(business_id).filter(is_active=True)
    for source in rows.order_by("title", "pk"):
        if reason := _why_stale(source, now):
            yield Finding(reason, [About("source", source.pk, source.title)])


def _why_stale(source: KnowledgeSource, now: datetime) -> str:
    if source.state == KnowledgeSource.State.FAILED:
        return f"It could not be read: {source.problem or 'no reason was given.'}"
    if source.pending is not None:
        return "A newer reading waits for your look; answers are made from the older one."
    hours = source.refresh_hours
    if source.kind != KnowledgeSource.Kind.WEB or not hours or source.checked_at is None:
        return ""
    if now - source.checked_at <= 2 * timedelta(hours=hours):
        return ""
    return f"It is to be read every {hours} hours and was last read {source.checked_at:%Y-%m-%d}."


def _stale_entries(business_id: str, uses: Mapping[str, int], now: datetime) -> Iterator[Finding]:
    today = local_date(business_id)
    ended = Q(valid_to__lt=today)
    old = Q(updated_at__lt=now - OLD_AFTER)
    for entry in _entries(business_id).filter(ended | old).order_by("updated_at", "pk"):
        if entry.valid_to is not None and entry.valid_to < today:
            reason = f"Its last day was {entry.valid_to:%Y-%m-%d}; it answers nothing any more."
            yield Finding(reason, [about_entry(entry)])
        elif count := uses.get(entry.pk):
            times = "once" if count == 1 else f"{count} times"
            reason = (
                f"It was used {times} in 90 days and not changed since {entry.updated_at:%Y-%m-%d}."
            )
            yield Finding(reason, [about_entry(entry)])


def _unused(business_id: str, uses: Mapping[str, int], now: datetime) -> Iterator[Finding]:
    """Where nothing at all was used, nothing is known of what is needed."""
    if not uses:
        return
    rows = _entries(business_id).filter(created_at__lt=now - NEW_FOR)
    for entry in rows.order_by("created_at", "pk").iterator(chunk_size=1_000):
        if entry.pk not in uses:
            yield Finding("No answer rested on it in 90 days.", [about_entry(entry)])


def _with_one_phrasing(business_id: str, uses: Mapping[str, int]) -> list[Finding]:
    """The most used ones first, with words of customers that could be added."""
    rows = _entries(business_id).filter(phrasings=[]).order_by("created_at", "pk")
    entries = sorted(rows, key=lambda entry: -uses.get(entry.pk, 0))
    asked = _asked(business_id, {entry.pk for entry in entries})
    reason = "It knows one way of asking; three make it found far more often."
    return [
        Finding(
            reason,
            [about_entry(entry)],
            distinct(asked.get(entry.pk, []), but=[entry.question])[:MOST_SUGGESTIONS],
        )
        for entry in entries
    ]


def _asked(business_id: str, wanted: set[str]) -> dict[str, list[str]]:
    """Customers' words by the entry: those that wait as proposals, and those that it answered."""
    found: dict[str, list[str]] = {}
    state = ProposedEntry.State.OPEN
    for row in ProposedEntry.objects.for_business(business_id).filter(
        state=state, entry__in=wanted
    ):
        found.setdefault(str(row.entry_id), []).extend([row.question, *row.phrasings])
    for entry_id, text in _answered(business_id, wanted):
        found.setdefault(entry_id, []).append(text)
    return found


def _answered(business_id: str, wanted: set[str]) -> Iterator[tuple[str, str]]:
    from AI_model.learning.pairing import question_in
    from AI_model.learning.private import hide

    rows = AIRun.objects.for_business(business_id).filter(
        outcome=AIRun.Outcome.ANSWERED, from_seq=F("upto_seq")
    )
    runs = list(rows.order_by("-started_at").only("conversation_id", "upto_seq", "passages")[:RUNS])
    of_one = [run for run in runs if run.passages and run.passages[0].get("id") in wanted]
    for start in range(0, len(of_one), 100):
        some = of_one[start : start + 100]
        texts = _texts_of(some)
        for run in some:
            text, names = texts.get((run.conversation_id, run.upto_seq), ("", []))
            if asked := question_in([hide(text, names=names)]):
                yield str(run.passages[0]["id"]), asked


def _texts_of(runs: Sequence[AIRun]) -> dict[tuple[str, int], tuple[str, list[str]]]:
    places = Q()
    for run in runs:
        places |= Q(conversation_id=run.conversation_id, seq=run.upto_seq)
    rows = Message.objects.filter(places, type=Message.Type.CUSTOMER, redacted_at=None)
    found = rows.select_related("conversation__customer")
    return {
        (message.conversation_id, message.seq): (
            message.text,
            [message.conversation.customer.name, message.conversation.customer.username],
        )
        for message in found
    }
