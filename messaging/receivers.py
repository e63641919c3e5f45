"""What messaging starts because of what happened, and what a new business has here."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from accounts.models import Business
from accounts.signals import business_created
from core.lib.on_commit import delay_on_commit
from messaging.media.store import delete_file, place_of
from messaging.models import Channel, Conversation, Customer, MediaFile
from messaging.signals import (
    button_pressed,
    event_waits,
    media_expected,
    message_queued,
    profile_wanted,
)
from messaging.tasks import (
    acknowledge_press,
    decide_event,
    deliver_conversation,
    fetch_media,
    fetch_profile,
)


@receiver(message_queued, dispatch_uid="messaging.start_delivery")
def start_delivery(conversation: Conversation, **kwargs: Any) -> None:
    delay_on_commit(deliver_conversation, conversation.pk)


@receiver(post_delete, sender=MediaFile, dispatch_uid="messaging.drop_file")
def drop_file(instance: MediaFile, **kwargs: Any) -> None:
    """With its row, whatever took that along."""
    place = place_of(instance.business_id, instance.pk)
    transaction.on_commit(partial(delete_file, place), robust=True)


@receiver(media_expected, dispatch_uid="messaging.start_fetching")
def start_fetching(media: MediaFile, **kwargs: Any) -> None:
    delay_on_commit(fetch_media, media.pk)


@receiver(profile_wanted, dispatch_uid="messaging.start_asking")
def start_asking(customer: Customer, **kwargs: Any) -> None:
    delay_on_commit(fetch_profile, customer.pk)


@receiver(button_pressed, dispatch_uid="messaging.start_acknowledging")
def start_acknowledging(channel: Channel, callback: str, **kwargs: Any) -> None:
    delay_on_commit(acknowledge_press, channel.pk, callback)


@receiver(event_waits, dispatch_uid="messaging.start_waiting")
def start_waiting(event_id: str, countdown: float, **kwargs: Any) -> None:
    delay_on_commit(decide_event, event_id, countdown=countdown)


@receiver(business_created, dispatch_uid="messaging.make_channels")
def make_channels(sender: Any, business: Business, **kwargs: Any) -> None:
    """A channel for scripts and one for the business's web pages."""
    for kind in (Channel.Kind.API, Channel.Kind.WEBCHAT):
        Channel.objects.get_or_create(
            business=business,
            kind=kind,
            defaults={"name": str(kind.label), "health": Channel.Health.OK},
        )
