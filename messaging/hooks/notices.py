"""What an owner reads in the inbox about webhooks. Costs no statement."""

from collections.abc import Iterator

from accounts.models import User
from messaging.hooks.interest import interest
from messaging.services.notices import Notice

WHERE = "/admin/messaging/webhookendpoint/"


def hook_notices(user: User) -> Iterator[Notice]:
    """One for each endpoint that Deskbell switched off; owners only."""
    if user.business_id is None or not user.is_owner:
        return
    for listener in interest.listeners(user.business_id):
        if listener.problem:
            words = f"The webhook “{listener.name}” was switched off. {listener.problem}"
            yield Notice(words, WHERE, severe=True)
