"""An old version of the knowledge becomes the next one."""

from django.db import IntegrityError

from accounts.models import Business, User
from core.lib.errors import Conflict
from settings_app import history
from settings_app.models import KnowledgeKind
from settings_app.services.prompts import restore_prompts
from settings_app.services.publishing import note_version
from settings_app.states import States, apply_entries, apply_sources, live_states
from settings_app.versions import changing


def roll_back_knowledge(*, business: Business, user: User, version: int, via: str = "api") -> int:
    """Make entries, sources and prompts what they were at `version`; the new version's number.

    Entries keep their ids. Sources that came later are switched off, deleted ones stay deleted.
    The draft stays. NotFound; Conflict when nothing differs.
    """
    summary = f"Back to version {version}"
    try:
        with changing(business.pk, user=user, via=via, summary=summary) as change:
            kept = history.version_of(business.pk, version)
            entries = history.entries_at(business.pk, version)
            live = live_states(business.pk, KnowledgeKind.ENTRY)
            apply_entries(change, {pk: entries.get(pk) for pk in live.keys() | entries.keys()})
            apply_sources(change, _sources(business.pk, version))
            restore_prompts(business, kept.prompts_version, user=user, via=via)
            if not change:
                raise Conflict("Nothing differs from that version.")
            note_version(change, user=user, via=via)
    except IntegrityError as error:
        raise Conflict("The knowledge was changed at the same time; go back again.") from error
    return change.number


def _sources(business_id: str, version: int) -> States:
    then = history.sources_at(business_id, version)
    live = live_states(business_id, KnowledgeKind.SOURCE)
    return {pk: then.get(pk, state | {"is_active": False}) for pk, state in live.items()}
