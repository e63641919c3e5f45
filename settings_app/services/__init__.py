"""Changes of what a business decided. Each change of knowledge makes a version."""

from settings_app.entries import ENTRY_FIELDS
from settings_app.services.checks import register_publishing_check
from settings_app.services.entries import change_entry, delete_entries, delete_entry, save_entry
from settings_app.services.prompts import (
    MAX_PROMPT,
    PROMPT_FIELDS,
    publish_prompts,
    record_prompts,
    roll_back_prompts,
    save_draft,
    save_prompts,
)
from settings_app.services.publishing import publish_knowledge
from settings_app.services.rollback import roll_back_knowledge
from settings_app.versions import bump_knowledge

__all__ = [
    "ENTRY_FIELDS",
    "MAX_PROMPT",
    "PROMPT_FIELDS",
    "bump_knowledge",
    "change_entry",
    "delete_entries",
    "delete_entry",
    "publish_knowledge",
    "publish_prompts",
    "record_prompts",
    "register_publishing_check",
    "roll_back_knowledge",
    "roll_back_prompts",
    "save_draft",
    "save_entry",
    "save_prompts",
]
