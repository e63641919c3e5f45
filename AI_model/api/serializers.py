"""Shapes of the customer AI's API."""

from typing import Any

from rest_framework import serializers

from accounts.models import User
from AI_model.models import AIRun
from core.lib.rest import StrictSerializer
from messaging.api.changes import PersonSerializer
from messaging.api.serializers import CitationSerializer
from messaging.models import Conversation, StatusChange

MAX_BULK = 500


class HandlerSerializer(StrictSerializer):
    default_reply_handler = serializers.ChoiceField(choices=User.Handler.choices)


class StatusSerializer(StrictSerializer):
    status = serializers.ChoiceField(choices=Conversation.Status.choices)


class StatusChangedSerializer(serializers.Serializer[Any]):
    by = serializers.ChoiceField(choices=StatusChange.By.choices)
    user = PersonSerializer(allow_null=True)
    reason = serializers.CharField(allow_null=True)


class StatusAnswerSerializer(serializers.Serializer[Any]):
    conversation_id = serializers.CharField()
    status = serializers.ChoiceField(choices=Conversation.Status.choices)
    changed_at = serializers.DateTimeField(allow_null=True, help_text="Null = never.")
    changed_by = StatusChangedSerializer(allow_null=True)
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


class PriceSerializer(serializers.Serializer[Any]):
    input = serializers.FloatField(help_text="US dollars per million tokens.")
    output = serializers.FloatField()
    cached = serializers.FloatField()
    valid_from = serializers.DateTimeField()


class CallSerializer(serializers.Serializer[Any]):
    purpose = serializers.CharField()
    provider = serializers.CharField()
    model = serializers.CharField()
    outcome = serializers.CharField()
    milliseconds = serializers.IntegerField()
    tokens = TokensUsedSerializer()
    money = serializers.FloatField(allow_null=True, help_text="US dollars.")
    price = PriceSerializer(allow_null=True, help_text="Null = no price was known.")


class ChecksSerializer(serializers.Serializer[Any]):
    citations = serializers.IntegerField()
    sentences = serializers.IntegerField()
    numbers = serializers.IntegerField(help_text="Figures, prices, times and dates.")
    contacts = serializers.IntegerField(help_text="Links, mail addresses and telephone numbers.")
    attempts = serializers.IntegerField(help_text="How often the model was asked to write it.")
    problems = serializers.ListField(
        child=serializers.CharField(), help_text="What was wrong with the last attempt."
    )
    own_words = serializers.BooleanField(
        help_text="The entry's or text's own words were sent in its place."
    )
    model = serializers.CharField(
        allow_null=True, help_text="What a second model said: agreed, refused or none."
    )


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
    money = serializers.FloatField(
        allow_null=True, help_text="US dollars; null when the price of a call is not known."
    )
    checks = ChecksSerializer(allow_null=True, help_text="Null = no model wrote it.")
    timings = serializers.DictField(
        child=serializers.IntegerField(), help_text="Milliseconds by step."
    )
    retries = serializers.IntegerField()
    calls = CallSerializer(many=True)


class VerdictSerializer(StrictSerializer):
    right = serializers.BooleanField(allow_null=True, help_text="null takes the verdict back.")
