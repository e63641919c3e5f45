"""A draft becomes what answers are made from."""

from collections.abc import Sequence

from django.db import IntegrityError

from accounts.models import Business, User
from accounts.services.audit import note_setting
from core.lib.errors import Conflict
from settings_app import drafts
from settings_app.drafts import Shown
from settings_app.models import KnowledgeKind
from settings_app.services.checks import digest_to_check, refuse_unchecked
from settings_app.services.prompts import locked_prompts, publish_draft
from settings_app.states import PROMPTS, Wanted, apply_entries, apply_sources, plan_entries
from settings_app.versions import Change, plan_and_write


def publish_knowledge(*, business: Business, user: User, via: str = "api") -> int:
    """Make all that is drafted count, the prompts' draft too, as one version; its number.

    Conflict when nothing is drafted, when it does not fit together, or a check refuses it.
    """
    try:
        return plan_and_write(
            business.pk,
            _Plan,
            lambda plan, change: _publish(plan, change, business, user, via),
            user=user,
            via=via,
            summary="Draft published",
        )
    except IntegrityError as error:
        raise Conflict("The knowledge was changed at the same time; publish again.") from error


class _Plan:
    """All that is read, compared and made ready of a draft before the lock."""

    def __init__(self, business_id: str) -> None:
        self.drafted = drafts.draft_mark(business_id)
        self.shown = drafts.draft_changes(business_id)
        self.digest = digest_to_check(business_id, self.shown)
        self.entries = plan_entries(business_id, _wanted(self.shown, KnowledgeKind.ENTRY))

    def is_stale(self, business_id: str) -> bool:
        return bool(self.drafted != drafts.draft_mark(business_id))


def _publish(plan: _Plan, change: Change, business: Business, user: User, via: str) -> None:
    prompts = locked_prompts(business)
    if not plan.shown:
        raise Conflict("There is nothing to publish; save a draft that differs first.")
    refuse_unchecked(business.pk, plan.digest)
    apply_entries(change, plan.entries)
    apply_sources(change, _wanted(plan.shown, KnowledgeKind.SOURCE))
    if any(item["kind"] == PROMPTS for item in plan.shown):
        publish_draft(prompts, user=user, via=via)
    drafts.forget_drafts(business.pk)
    note_version(change, user=user, via=via)


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
