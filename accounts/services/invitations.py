"""Inviting agents: the link carries a token that works once within seven days."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from accounts.models import Invitation, User
from accounts.permissions import require_owner
from accounts.services.businesses import create_member
from accounts.services.hashing import hash_token, new_token
from core.lib.errors import DomainError, NotFound

INVITATION_DAYS = 7


def invite_agent(*, owner: User, email: str) -> tuple[Invitation, str]:
    """Return the invitation and the token of its link; an open one for the same e-mail ends."""
    business = require_owner(owner)
    email = User.objects.normalize_email(email.strip())
    _check_email(email)
    token = new_token()
    with transaction.atomic():
        Invitation.objects.for_user(owner).filter(email__iexact=email, accepted_at=None).delete()
        invitation = Invitation.objects.create(
            business=business,
            email=email,
            token_hash=hash_token(token),
            invited_by=owner,
            expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
        )
    return invitation, token


def find_invitation(token: str) -> Invitation:
    """The open invitation of this token, or NotFound."""
    invitation = (
        Invitation.objects.filter(
            token_hash=hash_token(token), accepted_at__isnull=True, expires_at__gt=timezone.now()
        )
        .select_related("business")
        .first()
    )
    if invitation is None:
        raise NotFound("This invitation was used or has expired; ask for a new one.")
    return invitation


def accept_invitation(*, token: str, username: str, password: str) -> User:
    """Make the agent. The role is always agent and the business the invitation's."""
    invitation = find_invitation(token)
    with transaction.atomic():
        taken = Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True)
        if not taken.update(accepted_at=timezone.now()):
            raise NotFound("This invitation was used or has expired; ask for a new one.")
        return create_member(
            business=invitation.business,
            username=username,
            password=password,
            email=invitation.email,
            role=User.Role.AGENT,
        )


def cancel_invitation(*, owner: User, invitation: Invitation) -> None:
    require_owner(owner)
    Invitation.objects.for_user(owner).filter(pk=invitation.pk, accepted_at__isnull=True).delete()


def _check_email(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError as error:
        raise DomainError(
            f"email: {error.messages[0]}", fields={"email": error.messages}
        ) from error
