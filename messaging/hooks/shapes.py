"""Shapes of `/api/v1/webhooks/…`."""

from typing import Any

from rest_framework import serializers

from core.lib.rest import QuerySerializer, StrictSerializer
from messaging.hooks.events import EVENTS
from messaging.models import WebhookDelivery, WebhookEndpoint

STATES = WebhookDelivery.State.values
EVENT_NAMES = list(EVENTS)


def event_names(**options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.ChoiceField(choices=EVENT_NAMES),
        help_text="Names of events; empty = all.",
        **options,
    )


class NewWebhookSerializer(StrictSerializer):
    url = serializers.CharField(max_length=500, help_text="Where events are posted; https only.")
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    events = event_names(required=False)


# What is left out stays as it is.
class WebhookChangeSerializer(StrictSerializer):
    url = serializers.CharField(max_length=500, required=False)
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    events = event_names(required=False)
    is_active = serializers.BooleanField(required=False)


class WebhookQuery(QuerySerializer):
    pass


class WebhookSerializer(serializers.Serializer[WebhookEndpoint]):
    id = serializers.CharField()
    url = serializers.CharField()
    description = serializers.CharField()
    events = event_names()
    is_active = serializers.BooleanField()
    disabled_reason = serializers.CharField(help_text="Why Deskbell switched it off; else empty.")
    failing_since = serializers.DateTimeField(
        allow_null=True, help_text="Since when nothing is taken; null when the last was."
    )
    created_at = serializers.DateTimeField()


class MadeWebhookSerializer(WebhookSerializer):
    secret = serializers.CharField(help_text="What signatures are made with; shown this once.")


class DeliveryQuery(QuerySerializer):
    state = serializers.ChoiceField(choices=STATES, required=False)
    event = serializers.ChoiceField(choices=EVENT_NAMES, required=False)


class TrySerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True, help_text="Of the answer; null without one.")
    ms = serializers.IntegerField(allow_null=True)
    problem = serializers.CharField(help_text="Empty when it was taken.")


class DeliverySerializer(serializers.Serializer[WebhookDelivery]):
    id = serializers.CharField(help_text="The `webhook-id`, the same for each try.")
    endpoint_id = serializers.CharField()
    event = serializers.ChoiceField(choices=EVENT_NAMES)
    state = serializers.ChoiceField(choices=STATES)
    attempts = serializers.IntegerField()
    due_at = serializers.DateTimeField(help_text="When the next try is due, while it waits.")
    created_at = serializers.DateTimeField()
    delivered_at = serializers.DateTimeField(allow_null=True)
    log = TrySerializer(many=True)


def webhook_form(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return dict(WebhookSerializer(endpoint).data)


def delivery_form(delivery: WebhookDelivery) -> dict[str, Any]:
    """Without its body: what customers wrote is read where conversations may be read."""
    return dict(DeliverySerializer(delivery).data)
