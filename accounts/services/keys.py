"""API keys: a program of the business acts for the owner who made the key, within its scopes."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import ApiKey, User
from accounts.permissions import require_owner
from accounts.services.audit import note_setting
from accounts.services.hashing import hash_token, new_token
from accounts.services.tokens import TokenRefused
from core.lib.errors import Conflict, DomainError
from core.lib.scopes import SCOPES

PREFIX = "dk_"
START = 9
"""How many of its first characters are kept to tell keys apart: six random ones."""
MOST_KEYS = 100
USED_STEP = timedelta(minutes=1)
MAX_KEY_LENGTH = 200


def make_key(
    *,
    user: User,
    name: str,
    scopes: list[str],
    expires_at: datetime | None = None,
    via: str = "api",
) -> tuple[ApiKey, str]:
    """The key's row and the key itself, which is shown now and never again (owner only)."""
    check_new_key(user=user, name=name, scopes=scopes, expires_at=expires_at)
    secret = PREFIX + new_token()
    key = ApiKey(
        business=require_owner(user),
        user=user,
        name=name.strip(),
        start=secret[:START],
        digest=hash_token(secret),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    with transaction.atomic():
        key.save(force_insert=True)
        told = {"name": key.name, "scopes": key.scopes, "expires_at": expires_at}
        _note(key, user, via, before={}, after=told)
    return key, secret


def check_new_key(
    *, user: User, name: str, scopes: list[str], expires_at: datetime | None = None
) -> None:
    """Refuse what `make_key` would refuse."""
    require_owner(user)
    _check(name, scopes, expires_at)
    if ApiKey.objects.for_user(user).filter(revoked_at=None).count() >= MOST_KEYS:
        raise Conflict(f"A business can have {MOST_KEYS} keys. Revoke one that is not used.")


def revoke_key(*, user: User, key: ApiKey, via: str = "api") -> ApiKey:
    """End a key at once; ending it twice changes nothing (owner only)."""
    require_owner(user)
    now = timezone.now()
    with transaction.atomic():
        open_keys = ApiKey.objects.for_user(user).filter(pk=key.pk, revoked_at=None)
        if open_keys.update(revoked_at=now):
            key.revoked_at = now
            _note(key, user, via, before={"revoked": False}, after={"revoked": True})
    return key


def _note(key: ApiKey, user: User, via: str, *, before: Any, after: Any) -> None:
    note_setting(
        business_id=key.business_id,
        user=user,
        via=via,
        subject="API key",
        subject_id=key.pk,
        before=before,
        after=after,
    )


def user_of_key(secret: str) -> tuple[User, ApiKey]:
    """Whom a key acts for, and the key. One statement; TokenRefused says why not."""
    key = _find(secret)
    now = timezone.now()
    if key is None:
        raise TokenRefused("There is no such API key.")
    if key.revoked_at is not None or key.is_expired:
        raise TokenRefused("This API key was revoked or has expired; ask the owner for a new one.")
    if not key.user.is_active or key.user.business_id != key.business_id:
        raise TokenRefused("Whoever made this API key does not belong to the business any more.")
    _note_use(key, now)
    return key.user, key


def _find(secret: str) -> ApiKey | None:
    if not secret.startswith(PREFIX) or len(secret) > MAX_KEY_LENGTH:
        return None
    rows = ApiKey.objects.select_related("user__business")
    return rows.filter(digest=hash_token(secret)).first()


def _note_use(key: ApiKey, now: datetime) -> None:
    """Written once a minute, so that a busy program costs no write for each request."""
    if key.last_used_at is not None and now - key.last_used_at < USED_STEP:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_STEP)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def _check(name: str, scopes: list[str], expires_at: datetime | None) -> None:
    if not name.strip():
        _refuse("name", "Say what the key is for.")
    if len(name.strip()) > 80:
        _refuse("name", "At most 80 characters.")
    if not scopes:
        _refuse("scopes", "Choose at least one scope.")
    if unknown := sorted(set(scopes) - set(SCOPES)):
        _refuse("scopes", f"There is no scope {unknown[0]}. Known are: {', '.join(SCOPES)}.")
    if expires_at is not None and expires_at <= timezone.now():
        _refuse("expires_at", "This time has passed.")


def _refuse(field: str, problem: str) -> None:
    raise DomainError(f"{field}: {problem}", fields={field: [problem]})
