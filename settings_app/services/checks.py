"""What rooms above want to have seen before a draft is published."""

from collections.abc import Callable, Sequence

from core.lib.errors import Conflict
from settings_app.drafts import Shown, draft_digest

PublishingCheck = Callable[[str, str], str]
_checks: list[PublishingCheck] = []


def register_publishing_check(check: PublishingCheck) -> None:
    """`check(business_id, digest)` says why this draft may not be published yet; "" = it may.

    It is called in the publish's transaction. The digest is that of `drafts.draft_digest`.
    """
    _checks.append(check)


def digest_to_check(business_id: str, changes: Sequence[Shown]) -> str:
    """What `refuse_unchecked` wants of these changes; takes a while when they are many."""
    return draft_digest(business_id, changes) if _checks else ""


def refuse_unchecked(business_id: str, digest: str) -> None:
    """Conflict with the reason of the first check that has one."""
    reasons = (check(business_id, digest) for check in _checks)
    if reason := next(filter(None, reasons), ""):
        raise Conflict(reason)
