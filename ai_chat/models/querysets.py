"""Reading what belongs to one person alone."""

from typing import TypeVar

from django.db import models

from accounts.models import User
from core.lib.tenancy import ScopedQuerySet

M = TypeVar("M", bound=models.Model)


class OwnQuerySet(ScopedQuerySet[M]):
    """`for_user` gives a person's own rows, within the business it belongs to now."""

    def for_user(self, user: User) -> "OwnQuerySet[M]":  # type: ignore[override]
        return super().for_user(user).filter(user_id=user.pk)
