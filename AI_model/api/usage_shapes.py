"""Shapes of `usage/`."""

from typing import Any

from rest_framework import serializers

from AI_model.budgets import State
from core.lib.rest import FilterSerializer


class UsageQuery(FilterSerializer):
    days = serializers.IntegerField(
        min_value=1, max_value=366, default=30, help_text="Whole days, today included."
    )


class SumsSerializer(serializers.Serializer[Any]):
    calls = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="Calls that brought no answer.")
    unpriced = serializers.IntegerField(help_text="Calls whose price is not known.")
    tokens_in = serializers.IntegerField(help_text="Cached ones included.")
    tokens_out = serializers.IntegerField(help_text="Those of thinking included.")
    tokens_cached = serializers.IntegerField()
    tokens_thinking = serializers.IntegerField()
    money = serializers.FloatField(help_text="US dollars, without the unpriced calls.")


class DayUsageSerializer(SumsSerializer):
    date = serializers.DateField()


class ModelUsageSerializer(SumsSerializer):
    provider = serializers.CharField()
    model = serializers.CharField()


class PurposeUsageSerializer(SumsSerializer):
    purpose = serializers.CharField()


class UsageUserSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    username = serializers.CharField()


class UserUsageSerializer(SumsSerializer):
    user = UsageUserSerializer(allow_null=True, help_text="Null = for no user of their own.")


class UsageBusinessSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()


class BusinessUsageSerializer(SumsSerializer):
    business = UsageBusinessSerializer()


class BudgetStateSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="As in `config/`, such as `daily_money`.")
    scope = serializers.CharField(help_text="The day or month it counts for.")
    limit = serializers.FloatField(help_text="Tokens or dollars, as the name says.")
    spent = serializers.FloatField()
    share = serializers.FloatField(help_text="1 = all of it.")
    state = serializers.ChoiceField(choices=[state.value for state in State])


class UsageSerializer(serializers.Serializer[Any]):
    days = serializers.IntegerField()
    date_from = serializers.DateField()
    date_to = serializers.DateField()
    currency = serializers.ChoiceField(choices=["USD"])
    totals = SumsSerializer()
    by_day = DayUsageSerializer(many=True, help_text="Each day, also those without calls.")
    by_model = ModelUsageSerializer(many=True, help_text="What cost most comes first.")
    by_purpose = PurposeUsageSerializer(many=True)
    by_user = UserUsageSerializer(many=True, help_text="The first 100.")


class UsageStatsSerializer(UsageSerializer):
    timezone = serializers.CharField(help_text="Where the days begin and end.")
    budgets = BudgetStateSerializer(many=True)


class UsageGlobalSerializer(UsageSerializer):
    by_business = BusinessUsageSerializer(many=True, help_text="The first 100.")
