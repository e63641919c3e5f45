"""Shapes of `/api/v1/channels/…`."""

from typing import Any

from rest_framework import serializers

from core.lib.rest import StrictSerializer
from messaging.api.serializers import ChannelSettingsSerializer
from messaging.models import Channel
from messaging.services.connecting import FLAVOURS
from messaging.services.findings import Severity

KINDS = [kind for kind in Channel.Kind.values if kind != Channel.Kind.API]


# What is left out stays as it is.
class DecidedSerializer(ChannelSettingsSerializer):
    groups = serializers.BooleanField(
        required=False, help_text="Telegram: answer in groups where the bot is addressed."
    )
    human_agent = serializers.BooleanField(
        required=False,
        help_text="Instagram, Messenger: the app holds Meta's Human Agent permission.",
    )


class NewChannelSerializer(StrictSerializer):
    kind = serializers.ChoiceField(choices=KINDS)
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    settings = DecidedSerializer(required=False, default=dict)
    token = serializers.CharField(
        max_length=1000, required=False, help_text="Of a bot, an Instagram account or a page."
    )
    secret = serializers.CharField(
        max_length=256, required=False, help_text="Telegram's webhook secret; made up if left out."
    )
    account_id = serializers.CharField(
        max_length=30, required=False, help_text="The Instagram account's or the page's id."
    )
    flavour = serializers.ChoiceField(
        choices=FLAVOURS, required=False, help_text="Instagram: whose login the token is of."
    )
    page_id = serializers.CharField(
        max_length=30, required=False, help_text="Instagram by Facebook login: the page's id."
    )
    app_secret = serializers.CharField(
        max_length=256, required=False, help_text="Of an app of your own; else the server's."
    )
    register = serializers.BooleanField(
        required=False, help_text="False: have the platform deliver here yourself."
    )


class ChannelChangeSerializer(StrictSerializer):
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)
    settings = DecidedSerializer(required=False)


class FindingSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    severity = serializers.ChoiceField(choices=[severity.value for severity in Severity])
    sentence = serializers.CharField()
    remedy = serializers.CharField(help_text="What to do; empty when nothing.")


class HealthSerializer(serializers.Serializer[Any]):
    channel_id = serializers.CharField()
    kind = serializers.ChoiceField(choices=Channel.Kind.choices)
    name = serializers.CharField()
    is_active = serializers.BooleanField()
    health = serializers.ChoiceField(choices=Channel.Health.choices)
    health_detail = serializers.CharField()
    checked_at = serializers.DateTimeField(allow_null=True)
    token_expires_at = serializers.DateTimeField(
        allow_null=True, help_text="Null when it does not end, or nobody knows yet."
    )
    token_renewed_at = serializers.DateTimeField(allow_null=True)
    last_inbound_at = serializers.DateTimeField(allow_null=True)
    last_outbound_at = serializers.DateTimeField(allow_null=True)
    findings = FindingSerializer(many=True)
