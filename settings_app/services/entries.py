"""Changes of entries, of the live ones or in the draft."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import IntegrityError

from accounts.models import Business, User
from core.lib.errors import Conflict, DomainError, NotFound
from core.lib.ids import new_id
from settings_app import drafts
from settings_app.entries import ENTRY_FIELDS, EntryDraft, draft_entry, problem_of
from settings_app.models import KnowledgeEntry, KnowledgeKind
from settings_app.versions import changing, entry_state

TWICE = "There is an entry with this question already; change that one."
MISSING = "There is no knowledge entry with this id."


def save_entry(
    *,
    business: Business,
    question: str,
    answer: str,
    phrasings: Iterable[str] = (),
    tags: Iterable[str] = (),
    language: str = "",
    is_active: bool = True,
    valid_from: date | None = None,
    valid_to: date | None = None,
    entry: KnowledgeEntry | None = None,
    as_draft: bool = False,
    user: User | None = None,
    via: str = "",
) -> KnowledgeEntry:
    """Add an entry, or rewrite `entry`. Conflict when another one asks the same.

    With `as_draft` what comes back is the entry as it will be; it is no row.
    """
    words = draft_entry(
        question=question,
        answer=answer,
        phrasings=phrasings,
        tags=tags,
        language=language,
        is_active=is_active,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    if problem := problem_of(words):
        raise DomainError(problem)
    if as_draft:
        return _save_draft(business, words, entry.pk if entry else new_id(), user)
    row = entry or KnowledgeEntry(business=business)
    try:
        with changing(business.pk, user=user, via=via):
            _fill(row, words).save()  # the receiver notes what it became
    except IntegrityError as error:
        raise Conflict(TWICE) from error
    return row


def _fill(row: KnowledgeEntry, words: EntryDraft) -> KnowledgeEntry:
    for name in ENTRY_FIELDS:
        value = getattr(words, name)
        setattr(row, name, list(value) if isinstance(value, tuple) else value)
    return row


def _save_draft(
    business: Business, words: EntryDraft, entry_id: str, user: User | None
) -> KnowledgeEntry:
    state = entry_state(_fill(KnowledgeEntry(business=business, pk=entry_id), words))
    with drafts.drafting(business.pk):
        if drafts.is_asked_elsewhere(business.pk, entry_id, words.question):
            raise Conflict(TWICE)
        drafts.keep_drafts(business.pk, KnowledgeKind.ENTRY, {entry_id: state}, user=user)
        return drafts.drafted_entry(business.pk, entry_id)


def change_entry(
    *,
    entry: KnowledgeEntry,
    changes: Mapping[str, Any],
    as_draft: bool = False,
    user: User | None = None,
    via: str = "",
) -> KnowledgeEntry:
    """Set some of the fields of `save_entry`; the others stay as they are now. NotFound."""
    business = entry.business
    with changing(business.pk, user=user, via=via):
        row = (
            drafts.drafted_entry(business.pk, entry.pk)
            if as_draft
            else KnowledgeEntry.objects.for_business(business.pk).filter(pk=entry.pk).first()
        )
        if row is None:
            raise NotFound(MISSING)
        words = {name: getattr(row, name) for name in ENTRY_FIELDS}
        return save_entry(
            business=business,
            entry=row,
            as_draft=as_draft,
            user=user,
            via=via,
            **{**words, **changes},
        )


def delete_entry(
    *, entry: KnowledgeEntry, as_draft: bool = False, user: User | None = None, via: str = ""
) -> None:
    """Delete it, or let the draft do so when it is published."""
    business_id = entry.business_id
    if as_draft:
        with drafts.drafting(business_id):
            drafts.keep_drafts(business_id, KnowledgeKind.ENTRY, {entry.pk: None}, user=user)
        return
    with changing(business_id, user=user, via=via):
        entry.delete()


def delete_entries(
    *, business: Business, ids: Sequence[str], user: User | None = None, via: str = ""
) -> int:
    """Delete those of the entries that are the business's own; how many they were."""
    with changing(business.pk, user=user, via=via):
        _, by_model = KnowledgeEntry.objects.for_business(business.pk).filter(pk__in=ids).delete()
    return by_model.get(KnowledgeEntry._meta.label, 0)
