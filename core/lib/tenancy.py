"""The one way to read rows that a business owns."""

from typing import Any, Protocol, Self, TypeVar

from django.db import models

from core.lib.errors import NotFound

M = TypeVar("M", bound=models.Model)


class Member(Protocol):
    """Whoever reads: a user with the id of the business it belongs to (None for platform staff)."""

    business_id: Any


class ScopedQuerySet(models.QuerySet[M]):
    """A queryset that knows which business it may show."""

    def for_user(self, user: Member) -> Self:
        """Rows of the user's own business; none for a user without one."""
        business_id = getattr(user, "business_id", None)
        return self.filter(business_id=business_id) if business_id else self.none()

    def for_business(self, business_id: str) -> Self:
        return self.filter(business_id=business_id)

    def access(self, user: Member, pk: str) -> M:
        """The row, or NotFound whether it is missing or another business's."""
        row = self.for_user(user).filter(pk=pk).first()
        if row is None:
            raise NotFound(f"There is no {self.model._meta.verbose_name} with this id.")
        return row
