"""Whose business a command is about."""

from django.core.management.base import CommandError
from django.db.models import Q

from accounts.models import Business, User


def business_of(name: str) -> Business:
    """The business of the person with this user name or e-mail. Raises CommandError."""
    named = User.objects.filter(Q(username=name) | Q(email__iexact=name, email__gt=""))
    people = list(named.select_related("business")[:2])
    if not people:
        raise CommandError(f"There is no user {name}; make a business with create_business.")
    person = next((person for person in people if person.username == name), people[0])
    if person.business is None:
        raise CommandError(f"{name} belongs to no business, so there is nothing to connect to.")
    return person.business
