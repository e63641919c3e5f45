"""A draft becomes what answers are made from."""

from collections.abc import Sequence

from django.db import IntegrityError

from accounts.models import Business, User
from accounts.services.audit import note_setting
from core.lib.errors import Conflict
from settings_app import drafts
from settings_app.drafts import Shown
from settings_app.models import KnowledgeKind
from settings_app.services.checks import refuse_unchecked
from settings_app.services.prompts import locked_prompts, publish_draft
from settings_app.states import PROMPTS, Wanted, apply_entries, apply_sources
from settings_app.versions import Change, changing


def publish_knowledge(*, business: Business, user: User, via: str = "api") -> int:
    """Make all that is drafted count, the prompts' draft too, as one version; its number.

    Conflict when nothing is drafted, when it does not fit together, or a check refuses it.
    """
    try:
        with changing(business.pk, user=user, via=via, summary="Draft published") as change:
            prompts = locked_prompts(business)
            shown = drafts.draft_changes(business.pk)
            if not shown:
                raise Conflict("There is nothing to publish; save a draft that differs first.")
            refuse_unchecked(business.pk, shown)
            _apply(change, shown)
            if any(item["kind"] == PROMPTS for item in shown):
                publish_draft(prompts, user=user, via=via)
            drafts.forget_drafts(business.pk)
            note_version(change, user=user, via=via)
    except IntegrityError as error:
        raise Conflict("The knowledge was changed at the same time; publish again.") from error
    return change.number


def _apply(change: Change, shown: Sequence[Shown]) -> None:
    apply_entries(change, _wanted(shown, KnowledgeKind.ENTRY))
    apply_sources(change, _wanted(shown, KnowledgeKind.SOURCE))


def _wanted(shown: Sequence[Shown], kind: str) -> Wanted:
    return {item["id"]: item["after"] for item in shown if item["kind"] == kind}


def note_version(change: Change, *, user: User, via: str) -> None:
    """Log who made the running version, in the log of settings."""
    note_setting(
        business_id=change.business_id,
        user=user,
        via=via,
        subject="knowledge",
        before={"version": change.number - 1},
        after={"version": change.number},
    )
