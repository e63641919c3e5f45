"""Customers' names, where the platform has to be asked for them."""

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core.lib.errors import DomainError
from core.lib.pool import release_connection
from messaging.adapters.registry import adapter_for
from messaging.models import Conversation, Customer
from messaging.services.thread import advance
from messaging.signals import conversation_changed
from messaging.types import Profile

log = structlog.get_logger(__name__)

FRESH = timedelta(days=7)
AGAIN_WITHOUT_NAME = timedelta(hours=1)


def profile_is_due(customer: Customer) -> bool:
    """Whether to ask the platform, now that the customer has written."""
    if customer.profile_at is None:
        return True
    nameless = not (customer.name or customer.username)
    age = timezone.now() - customer.profile_at
    return age > (AGAIN_WITHOUT_NAME if nameless else FRESH)


def fetch_profile(*, customer_id: str) -> None:
    """Ask who a customer is and show it; a platform that does not say leaves all as it is."""
    customer = Customer.objects.select_related("channel").filter(pk=customer_id).first()
    if customer is None or not profile_is_due(customer):
        return
    channel = customer.channel
    asked = Customer.objects.filter(pk=customer.pk, profile_at=customer.profile_at)
    if not asked.update(profile_at=timezone.now()):
        return  # somebody else is asking
    account, key = channel.account(), customer.external_id
    release_connection()
    try:
        profile = adapter_for(channel.kind).fetch_profile(account, key)
    except DomainError as error:
        log.warning("profile_not_fetched", customer_id=customer.pk, code=error.code)
        return
    _keep_profile(customer, profile)


def _keep_profile(customer: Customer, profile: Profile) -> None:
    told = {
        "name": profile.name[:200],
        "username": profile.username[:120],
        "language": profile.language[:16],
    }
    changed = {key: new for key, new in told.items() if new and getattr(customer, key) != new}
    if not changed:
        return
    with transaction.atomic():
        Customer.objects.filter(pk=customer.pk).update(**changed)
        related = ("channel", "customer")
        rows = Conversation.objects.filter(customer=customer).select_related(*related)
        for conversation in rows.order_by("pk"):
            # A name is no news: the conversation keeps its place in the list.
            named = advance(conversation, updated_at=F("updated_at"))
            if named is not None:
                conversation_changed.send(sender=Conversation, conversation=named)
