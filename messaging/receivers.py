"""What every business starts with here: a channel for scripts and one for its web pages."""

from typing import Any

from django.dispatch import receiver

from accounts.models import Business
from accounts.signals import business_created
from messaging.models import Channel


@receiver(business_created, dispatch_uid="messaging.make_channels")
def make_channels(sender: Any, business: Business, **kwargs: Any) -> None:
    for kind in (Channel.Kind.API, Channel.Kind.WEBCHAT):
        Channel.objects.get_or_create(
            business=business, kind=kind, defaults={"name": kind.label, "health": Channel.Health.OK}
        )
