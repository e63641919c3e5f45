"""Reads of people, each within the reader's own business."""

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Invitation, User
from core.lib.errors import NotFound


def members_for(user: User) -> QuerySet[User]:
    """Everyone of the user's business, the owner first."""
    if user.business_id is None:
        return User.objects.none()
    return User.objects.filter(business_id=user.business_id).order_by("-role", "username")


def access_member(user: User, member_id: str) -> User:
    """The member, or NotFound whether missing or another business's."""
    known = str(member_id).isdecimal() and len(str(member_id)) <= 18
    member = members_for(user).filter(pk=member_id).first() if known else None
    if member is None:
        raise NotFound("There is no such person in your business.")
    return member


def open_invitations(user: User) -> QuerySet[Invitation]:
    return (
        Invitation.objects.for_user(user)
        .filter(accepted_at__isnull=True, expires_at__gt=timezone.now())
        .order_by("-created_at")
    )
