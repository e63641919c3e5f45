"""From questions and people's answers to proposed entries, grouped by meaning."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from django.db.models import Q

from AI_model.learning.grouping import (
    ANSWERS_ALIKE,
    Group,
    find_group,
)
from AI_model.learning.wordings import distinct, wording
from AI_model.models import AIModelConfig, ProposalPart, ProposedEntry
from AI_model.providers.base import Passage
from AI_model.replies.outcomes import product_thresholds, thresholds_of
from AI_model.retrieval.encoder import Vectors
from AI_model.services.learning_marks import Overtaken
from AI_model.services.learning_pairs import Learnt
from core.lib.ids import new_id
from settings_app.models import KnowledgeEntry

State = ProposedEntry.State
MOST_GROUPS = 500
"""Open proposals, and decided ones, that a pair is compared with; the latest ones."""


@dataclass(slots=True)
class Plan:
    """Parts by the proposal that they belong to; `new` are those to be made."""

    new: dict[str, ProposedEntry] = field(default_factory=dict)
    added: dict[str, list[Learnt]] = field(default_factory=dict)
    business_id: str = ""

    @property
    def parts(self) -> int:
        return sum(map(len, self.added.values()))


def plan_proposals(business_id: str, pairs: Sequence[Learnt]) -> Plan:
    """Where each pair belongs. Reads only; takes milliseconds a text."""
    plan = Plan(business_id=business_id)
    ordered = sorted(pairs, key=lambda pair: (pair.language, pair.at, pair.answer_id))
    for language, some in groupby(ordered, key=lambda pair: pair.language):
        _plan_language(plan, language, list(some))
    return plan


def _plan_language(plan: Plan, language: str, pairs: Sequence[Learnt]) -> None:
    from AI_model.retrieval.meaning import vectors

    groups = _known_groups(plan.business_id, language)
    questions = vectors([pair.question for pair in pairs], language=language)
    answers = vectors([pair.answer for pair in pairs], language=language)
    for pair, question, answer in zip(pairs, questions, answers, strict=True):
        group = find_group(groups, question, answer)
        if group is not None and group.state == "rejected":
            continue
        if group is None or group.state == "approved":
            if _was_known(plan.business_id, group, pair):
                continue
            near = _near_entry(plan.business_id, pair, answer)
            if near.is_answered:
                continue
            group = _new_group(plan, pair, near.entry, question, answer)
            groups.append(group)
        else:
            group.add(question, answer)
        plan.added.setdefault(group.id, []).append(pair)


def _known_groups(business_id: str, language: str) -> list[Group]:
    from AI_model.retrieval.meaning import vectors

    rows = ProposedEntry.objects.for_business(business_id).filter(language=language)
    latest = rows.order_by("-updated_at", "pk")
    found = [*latest.filter(state=State.OPEN)[:MOST_GROUPS]]
    found += latest.exclude(state=State.OPEN)[:MOST_GROUPS]
    texts = [[row.question, *row.phrasings, row.answer] for row in found]
    known = vectors([text for group in texts for text in group], language=language)
    groups, start = [], 0
    for row, group in zip(found, texts, strict=True):
        end = start + len(group)
        groups.append(Group(row.pk, row.state, known[start : end - 1], known[end - 1]))  # type: ignore[arg-type]
        start = end
    return groups


def _was_known(business_id: str, group: Group | None, pair: Learnt) -> bool:
    """Answered by a person before the entry was approved, or approved into the draft."""
    if group is None:
        return False
    row = ProposedEntry.objects.for_business(business_id).filter(pk=group.id)
    later = Q(decided_at__gte=pair.at) | Q(entry=None)
    return row.filter(later, state=State.APPROVED).exists()


@dataclass(frozen=True, slots=True)
class Near:
    """The entry that asks the same, and whether the AI would answer from it by now."""

    entry: KnowledgeEntry | None = None
    is_answered: bool = False


def _near_entry(business_id: str, pair: Learnt, answer: Vectors) -> Near:
    best = _best_entry(business_id, pair.question)
    if best is None:
        return Near()
    entry = KnowledgeEntry.objects.for_business(business_id).filter(pk=best.id).first()
    if entry is None:
        return Near()
    if wording(pair.question) in {wording(text) for text in (entry.question, *entry.phrasings)}:
        return Near(entry, is_answered=True)
    if not _is_alike(entry.answer, answer, pair.language):
        return Near()
    return Near(entry, is_answered=best.score >= _needed(business_id))


def _best_entry(business_id: str, question: str) -> Passage | None:
    """One that a bold business would offer: the answers, which are alike, say the rest. None, too,
    while there is no index to look into."""
    from AI_model.retrieval.index import search
    from AI_model.retrieval.store import index_or_none

    index = index_or_none(business_id)
    found = search(index, question, limit=1) if index is not None else []
    best = found[0] if found and found[0].kind == "entry" else None
    return best if best is not None and best.score >= product_thresholds()[1]["bold"] else None


def _needed(business_id: str) -> float:
    config = AIModelConfig.objects.for_business(business_id).first() or AIModelConfig()
    return thresholds_of(config).answer


def _is_alike(text: str, answer: Vectors, language: str) -> bool:
    from AI_model.retrieval.meaning import vectors

    return float(vectors([text], language=language)[0] @ answer) >= ANSWERS_ALIKE


def _new_group(
    plan: Plan, pair: Learnt, entry: KnowledgeEntry | None, question: Vectors, answer: Vectors
) -> Group:
    row = ProposedEntry(
        pk=new_id(),
        business_id=plan.business_id,
        question=pair.question,
        answer=pair.answer,
        language=pair.language,
        entry=entry,
    )
    plan.new[row.pk] = row
    return Group(row.pk, "open", question[None], answer)


def keep_plan(plan: Plan) -> None:
    """Write it, within the caller's transaction. Overtaken, IntegrityError."""
    ProposedEntry.objects.bulk_create(plan.new.values())
    for proposal_id, pairs in plan.added.items():
        row = _locked(proposal_id)
        ProposalPart.objects.bulk_create(_part(row, pair) for pair in pairs)
        renew_proposal(row)


def _locked(proposal_id: str) -> ProposedEntry:
    rows = ProposedEntry.objects.select_for_update(of=("self",)).select_related("entry")
    row = rows.filter(pk=proposal_id, state=State.OPEN).first()
    if row is None:
        raise Overtaken
    return row


def _part(row: ProposedEntry, pair: Learnt) -> ProposalPart:
    return ProposalPart(
        business_id=row.business_id,
        proposal=row,
        conversation_id=pair.conversation_id,
        answer_id=pair.answer_id,
        question=pair.question,
        reply=pair.answer,
    )


def renew_proposal(row: ProposedEntry) -> None:
    """Make an open proposal of its parts again: the first question, the latest answer."""
    parts = list(row.parts.order_by("answer__created_at", "answer_id"))
    if not parts:
        row.delete()
        return
    asked = [part.question for part in parts]
    known = [row.entry.question, *row.entry.phrasings] if row.entry else []
    row.question, row.answer = asked[0], parts[-1].reply
    row.phrasings = distinct(asked, but=[row.question, *known])
    row.save(update_fields=["question", "answer", "phrasings", "updated_at"])


def renew_proposals(ids: Collection[str]) -> None:
    """The same for those of these proposals that are open."""
    rows = ProposedEntry.objects.select_for_update(of=("self",)).select_related("entry")
    for row in rows.filter(pk__in=ids, state=State.OPEN).order_by("pk"):
        renew_proposal(row)
