"""Changes of the prompts, and their draft."""

from collections.abc import Mapping
from typing import Any

from django.db.models import F

from accounts.models import Business, User
from accounts.services.audit import note_setting
from core.lib.decoding import clean_text
from core.lib.errors import Conflict, DomainError, NotFound
from settings_app.drafts import drafting, prompts_draft_changes
from settings_app.models import AIPrompts, AIPromptsVersion
from settings_app.services.checks import digest_to_check, refuse_unchecked
from settings_app.versions import changing

PROMPT_FIELDS = ("manual_prompt", "knowledge_source", "product_service", "question_answer")
MAX_PROMPT = 100_000


def save_prompts(
    *, business: Business, texts: Mapping[str, str], user: User | None = None, via: str = ""
) -> AIPrompts:
    """Set some or all of the four texts; the others stay. Unchanged texts make no new version."""
    cleaned = {name: _prompt(name, text) for name, text in texts.items()}
    with changing(business.pk, user=user, via=via):
        prompts = locked_prompts(business)
        if all(getattr(prompts, name) == text for name, text in cleaned.items()):
            return prompts
        drafted = (prompts.draft or {}).items()
        left = {name: text for name, text in drafted if cleaned.get(name) != text}
        return _publish(prompts, cleaned | {"draft": left or None})


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
    with drafting(business.pk):
        prompts = locked_prompts(business)
        draft = _differing(prompts, _drafted(prompts, texts))
        AIPrompts.objects.filter(pk=prompts.pk).update(draft=draft or None)
        prompts.draft = draft or None
    return prompts


def publish_prompts(
    *, business: Business, user: User, texts: Mapping[str, str] | None = None, via: str = "api"
) -> AIPrompts:
    """Make the draft, with `texts` over it, the next version.

    Conflict when nothing differs, or when a check refuses just this change of the prompts.
    """
    with changing(business.pk, user=user, via=via):
        prompts = locked_prompts(business)
        changed = _differing(prompts, _drafted(prompts, texts or {}))
        if not changed:
            raise Conflict("There is nothing to publish; save a draft that differs first.")
        shown = prompts_draft_changes(prompts, changed)
        refuse_unchecked(business.pk, digest_to_check(business.pk, shown))
        return _publish_for(user, via, prompts, changed | {"draft": None})


def publish_draft(prompts: AIPrompts, *, user: User, via: str) -> AIPrompts:
    """Make the draft of locked prompts what counts."""
    changed = _differing(prompts, prompts.draft or {})
    return _publish_for(user, via, prompts, changed | {"draft": None})


def roll_back_prompts(
    *, business: Business, user: User, version: int, via: str = "api"
) -> AIPrompts:
    """Publish the texts of an old version as a new one; the draft stays. NotFound."""
    with changing(business.pk, user=user, via=via):
        prompts = locked_prompts(business)
        return _publish_for(user, via, prompts, _kept(business, version))


def restore_prompts(business: Business, version: int | None, *, user: User, via: str) -> None:
    """The same, where the texts differ; None = there were no prompts yet."""
    then = dict.fromkeys(PROMPT_FIELDS, "") if version is None else _kept(business, version)
    prompts = locked_prompts(business)
    if changed := _differing(prompts, then):
        _publish_for(user, via, prompts, changed)


def _kept(business: Business, version: int) -> dict[str, str]:
    rows = AIPromptsVersion.objects.for_business(business.pk)
    kept = rows.filter(version=version).first()
    if kept is None:
        raise NotFound("There is no such version of the prompts.")
    return {name: kept.texts.get(name, "") for name in PROMPT_FIELDS}


def locked_prompts(business: Business) -> AIPrompts:
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
    with changing(prompts.business_id) as change:
        if not created:
            AIPrompts.objects.filter(pk=prompts.pk).update(version=F("version") + 1)
            prompts.refresh_from_db(fields=["version"])
        AIPromptsVersion.objects.create(
            business_id=prompts.business_id, version=prompts.version, texts=texts
        )
        if any(texts.values()) or not created:
            change.touch()
