"""Changes of what a business decided. Each raises the business's knowledge version."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.models import Business, User
from accounts.services.audit import note_setting
from core.lib.decoding import clean_text
from core.lib.errors import Conflict, DomainError, NotFound
from settings_app.entries import draft_entry, problem_of
from settings_app.models import AIPrompts, AIPromptsVersion, KnowledgeEntry
from settings_app.versions import bump_knowledge, changing

PROMPT_FIELDS = ("manual_prompt", "knowledge_source", "product_service", "question_answer")
ENTRY_FIELDS = ("question", "answer", "phrasings", "tags", "language", "is_active")
__all__ = ["bump_knowledge"]
MAX_PROMPT = 100_000


def save_prompts(*, business: Business, texts: Mapping[str, str]) -> AIPrompts:
    """Set some or all of the four texts; the others stay. Unchanged texts make no new version."""
    cleaned = {name: _prompt(name, text) for name, text in texts.items()}
    with transaction.atomic():
        prompts = _locked_prompts(business)
        if all(getattr(prompts, name) == text for name, text in cleaned.items()):
            return prompts
        return _publish(prompts, cleaned)


def _prompt(name: str, text: str) -> str:
    if name not in PROMPT_FIELDS:
        raise DomainError(f"There is no prompt called {name}; use {', '.join(PROMPT_FIELDS)}.")
    if len(text) > MAX_PROMPT:
        raise DomainError(
            f"{name} is longer than {MAX_PROMPT} characters.", fields={name: ["Too long."]}
        )
    return clean_text(text)


def save_draft(*, business: Business, texts: Mapping[str, str]) -> AIPrompts:
    """Keep texts for later; answers are not made from them. Those like the published ones go."""
    with transaction.atomic():
        prompts = _locked_prompts(business)
        draft = _differing(prompts, _drafted(prompts, texts))
        AIPrompts.objects.filter(pk=prompts.pk).update(draft=draft or None)
        prompts.draft = draft or None
    return prompts


def publish_prompts(
    *, business: Business, user: User, texts: Mapping[str, str] | None = None, via: str = "api"
) -> AIPrompts:
    """Make the draft, with `texts` over it, the next version. Conflict when nothing differs."""
    with transaction.atomic():
        prompts = _locked_prompts(business)
        changed = _differing(prompts, _drafted(prompts, texts or {}))
        if not changed:
            raise Conflict("There is nothing to publish; save a draft that differs first.")
        return _publish_for(user, via, prompts, changed | {"draft": None})


def roll_back_prompts(
    *, business: Business, user: User, version: int, via: str = "api"
) -> AIPrompts:
    """Publish the texts of an old version as a new one; the draft stays. NotFound."""
    with transaction.atomic():
        prompts = _locked_prompts(business)
        kept = AIPromptsVersion.objects.for_business(business.pk).filter(version=version).first()
        if kept is None:
            raise NotFound("There is no such version of the prompts.")
        texts = {name: kept.texts.get(name, "") for name in PROMPT_FIELDS}
        return _publish_for(user, via, prompts, texts)


def _locked_prompts(business: Business) -> AIPrompts:
    prompts, _ = AIPrompts.objects.select_for_update().get_or_create(business=business)
    return prompts


def _drafted(prompts: AIPrompts, texts: Mapping[str, str]) -> dict[str, str]:
    cleaned = {name: _prompt(name, text) for name, text in texts.items()}
    return {**(prompts.draft or {}), **cleaned}


def _differing(prompts: AIPrompts, texts: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if getattr(prompts, name) != text}


def _publish(prompts: AIPrompts, changes: Mapping[str, Any]) -> AIPrompts:
    for name, value in changes.items():
        setattr(prompts, name, value)
    prompts.save()  # the receiver counts the version and keeps the copy
    return prompts


def _publish_for(user: User, via: str, prompts: AIPrompts, changes: Mapping[str, Any]) -> AIPrompts:
    before = prompts.version
    published = _publish(prompts, changes)
    note_setting(
        business_id=prompts.business_id,
        user=user,
        via=via,
        subject="prompts",
        before={"version": before},
        after={"version": published.version},
    )
    return published


def record_prompts(prompts: AIPrompts, *, created: bool) -> None:
    """Count a saved change of the prompts and keep a copy of its texts under the new number."""
    texts = {name: getattr(prompts, name) for name in PROMPT_FIELDS}
    with transaction.atomic():
        if not created:
            AIPrompts.objects.filter(pk=prompts.pk).update(version=F("version") + 1)
            prompts.refresh_from_db(fields=["version"])
        AIPromptsVersion.objects.create(
            business_id=prompts.business_id, version=prompts.version, texts=texts
        )
        if any(texts.values()) or not created:
            bump_knowledge(prompts.business_id)


def save_entry(
    *,
    business: Business,
    question: str,
    answer: str,
    phrasings: Iterable[str] = (),
    tags: Iterable[str] = (),
    language: str = "",
    is_active: bool = True,
    entry: KnowledgeEntry | None = None,
) -> KnowledgeEntry:
    """Add an entry, or rewrite `entry`."""
    draft = draft_entry(
        question=question,
        answer=answer,
        phrasings=phrasings,
        tags=tags,
        language=language,
        is_active=is_active,
    )
    if problem := problem_of(draft):
        raise DomainError(problem)
    row = entry or KnowledgeEntry(business=business)
    row.question, row.answer, row.language = draft.question, draft.answer, draft.language
    row.phrasings, row.tags, row.is_active = (
        list(draft.phrasings),
        list(draft.tags),
        draft.is_active,
    )
    try:
        with changing(business.pk):
            row.save()  # the receiver notes what it became
    except IntegrityError as error:
        raise Conflict("There is an entry with this question already; change that one.") from error
    return row


def change_entry(*, entry: KnowledgeEntry, changes: Mapping[str, Any]) -> KnowledgeEntry:
    """Set some of the fields of `save_entry`; the others stay as they are now. NotFound."""
    with transaction.atomic():
        row = KnowledgeEntry.objects.select_for_update().filter(pk=entry.pk).first()
        if row is None:
            raise NotFound("There is no knowledge entry with this id.")
        words = {name: getattr(row, name) for name in ENTRY_FIELDS}
        return save_entry(business=row.business, entry=row, **{**words, **changes})


def delete_entry(*, entry: KnowledgeEntry) -> None:
    with changing(entry.business_id):
        entry.delete()


def delete_entries(*, business: Business, ids: Sequence[str]) -> int:
    """Delete those of the entries that are the business's own; how many they were."""
    with changing(business.pk):
        _, by_model = KnowledgeEntry.objects.for_business(business.pk).filter(pk__in=ids).delete()
    return by_model.get(KnowledgeEntry._meta.label, 0)
