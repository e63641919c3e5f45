from settings_app.models.hours import BusinessHours, Holiday
from settings_app.models.knowledge import (
    KnowledgeChange,
    KnowledgeDraft,
    KnowledgeEntry,
    KnowledgeKind,
    KnowledgeVersion,
)
from settings_app.models.prompts import AIPrompts, AIPromptsVersion
from settings_app.models.retention import Retention
from settings_app.models.sources import KnowledgeJob, KnowledgeSource, SourceContent, SourceDocument

__all__ = [
    "AIPrompts",
    "AIPromptsVersion",
    "BusinessHours",
    "Holiday",
    "KnowledgeChange",
    "KnowledgeDraft",
    "KnowledgeEntry",
    "KnowledgeJob",
    "KnowledgeKind",
    "KnowledgeSource",
    "KnowledgeVersion",
    "Retention",
    "SourceContent",
    "SourceDocument",
]
