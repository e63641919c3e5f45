"""Shapes of the messaging API: what comes in is checked here, what goes out is described here."""

from collections.abc import Callable
from typing import Any, TypeVar

from rest_framework import serializers

from core.lib.errors import DomainError
from core.lib.rest import QuerySerializer, StrictSerializer, page_of
from messaging.models import Channel, Conversation, Message
from messaging.webchat.look import MAX_GREETING, read_colour
from messaging.webchat.origins import read_origins

MAX_SEQ = 2**62
T = TypeVar("T")


class ChannelRefSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=Channel.Kind.choices)


class CustomerRefSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    external_id = serializers.CharField()
    name = serializers.CharField()


class CustomerSerializer(CustomerRefSerializer):
    username = serializers.CharField()
    language = serializers.CharField()
    channel = ChannelRefSerializer()
    reachable = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class LastMessageSerializer(serializers.Serializer[Any]):
    type = serializers.ChoiceField(choices=Message.Type.choices)
    text = serializers.CharField()


class WindowSerializer(serializers.Serializer[Any]):
    open = serializers.BooleanField(help_text="Whether the platform lets a person write now.")
    closes_at = serializers.DateTimeField(allow_null=True, help_text="Null = no end, or closed.")
    reason = serializers.CharField(help_text="Why one can't write; else empty.")


class ConversationSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    status = serializers.ChoiceField(choices=Conversation.Status.choices)
    channel = ChannelRefSerializer()
    customer = CustomerRefSerializer()
    assigned_to = serializers.IntegerField(allow_null=True)
    unread = serializers.IntegerField()
    needs_a_look = serializers.BooleanField()
    handover_reason = serializers.CharField(allow_null=True)
    last_message = LastMessageSerializer(allow_null=True)
    window = WindowSerializer()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ConversationDetailSerializer(ConversationSerializer):
    handover_summary = serializers.CharField()
    revision = serializers.IntegerField(help_text="Grows with every change; the cursor of `after`.")


class TakenOverSerializer(ConversationSerializer):
    in_flight = serializers.ListField(
        child=serializers.CharField(), help_text="AI messages whose send had already begun."
    )


class FailureSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class CitationSerializer(serializers.Serializer[Any]):
    entry_id = serializers.CharField()
    title = serializers.CharField()
    score = serializers.FloatField()


class OptionSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="An entry's, or `none`: none of these.")
    title = serializers.CharField()


class MessageSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    conversation_id = serializers.CharField()
    type = serializers.ChoiceField(choices=Message.Type.choices)
    text = serializers.CharField()
    attachments = serializers.ListField(child=serializers.DictField())
    created_at = serializers.DateTimeField()
    delivery = serializers.ChoiceField(
        choices=Message.Delivery.choices, allow_null=True, help_text="Null for customers' messages."
    )
    failure = FailureSerializer(allow_null=True)
    citations = CitationSerializer(many=True)
    options = OptionSerializer(many=True, help_text="What the customer may choose from.")
    verdict = serializers.BooleanField(
        allow_null=True, help_text="Whether an agent found an AI answer right; null = not judged."
    )


class ThreadSerializer(page_of(MessageSerializer)):  # type: ignore[misc]
    revision = serializers.IntegerField(help_text="The conversation's; give it as `after` later.")


class ChannelSerializer(ChannelRefSerializer):
    name = serializers.CharField()
    external_id = serializers.CharField()
    is_active = serializers.BooleanField()
    health = serializers.ChoiceField(choices=Channel.Health.choices)
    health_detail = serializers.CharField()
    settings = serializers.DictField()
    last_inbound_at = serializers.DateTimeField(allow_null=True)
    last_outbound_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class ConversationQuery(QuerySerializer):
    status = serializers.ChoiceField(choices=Conversation.Status.choices, required=False)
    channel = serializers.CharField(max_length=20, required=False, help_text="An id or a kind.")
    assignee = serializers.CharField(
        max_length=20, required=False, help_text="A person's id, `me` or `nobody`."
    )
    unread = serializers.BooleanField(required=False, allow_null=True, default=None)
    search = serializers.CharField(max_length=100, required=False)

    def validate_assignee(self, value: str) -> str:
        if value not in {"me", "nobody"} and not (value.isdecimal() and len(value) <= 18):
            raise serializers.ValidationError("Use a person's id, me or nobody.")
        return value


class MessageQuery(QuerySerializer):
    type = serializers.ChoiceField(choices=Message.Type.choices, required=False)
    delivery = serializers.ChoiceField(choices=Message.Delivery.choices, required=False)
    conversation = serializers.CharField(max_length=20, required=False)


class ChannelQuery(QuerySerializer):
    kind = serializers.ChoiceField(choices=Channel.Kind.choices, required=False)


class ThreadQuery(StrictSerializer):
    after = serializers.IntegerField(
        min_value=0,
        max_value=MAX_SEQ,
        required=False,
        help_text="What was said or changed after this revision, in the order of the changes.",
    )
    before = serializers.IntegerField(
        min_value=0, max_value=MAX_SEQ, required=False, help_text="Older messages; see `previous`."
    )
    limit = serializers.IntegerField(min_value=1, required=False, default=100)


class AnswerSerializer(StrictSerializer):
    text = serializers.CharField(max_length=20_000)
    client_key = serializers.CharField(
        max_length=64,
        required=False,
        allow_blank=True,
        default="",
        help_text="Your own key; the same key sends once.",
    )


class AssignSerializer(StrictSerializer):
    assignee = serializers.CharField(
        max_length=150, allow_null=True, help_text="A person's id, `me`, or null for nobody."
    )


# What an owner decides about a web chat; what is left out stays.
class ChannelSettingsSerializer(StrictSerializer):
    colour = serializers.CharField(
        max_length=7, required=False, allow_blank=True, help_text="Such as #0b6760; empty = ours."
    )
    greeting = serializers.CharField(max_length=MAX_GREETING, required=False, allow_blank=True)
    allowed_origins = serializers.ListField(
        child=serializers.CharField(max_length=300),
        required=False,
        help_text="Sites that may show the chat, such as https://shop.example; empty = any site.",
    )

    def validate_colour(self, value: str) -> str:
        return _checked(read_colour, value)

    def validate_allowed_origins(self, value: list[str]) -> list[str]:
        return _checked(read_origins, value)


def _checked(read: Callable[[T], T], value: T) -> T:
    try:
        return read(value)
    except DomainError as error:
        raise serializers.ValidationError(error.detail) from None
