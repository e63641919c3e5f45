"""A change of the knowledge in words that people read."""

from collections.abc import Iterable, Mapping
from typing import Any

from settings_app.models import KnowledgeChange, KnowledgeKind
from settings_app.states import PROMPTS

Shown = dict[str, Any]
LABELS = {
    "question": "Question",
    "phrasings": "Other ways of asking",
    "answer": "Answer",
    "tags": "Tags",
    "language": "Language",
    "is_active": "In use",
    "valid_from": "First day",
    "valid_to": "Last day",
    "title": "Title",
    "kind": "Kind",
    "url": "Address",
    "content": "Reading",
    "manual_prompt": "Manual prompt",
    "knowledge_source": "Knowledge source",
    "product_service": "Product/service",
    "question_answer": "Question/answer",
}
KINDS = {KnowledgeKind.ENTRY: "Entry", KnowledgeKind.SOURCE: "Source", PROMPTS: "AI prompts"}


def readable_changes(changes: Iterable[Mapping[str, Any] | KnowledgeChange]) -> list[Shown]:
    """Of each: kind, id, title, what became of it, and the fields that differ."""
    return [_readable(_parts(change)) for change in changes]


def _parts(change: Mapping[str, Any] | KnowledgeChange) -> Mapping[str, Any]:
    if not isinstance(change, KnowledgeChange):
        return change
    return {
        "kind": change.kind,
        "id": change.object_id,
        "before": getattr(change, "before", None),
        "after": change.state,
    }


def _readable(change: Mapping[str, Any]) -> Shown:
    before, after = change["before"], change["after"]
    named = after or before or {}
    return {
        "kind": KINDS.get(change["kind"], change["kind"]),
        "id": change["id"],
        "of": change["kind"],
        "title": named.get("question") or named.get("title") or "",
        "what": "Added" if before is None else "Deleted" if after is None else "Changed",
        "is_entry": change["kind"] == KnowledgeKind.ENTRY and after is not None,
        "fields": _fields(before or {}, after or {}),
    }


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Shown]:
    pairs = [(name, _words(before.get(name)), _words(after.get(name))) for name in LABELS]
    return [
        {"label": LABELS[name], "before": was, "after": now}
        for name, was, now in pairs
        if was != now
    ]


def _words(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return "" if value is None else str(value)
