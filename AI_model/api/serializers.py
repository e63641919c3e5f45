"""Shapes of the customer AI's API."""

import math
from typing import Any

from rest_framework import serializers

from accounts.models import User, validate_timezone
from AI_model.api.fields import BudgetsField, HolidaysField, HoursField
from AI_model.models import AIModelConfig, AIRun
from AI_model.providers.registry import model_choices
from core.lib.rest import StrictSerializer
from messaging.api.serializers import CitationSerializer
from messaging.models import Conversation

MAX_BULK = 500


class ConfigSerializer(StrictSerializer):
    """A PUT takes some of the fields; those left out stay."""

    model_name = serializers.CharField(max_length=80, allow_null=True, allow_blank=True)
    temperature = serializers.FloatField(min_value=0, max_value=1)
    max_tokens = serializers.IntegerField(min_value=64, max_value=16_384)
    auto_response_enabled = serializers.BooleanField()
    mode = serializers.ChoiceField(choices=AIModelConfig.Mode.choices)
    grounding = serializers.ChoiceField(
        choices=AIModelConfig.Grounding.choices, allow_blank=True, allow_null=True
    )
    caution = serializers.ChoiceField(choices=AIModelConfig.Caution.choices)
    business_hours_only = serializers.BooleanField()
    timezone = serializers.CharField(max_length=64, validators=[validate_timezone])
    business_hours = HoursField()
    holidays = HolidaysField()
    quiet_period_ms = serializers.IntegerField(min_value=0, max_value=30_000, allow_null=True)
    read_media = serializers.BooleanField(
        help_text="Show pictures and voice notes to a model that can read them."
    )
    max_turns = serializers.IntegerField(min_value=1, max_value=200)
    tone = serializers.CharField(max_length=200, allow_blank=True)
    languages = serializers.ListField(child=serializers.CharField(max_length=35), max_length=20)
    handover_text = serializers.CharField(max_length=2000, allow_blank=True)
    out_of_hours_text = serializers.CharField(max_length=2000, allow_blank=True)
    budgets = BudgetsField()

    def validate_model_name(self, value: str | None) -> str:
        choices = model_choices()
        if value and value not in choices:
            listed = ", ".join(choices) or "none is configured"
            raise serializers.ValidationError(f"There is no such model; choose from: {listed}.")
        return value or ""

    def validate_grounding(self, value: str | None) -> str:
        return value or ""

    def validate_temperature(self, value: float) -> float:
        if not math.isfinite(value):
            raise serializers.ValidationError("A valid number is required.")
        return value


class HandlerSerializer(StrictSerializer):
    default_reply_handler = serializers.ChoiceField(choices=User.Handler.choices)


class StatusSerializer(StrictSerializer):
    status = serializers.ChoiceField(choices=Conversation.Status.choices)


class StatusAnswerSerializer(serializers.Serializer[Any]):
    conversation_id = serializers.CharField()
    status = serializers.ChoiceField(choices=Conversation.Status.choices)
    ai_available = serializers.BooleanField()
    reasons = serializers.ListField(
        child=serializers.CharField(), help_text="Why the AI can't answer now."
    )


class BulkStatusSerializer(StatusSerializer):
    conversation_ids = serializers.ListField(
        child=serializers.CharField(max_length=64), min_length=1, max_length=MAX_BULK
    )


class RefusedSerializer(serializers.Serializer[Any]):
    conversation_id = serializers.CharField()
    reason = serializers.CharField()


class BulkAnswerSerializer(serializers.Serializer[Any]):
    updated = serializers.ListField(child=serializers.CharField())
    refused = RefusedSerializer(many=True)
    not_found = serializers.ListField(child=serializers.CharField())


class SuggestionSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(help_text="Empty when there is no answer; see `reason`.")
    reason = serializers.CharField(allow_null=True)
    citations = CitationSerializer(many=True)
    model = serializers.CharField(allow_null=True)


class WhyEntrySerializer(CitationSerializer):
    kind = serializers.CharField()
    cited = serializers.BooleanField()


class TokensUsedSerializer(serializers.Serializer[Any]):
    input = serializers.IntegerField()
    output = serializers.IntegerField()
    cached = serializers.IntegerField()
    thinking = serializers.IntegerField()


class CallSerializer(serializers.Serializer[Any]):
    purpose = serializers.CharField()
    provider = serializers.CharField()
    model = serializers.CharField()
    outcome = serializers.CharField()
    milliseconds = serializers.IntegerField()


class WhySerializer(serializers.Serializer[Any]):
    message_id = serializers.CharField()
    outcome = serializers.ChoiceField(choices=AIRun.Outcome.choices)
    reason = serializers.CharField(allow_null=True)
    entries = WhyEntrySerializer(many=True)
    prompts_version = serializers.IntegerField(allow_null=True)
    knowledge_version = serializers.IntegerField()
    provider = serializers.CharField(allow_null=True)
    model = serializers.CharField(allow_null=True)
    tokens = TokensUsedSerializer()
    money = serializers.FloatField(allow_null=True)
    timings = serializers.DictField(
        child=serializers.IntegerField(), help_text="Milliseconds by step."
    )
    retries = serializers.IntegerField()
    calls = CallSerializer(many=True)
