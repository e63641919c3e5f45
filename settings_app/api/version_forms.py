"""Versions of the knowledge as the API shows them."""

from collections.abc import Mapping, Sequence
from typing import Any

from accounts.models import User
from settings_app import history
from settings_app.models import KnowledgeChange, KnowledgeVersion

NOTHING = {"added": 0, "changed": 0, "deleted": 0}
Form = dict[str, Any]


def version_forms(versions: Sequence[KnowledgeVersion]) -> list[Form]:
    """Of one business's versions."""
    counts = history.counts_of(versions)
    return [
        {
            "number": version.number,
            "created_at": version.created_at.isoformat(),
            "who": _person(version.user),
            "via": version.via,
            "summary": version.summary,
            "prompts_version": version.prompts_version,
            "counts": counts.get(version.number, NOTHING),
        }
        for version in versions
    ]


def _person(user: User | None) -> Form | None:
    return None if user is None else {"id": user.pk, "name": user.display_name}


def change_form(change: KnowledgeChange | Mapping[str, Any]) -> Form:
    """A change of a version, or one that the draft would make."""
    if isinstance(change, KnowledgeChange):
        before: Any = getattr(change, "before", None)
        return {
            "kind": change.kind,
            "id": change.object_id,
            "before": before,
            "after": change.state,
        }
    return dict(change)
