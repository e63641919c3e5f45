"""Changing the people of a business."""

from django.db import transaction

from accounts.models import User
from accounts.permissions import require_owner
from accounts.services.audit import note_setting
from accounts.services.businesses import check_model, check_password
from accounts.services.tokens import end_all_families
from accounts.signals import member_removed
from core.lib.errors import Conflict, DomainError, NotFound

OWN_FIELDS = frozenset({"first_name", "last_name", "email", "default_reply_handler"})


def deactivate_member(*, owner: User, member: User) -> User:
    """Take away a member's access at once; what they wrote stays."""
    require_owner(owner)
    _same_business(owner, member)
    if member.is_owner:
        raise Conflict("The owner can't be removed from their own business.")
    with transaction.atomic():
        member.is_active = False
        member.save(update_fields=["is_active"])
        end_all_families(user=member)
        member_removed.send(sender=User, user=member)
    return member


def reactivate_member(*, owner: User, member: User) -> User:
    require_owner(owner)
    _same_business(owner, member)
    member.is_active = True
    member.save(update_fields=["is_active"])
    return member


def update_profile(*, user: User, via: str = "page", **changes: str) -> User:
    """Change what people may change of themselves: names, e-mail, default reply handler.

    The handler is a setting, whose change is logged.
    """
    before = {"default_reply_handler": user.default_reply_handler}
    if unknown := set(changes) - OWN_FIELDS:
        raise DomainError(f"{min(unknown)} can't be changed here.")
    for name, value in changes.items():
        setattr(user, name, value)
    check_model(user)
    with transaction.atomic():
        user.save(update_fields=sorted(changes))
        if user.business_id is not None:
            note_setting(
                business_id=user.business_id,
                user=user,
                via=via,
                subject="member",
                subject_id=str(user.pk),
                before=before,
                after={"default_reply_handler": user.default_reply_handler},
            )
    return user


def change_password(*, user: User, old: str, new: str) -> User:
    """Set a new password; every bearer token of the old one ends."""
    if not user.check_password(old):
        problem = "This is not your present password."
        raise DomainError(problem, fields={"old_password": [problem]})
    check_password(new, user)
    user.set_password(new)
    with transaction.atomic():
        user.save(update_fields=["password"])
        end_all_families(user=user)
    return user


def _same_business(owner: User, member: User) -> None:
    if owner.business_id != member.business_id:
        raise NotFound("There is no such person in your business.")
