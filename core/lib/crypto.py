"""Secrets at rest: Fernet with key rotation. The first key encrypts, every key decrypts."""

from functools import lru_cache
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

from core.lib.errors import DomainError


class SecretUnreadable(DomainError):
    """No key in FIELD_ENCRYPTION_KEYS opens this secret."""

    status = 503
    code = "secret_unreadable"


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(plain: str) -> str:
    return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(plain.encode()).decode()


def decrypt(sealed: str) -> str:
    try:
        return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS)).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise SecretUnreadable(
            "A stored secret can't be read with the present FIELD_ENCRYPTION_KEYS; "
            "add the key it was written with."
        ) from error


class SecretsField(models.TextField):  # type: ignore[type-arg]  # generic in the stubs only
    """A dict of secrets, encrypted as one value. Never serialise it: show `masked` instead."""

    def get_prep_value(self, value: Any) -> str:
        return encrypt(orjson.dumps(value or {}).decode())

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> dict[str, str]:
        return orjson.loads(decrypt(value)) if value else {}

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, dict) else {}

    def value_to_string(self, obj: models.Model) -> str:
        return encrypt(orjson.dumps(self.value_from_object(obj) or {}).decode())


def masked(secret: str) -> str:
    """The last four characters behind dots; all dots when the secret is short."""
    return "••••" + (secret[-4:] if len(secret) >= 12 else "")
