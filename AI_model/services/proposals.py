"""What an owner makes of proposed entries, and what becomes of them when words are deleted."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Business, User
from accounts.services.audit import note_setting
from AI_model.learning.wordings import distinct
from AI_model.models import ProposalPart, ProposedEntry
from core.lib.errors import Conflict, NotFound
from messaging.services.personal import Part, register_part
from settings_app.entries import MAX_PHRASINGS
from settings_app.models import KnowledgeEntry
from settings_app.services import change_entry, save_entry
from settings_app.versions import changing

State = ProposedEntry.State
MISSING = "There is no proposed entry with this id."
DECIDED = {
    State.APPROVED: "This proposal was approved already; change its entry instead.",
    State.REJECTED: "This proposal was rejected already.",
}


def approve_proposal(
    *,
    proposal: ProposedEntry,
    user: User,
    changes: Mapping[str, Any] | None = None,
    as_draft: bool = False,
    via: str,
) -> ProposedEntry:
    """Make an entry of it, or add its phrasings to the entry that it is of.

    `changes`: the owner's own question, phrasings, answer, language or tags. A second time it
    changes nothing. Conflict when it was rejected, or another entry asks the same.
    """
    with _deciding(proposal.business_id, user, via):
        row = _locked(proposal)
        if row.state == State.APPROVED:
            return row
        _refuse_decided(row)
        entry = _write_entry(row, dict(changes or {}), as_draft=as_draft, user=user, via=via)
        row.entry = row.entry if as_draft else entry
        note = {"question": entry.question, "in_draft": as_draft}
        return _decide(row, State.APPROVED, user, via, note)


def reject_proposal(*, proposal: ProposedEntry, user: User, via: str) -> ProposedEntry:
    """Nothing like it is proposed again. A second time it changes nothing. Conflict."""
    with _deciding(proposal.business_id, user, via):
        row = _locked(proposal)
        if row.state == State.REJECTED:
            return row
        _refuse_decided(row)
        return _decide(row, State.REJECTED, user, via, {})


def reject_proposals(*, business: Business, ids: Iterable[str], user: User, via: str) -> int:
    """Reject those of them that are open; how many they were."""
    rows = ProposedEntry.objects.for_business(business.pk).filter(pk__in=list(ids))
    with _deciding(business.pk, user, via):
        found = list(_lock(rows).filter(state=State.OPEN).order_by("pk"))
        for row in found:
            _decide(row, State.REJECTED, user, via, {})
        return len(found)


def _deciding(business_id: str, user: User, via: str) -> AbstractContextManager[Any]:
    """The business first, as every change of knowledge does: two at once wait for each other."""
    return changing(business_id, user=user, via=via)


def _lock(rows: QuerySet[ProposedEntry]) -> QuerySet[ProposedEntry]:
    return rows.select_related("entry", "business").select_for_update(of=("self",))


def _locked(proposal: ProposedEntry) -> ProposedEntry:
    row = _lock(ProposedEntry.objects.filter(pk=proposal.pk)).first()
    if row is None:
        raise NotFound(MISSING)
    return row


def _refuse_decided(row: ProposedEntry) -> None:
    if row.state != State.OPEN:
        raise Conflict(DECIDED[State(row.state)], code="decided")


def _decide(
    row: ProposedEntry, state: State, user: User, via: str, note: dict[str, Any]
) -> ProposedEntry:
    before = {"state": row.state}
    row.state, row.decided_by, row.decided_at = state, user, timezone.now()
    row.save(update_fields=["state", "decided_by", "decided_at", "entry", "updated_at"])
    note_setting(
        business_id=row.business_id,
        user=user,
        via=via,
        subject="proposal",
        subject_id=row.pk,
        before=before,
        after={"state": str(state)} | note,
    )
    return row


def _write_entry(
    row: ProposedEntry, changes: dict[str, Any], *, as_draft: bool, user: User, via: str
) -> KnowledgeEntry:
    how: dict[str, Any] = {"as_draft": as_draft, "user": user, "via": via}
    if row.entry is not None:
        return change_entry(entry=row.entry, changes=_added_to(row, changes), **how)
    words = {
        "question": row.question,
        "phrasings": row.phrasings,
        "answer": row.answer,
        "language": row.language,
    }
    return save_entry(business=row.business, **{**words, **changes}, **how)


def _added_to(row: ProposedEntry, changes: dict[str, Any]) -> dict[str, Any]:
    """Its own phrasings stay; the answer is the entry's unless the owner gave another one."""
    entry = row.entry
    assert entry is not None
    asked = [
        changes.pop("question", row.question),
        *changes.pop("phrasings", row.phrasings),
    ]
    new = distinct(asked, but=[entry.question, *entry.phrasings])
    room = max(0, MAX_PHRASINGS - len(entry.phrasings))
    return {**changes, "phrasings": [*entry.phrasings, *new[:room]]}


def register_parts() -> None:
    register_part(Part("proposals", _proposals_of))
    register_part(Part("proposal_parts", _parts_of, _part_form))


def _proposals_of(ids: Collection[str]) -> QuerySet[Any]:
    """Open ones that rest on these conversations alone."""
    parts = ProposalPart.objects.filter(proposal=OuterRef("pk"))
    theirs, others = parts.filter(conversation__in=ids), parts.exclude(conversation__in=ids)
    rows = ProposedEntry.objects.filter(Exists(theirs), ~Exists(others), state=State.OPEN)
    return rows.order_by("pk")


def _parts_of(ids: Collection[str]) -> QuerySet[Any]:
    return ProposalPart.objects.filter(conversation__in=ids).order_by("pk")


def _part_form(part: ProposalPart) -> dict[str, Any]:
    names = ("conversation_id", "answer_id", "question", "reply", "created_at")
    return {name: getattr(part, name) for name in names}


def proposals_list(user: User, state: str = "") -> QuerySet[ProposedEntry]:
    """Of the user's business, with `asked`: how often people answered it."""
    rows = ProposedEntry.objects.for_user(user)
    rows = rows.filter(state=state) if state else rows
    return rows.annotate(asked=Count("parts")).order_by("-updated_at", "pk")
