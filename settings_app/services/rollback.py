"""An old version of the knowledge becomes the next one."""

from django.db import IntegrityError

from accounts.models import Business, User
from core.lib.errors import Conflict
from settings_app import history
from settings_app.models import KnowledgeKind
from settings_app.services.prompts import restore_prompts
from settings_app.services.publishing import note_version
from settings_app.states import (
    States,
    apply_entries,
    apply_sources,
    live_states,
    plan_entries,
)
from settings_app.versions import Change, plan_and_write


def roll_back_knowledge(*, business: Business, user: User, version: int, via: str = "api") -> int:
    """Make entries, sources and prompts what they were at `version`; the new version's number.

    Entries keep their ids. Sources that came later are switched off, deleted ones stay deleted.
    The draft stays. NotFound; Conflict when nothing differs.
    """
    try:
        return plan_and_write(
            business.pk,
            lambda business_id: _Plan(business_id, version),
            lambda plan, change: _roll_back(plan, change, business, user, via),
            user=user,
            via=via,
            summary=f"Back to version {version}",
        )
    except IntegrityError as error:
        raise Conflict("The knowledge was changed at the same time; go back again.") from error


class _Plan:
    """What has to be done, told by comparing all entries before the lock."""

    def __init__(self, business_id: str, version: int) -> None:
        self.version = version
        self.prompts = history.version_of(business_id, version).prompts_version
        then = history.entries_at(business_id, version)
        live = live_states(business_id, KnowledgeKind.ENTRY)
        wanted = {pk: then.get(pk) for pk in live.keys() | then.keys()}
        self.entries = plan_entries(business_id, wanted, live)

    def is_stale(self, business_id: str) -> bool:
        return False


def _roll_back(plan: _Plan, change: Change, business: Business, user: User, via: str) -> None:
    apply_entries(change, plan.entries)
    apply_sources(change, _sources(business.pk, plan.version))
    restore_prompts(business, plan.prompts, user=user, via=via)
    if not change:
        raise Conflict("Nothing differs from that version.")
    note_version(change, user=user, via=via)


def _sources(business_id: str, version: int) -> States:
    then = history.sources_at(business_id, version)
    live = live_states(business_id, KnowledgeKind.SOURCE)
    return {pk: then.get(pk, state | {"is_active": False}) for pk, state in live.items()}
