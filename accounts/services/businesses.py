"""Making a business."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Business, User
from accounts.signals import business_created, member_created
from core.lib.errors import DomainError


def create_business(
    *, name: str, username: str, password: str, email: str = "", timezone: str = "UTC"
) -> tuple[Business, User]:
    """Make a business with its owner, and let the rooms above make what they need for it."""
    business = Business(name=name.strip() or username, timezone=timezone)
    with transaction.atomic():
        check_model(business)
        business.save()
        owner = create_member(
            business=business,
            username=username,
            password=password,
            email=email,
            role=User.Role.OWNER,
        )
        business_created.send(sender=Business, business=business, owner=owner)
    return business, owner


def create_member(
    *, business: Business, username: str, password: str, email: str, role: User.Role
) -> User:
    user = User(
        username=User.normalize_username(username.strip()),
        email=User.objects.normalize_email(email.strip()),
        business=business,
        role=role,
    )
    check_password(password, user)
    user.set_password(password)
    check_model(user)
    try:
        with transaction.atomic():
            user.save()
            member_created.send(sender=User, user=user)
    except IntegrityError as error:
        problem = "A user with that username already exists."
        raise DomainError(f"username: {problem}", fields={"username": [problem]}) from error
    return user


def check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise DomainError(
            f"password: {error.messages[0]}", fields={"password": error.messages}
        ) from error


def check_model(row: Business | User, **kwargs: Any) -> None:
    """Run the model's own validation and name the fields it refuses."""
    try:
        row.full_clean(**kwargs)
    except ValidationError as error:
        fields = error.message_dict
        name, problems = next(iter(fields.items()))
        raise DomainError(f"{name}: {problems[0]}", fields=fields) from error
