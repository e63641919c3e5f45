"""Rows as the API shows them."""

from typing import Any

from settings_app.models import AIPrompts, AIPromptsVersion, KnowledgeEntry
from settings_app.services import PROMPT_FIELDS
from settings_app.versions import entry_state

Form = dict[str, Any]


def entry_form(entry: KnowledgeEntry) -> Form:
    return {
        "id": entry.pk,
        **entry_state(entry),
        "created_at": entry.created_at.isoformat(),
        "updated_at": entry.updated_at.isoformat(),
    }


def prompts_form(prompts: AIPrompts) -> Form:
    texts = {name: getattr(prompts, name) for name in PROMPT_FIELDS}
    return {
        **texts,
        "version": prompts.version,
        "draft": {**texts, **prompts.draft} if prompts.draft else None,
        "updated_at": prompts.updated_at.isoformat(),
    }


def version_form(kept: AIPromptsVersion) -> Form:
    return {
        "version": kept.version,
        **{name: kept.texts.get(name, "") for name in PROMPT_FIELDS},
        "created_at": kept.created_at.isoformat(),
    }
