"""What messaging starts because of what happened, and what a new business has here."""

from typing import Any

from django.dispatch import receiver

from accounts.models import Business
from accounts.signals import business_created
from core.lib.on_commit import delay_on_commit
from messaging.models import Channel, Conversation
from messaging.signals import message_queued
from messaging.tasks import deliver_conversation


@receiver(message_queued, dispatch_uid="messaging.start_delivery")
def start_delivery(conversation: Conversation, **kwargs: Any) -> None:
    delay_on_commit(deliver_conversation, conversation.pk)


@receiver(business_created, dispatch_uid="messaging.make_channels")
def make_channels(sender: Any, business: Business, **kwargs: Any) -> None:
    """A channel for scripts and one for the business's web pages."""
    for kind in (Channel.Kind.API, Channel.Kind.WEBCHAT):
        Channel.objects.get_or_create(
            business=business,
            kind=kind,
            defaults={"name": str(kind.label), "health": Channel.Health.OK},
        )
