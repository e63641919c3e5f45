"""Lists of two parts, as pages of the API show them: what is drafted first, then the rest."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from settings_app.drafts import with_times
from settings_app.models import KnowledgeDraft, KnowledgeEntry, KnowledgeKind
from settings_app.selectors import entries_list


class Chained(Sequence[Any]):
    """`first`, then the rows of `rest`, which are read only as far as they are asked for."""

    def __init__(self, first: Sequence[Any], rest: "QuerySet[Any]") -> None:
        self.first, self.rest = first, rest

    def __len__(self) -> int:
        return len(self.first) + self.rest.count()

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, int):
            return self[place : place + 1][0]
        shift = len(self.first)
        start, stop = place.start or 0, len(self) if place.stop is None else place.stop
        rest = self.rest[max(start - shift, 0) : max(stop - shift, 0)]
        return [*self.first[start:stop], *rest]


def drafted_entries_list(user: User, query: Mapping[str, Any]) -> Chained:
    """`entries_list` of the drafted state: what is drafted first, then what stays as it is."""
    drafts = KnowledgeDraft.objects.for_user(user).filter(kind=KnowledgeKind.ENTRY)
    changed = KnowledgeEntry.objects.for_user(user).filter(pk__in=drafts.values("object_id"))
    live = {entry.pk: entry for entry in changed}
    shown = [with_times(draft, live.get(draft.object_id)) for draft in drafts.order_by("-pk")]
    first = [entry for entry in shown if entry is not None and _fits(entry, query)]
    rest = entries_list(user, query).exclude(pk__in=drafts.values("object_id"))
    return Chained(sorted(first, key=lambda entry: entry.updated_at, reverse=True), rest)


def _fits(entry: KnowledgeEntry, query: Mapping[str, Any]) -> bool:
    words = query.get("search", "").casefold()
    tag, language, active = (query.get(name) for name in ("tag", "language", "is_active"))
    return (
        (not words or words in entry.question.casefold() or words in entry.answer.casefold())
        and tag in (None, *entry.tags)
        and language in (None, entry.language)
        and active in (None, entry.is_active)
    )
