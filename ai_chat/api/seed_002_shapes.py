"""Shapes of `/chat/…`, in the words of its own description."""

from typing import Any

from rest_framework import serializers

from ai_chat.api.shapes import SentChatSerializer
from ai_chat.models import AIMessage
from ai_chat.selectors import LONGEST_PAGE
from core.lib.rest import FilterSerializer, QuerySerializer, StrictSerializer

PERSONA = "A persona's id, or its number among yours: 1 is the oldest."


class ChatConversationSerializer(SentChatSerializer):
    pass


class ConversationsQuery(QuerySerializer):
    persona_id = serializers.CharField(max_length=16, required=False, help_text=PERSONA)


class ChatConversationChangesSerializer(StrictSerializer):
    title = serializers.CharField(max_length=255, required=False)
    persona_id = serializers.CharField(
        max_length=16, required=False, allow_null=True, allow_blank=True, help_text=PERSONA
    )
    is_active = serializers.BooleanField(required=False)


class NewChatConversationSerializer(StrictSerializer):
    title = serializers.CharField(max_length=255, required=False)
    persona_id = serializers.CharField(
        max_length=16, required=False, allow_null=True, allow_blank=True, help_text=PERSONA
    )


class ChatMessageSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    conversation_id = serializers.CharField()
    role = serializers.ChoiceField(choices=AIMessage.Role.choices)
    content = serializers.CharField()
    state = serializers.ChoiceField(choices=AIMessage.State.choices)
    tokens_used = serializers.IntegerField(
        required=False, allow_null=True, help_text="Of answers only, as the two that follow."
    )
    model_used = serializers.CharField(required=False, allow_null=True)
    response_time_ms = serializers.IntegerField(required=False, allow_null=True)
    created_at = serializers.DateTimeField()


class MessagesQuery(FilterSerializer):
    limit = serializers.IntegerField(
        min_value=1, max_value=LONGEST_PAGE, required=False, default=50
    )
    before = serializers.CharField(
        max_length=16, required=False, help_text="A message's id: what stands above it."
    )


class ChatStatsSerializer(serializers.Serializer[Any]):
    total_conversations = serializers.IntegerField()
    total_messages = serializers.IntegerField()
    total_tokens = serializers.IntegerField(help_text="Of all calls for your chats.")
    estimated_cost_usd = serializers.FloatField(help_text="From the ledger of calls.")
    unpriced_calls = serializers.IntegerField(
        help_text="Calls without a known price; the cost leaves them out."
    )


class ChatHealthSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["healthy", "degraded"])
    openai_api = serializers.ChoiceField(choices=["connected", "disconnected", "not_configured"])
