"""Who may do what: agents handle conversations, owners also decide settings, channels and team."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.models import Business, User
from core.lib.errors import DomainError


class Forbidden(DomainError):
    status = 403
    code = "forbidden"


def require_owner(user: User) -> Business:
    """The business that the user owns, or Forbidden."""
    if not user.is_owner or user.business is None:
        raise Forbidden("Only the owner of the business may do this; ask them.")
    return user.business


class IsMember(BasePermission):
    """Someone who works for a business."""

    message = "This is for people who work for a business."

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(getattr(request.user, "business_id", None))


class IsOwner(BasePermission):
    """The owner of a business."""

    message = "Only the owner of the business may do this; ask them."

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(getattr(request.user, "is_owner", False))


class OwnerWrites(IsMember):
    """Members read, the owner changes."""

    message = "Only the owner of the business may do this; ask them."

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        return request.method in SAFE_METHODS or getattr(request.user, "is_owner", False)
