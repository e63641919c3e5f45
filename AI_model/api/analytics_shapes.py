"""Shapes of `analytics/`."""

from typing import Any

from rest_framework import serializers

from AI_model.models import Episode
from core.lib.rest import FilterSerializer, QuerySerializer

Fields = dict[str, "serializers.Field[Any, Any, Any, Any]"]
MOST_DAYS = 366


# `from` cannot be the name of an attribute.
class AnalyticsQuery(FilterSerializer):
    to = serializers.DateField(required=False, help_text="The last day; today when left out.")
    days = serializers.IntegerField(
        min_value=1,
        max_value=MOST_DAYS,
        required=False,
        help_text="How many days up to `to`, when `from` is left out; 30 without it.",
    )

    def get_fields(self) -> Fields:
        first = serializers.DateField(required=False, help_text="The first day.")
        return {"from": first, **super().get_fields()}


class EpisodesQuery(AnalyticsQuery, QuerySerializer):
    metric = serializers.CharField(
        max_length=100, help_text="The figure, such as `answered_by:ai` or `hour:0-13`."
    )


class AnsweredBySerializer(serializers.Serializer[Any]):
    ai = serializers.IntegerField()
    people = serializers.IntegerField()
    mixed = serializers.IntegerField()
    nobody = serializers.IntegerField()


class ResolutionSerializer(serializers.Serializer[Any]):
    open = serializers.IntegerField()
    pending = serializers.IntegerField(help_text="Closed by AI alone, less than 7 days ago.")
    resolved = serializers.IntegerField(
        help_text="Closed, answered by AI alone, not reopened within 7 days."
    )
    reopened = serializers.IntegerField(help_text="Within 7 days, whoever had answered.")
    people = serializers.IntegerField(help_text="Closed, and people took part.")
    unanswered = serializers.IntegerField(help_text="Closed without an answer.")


class HandedOverSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    by_reason = serializers.DictField(
        child=serializers.IntegerField(), help_text="By the first reason."
    )


class MessagesByKindSerializer(serializers.Serializer[Any]):
    customer = serializers.IntegerField()
    AI = serializers.IntegerField()
    support = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="Of those above, not sent.")
    uncertain = serializers.IntegerField(help_text="Of those above, perhaps sent.")


class TimesSerializer(serializers.Serializer[Any]):
    p50 = serializers.IntegerField(allow_null=True, help_text="Up to 5 % too high.")
    p95 = serializers.IntegerField(allow_null=True, help_text="Up to 5 % too high.")
    count = serializers.IntegerField()


class InOutSerializer(serializers.Serializer[Any]):
    def get_fields(self) -> Fields:
        return {"in": serializers.IntegerField(), "out": serializers.IntegerField()}


class TotalsSerializer(serializers.Serializer[Any]):
    conversations = serializers.IntegerField(help_text="A reopened one counts again.")
    answered_by = AnsweredBySerializer()
    resolution = ResolutionSerializer()
    handed_over = HandedOverSerializer()
    reopened_within_7_days = serializers.IntegerField()
    messages = MessagesByKindSerializer(help_text="On the day they were written.")
    first_answer_ms = TimesSerializer()
    ai_ms = TimesSerializer(help_text="From the start of an answer of the AI to its end.")
    tokens = InOutSerializer()
    money = serializers.FloatField(help_text="Of all calls for these conversations.")
    currency = serializers.ChoiceField(choices=["USD"])
    money_per_conversation = serializers.FloatField(allow_null=True)
    money_per_resolved = serializers.FloatField(allow_null=True)
    tokens_per_conversation = serializers.FloatField(allow_null=True)
    tokens_per_resolved = serializers.FloatField(allow_null=True)
    calls = serializers.IntegerField()
    unpriced_calls = serializers.IntegerField()


class AnalyticsDaySerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    conversations = serializers.IntegerField()
    answered_by = AnsweredBySerializer()
    resolution = ResolutionSerializer()
    handed_over = HandedOverSerializer()
    messages = MessagesByKindSerializer()
    money = serializers.FloatField()


class TopEntrySerializer(serializers.Serializer[Any]):
    entry_id = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    uses = serializers.IntegerField(help_text="Answers that cite it.")
    conversations = serializers.IntegerField()


class AnalyticsSerializer(serializers.Serializer[Any]):
    to = serializers.DateField()
    timezone = serializers.CharField(help_text="Where the days begin and end.")
    as_of = serializers.DateTimeField(
        allow_null=True, help_text="What happened up to then is counted."
    )
    totals = TotalsSerializer()
    days = AnalyticsDaySerializer(many=True, help_text="Each day, also those without anything.")
    busiest_hours = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="Customers' messages by weekday, Monday first, and hour of the day.",
    )
    top_entries = TopEntrySerializer(many=True)

    def get_fields(self) -> Fields:
        return {"from": serializers.DateField(), **super().get_fields()}


class EpisodeCustomerSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    external_id = serializers.CharField()
    name = serializers.CharField(allow_blank=True)


class EpisodeSerializer(serializers.Serializer[Any]):
    conversation_id = serializers.CharField(allow_null=True, help_text="Null once it is erased.")
    number = serializers.IntegerField(help_text="1 for the first, more for each reopening.")
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    channel = serializers.CharField(help_text="Its kind.")
    customer = EpisodeCustomerSerializer(allow_null=True)
    answered_by = serializers.ChoiceField(choices=Episode.AnsweredBy.choices)
    resolution = serializers.ChoiceField(choices=Episode.Resolution.choices)
    handover_reason = serializers.CharField(allow_null=True)
    first_answer_ms = serializers.IntegerField(allow_null=True)
    slowest_ai_ms = serializers.IntegerField(allow_null=True)
    messages = serializers.IntegerField()
    tokens = serializers.IntegerField()
    money = serializers.FloatField()
    value = serializers.FloatField(help_text="Its part of the figure; these add up to it.")
