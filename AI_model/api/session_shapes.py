"""Shapes of sessions: conversations as seed 003 names them."""

from typing import Any

from rest_framework import serializers

from AI_model.api.ask_shapes import CallUsageSerializer, session_id_of, usage_form
from AI_model.api.session_reads import Opened, is_active
from core.lib.rest import QuerySerializer
from messaging.api.serializers import ChannelRefSerializer, CitationSerializer, OptionSerializer
from messaging.models import Conversation, Message
from messaging.offers import options_in

Form = dict[str, Any]
# The names of the messages' types are the roles.
ROLES = [choice for choice in Message.Type.choices if choice[0] != Message.Type.SYSTEM]


class SessionQuery(QuerySerializer):
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)
    channel = serializers.CharField(max_length=20, required=False, help_text="An id or a kind.")
    customer_id = serializers.CharField(max_length=255, required=False)
    search = serializers.CharField(
        max_length=100, required=False, help_text="In messages, and for the customer's name."
    )


class SessionSerializer(serializers.Serializer[Any]):
    session_id = serializers.CharField()
    conversation_id = serializers.CharField()
    customer_id = serializers.CharField(help_text="As the channel knows the customer.")
    customer_name = serializers.CharField()
    channel = ChannelRefSerializer()
    status = serializers.ChoiceField(choices=Conversation.Status.choices)
    is_active = serializers.BooleanField(
        help_text="Not closed, and something happened within a day."
    )
    message_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    last_activity_at = serializers.DateTimeField()


class SessionMessageSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    role = serializers.ChoiceField(choices=ROLES)
    text = serializers.CharField()
    created_at = serializers.DateTimeField()
    citations = CitationSerializer(many=True)
    options = OptionSerializer(many=True)
    delivery = serializers.ChoiceField(choices=Message.Delivery.choices, allow_null=True)


class SessionDetailSerializer(SessionSerializer):
    messages = SessionMessageSerializer(
        many=True, help_text="The latest 200, oldest first; older ones: see conversations."
    )
    usage = CallUsageSerializer()


def session_form(conversation: Any) -> Form:
    """A conversation with its `spoken` count."""
    channel, customer = conversation.channel, conversation.customer
    return {
        "session_id": session_id_of(conversation),
        "conversation_id": conversation.pk,
        "customer_id": customer.external_id,
        "customer_name": customer.name,
        "channel": {"id": channel.pk, "kind": channel.kind},
        "status": conversation.status,
        "is_active": is_active(conversation),
        "message_count": conversation.spoken,
        "created_at": conversation.created_at,
        "last_activity_at": conversation.updated_at,
    }


def opened_form(opened: Opened) -> Form:
    return session_form(opened.conversation) | {
        "messages": [_message_form(message) for message in opened.messages],
        "usage": usage_form(opened.usage),
    }


def _message_form(message: Message) -> Form:
    return {
        "id": message.pk,
        "role": message.type,
        "text": message.text,
        "created_at": message.created_at,
        "citations": message.citations,
        "options": options_in(message.details),
        "delivery": message.delivery,
    }
