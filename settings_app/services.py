"""Changes of what a business decided. Each raises the business's knowledge version."""

from collections.abc import Iterable, Mapping, Sequence

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.models import Business
from core.lib.decoding import clean_text
from core.lib.errors import Conflict, DomainError
from settings_app.entries import draft_entry, problem_of
from settings_app.models import AIPrompts, AIPromptsVersion, KnowledgeEntry

PROMPT_FIELDS = ("manual_prompt", "knowledge_source", "product_service", "question_answer")
MAX_PROMPT = 100_000


def bump_knowledge(business_id: str) -> None:
    """Tell every process that what it has indexed of this business is old."""
    Business.objects.filter(pk=business_id).update(knowledge_version=F("knowledge_version") + 1)


def save_prompts(*, business: Business, texts: Mapping[str, str]) -> AIPrompts:
    """Set some or all of the four texts; the others stay. Unchanged texts make no new version."""
    cleaned = {name: _prompt(name, text) for name, text in texts.items()}
    with transaction.atomic():
        prompts, _ = AIPrompts.objects.select_for_update().get_or_create(business=business)
        if all(getattr(prompts, name) == text for name, text in cleaned.items()):
            return prompts
        for name, text in cleaned.items():
            setattr(prompts, name, text)
        prompts.save()  # the receiver counts the version and keeps the copy
    return prompts


def _prompt(name: str, text: str) -> str:
    if name not in PROMPT_FIELDS:
        raise DomainError(f"There is no prompt called {name}; use {', '.join(PROMPT_FIELDS)}.")
    if len(text) > MAX_PROMPT:
        raise DomainError(
            f"{name} is longer than {MAX_PROMPT} characters.", fields={name: ["Too long."]}
        )
    return clean_text(text)


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
        with transaction.atomic():
            row.save()  # the receiver raises the knowledge version
    except IntegrityError as error:
        raise Conflict("There is an entry with this question already; change that one.") from error
    return row


def delete_entry(*, entry: KnowledgeEntry) -> None:
    with transaction.atomic():
        entry.delete()


def delete_entries(*, business: Business, ids: Sequence[str]) -> int:
    """Delete those of the entries that are the business's own; how many they were."""
    with transaction.atomic():
        _, by_model = KnowledgeEntry.objects.for_business(business.pk).filter(pk__in=ids).delete()
    return by_model.get(KnowledgeEntry._meta.label, 0)
