"""The shape of `config/`."""

import math

from rest_framework import serializers

from accounts.models import validate_timezone
from AI_model.api.fields import BudgetsField, HolidaysField, HoursField
from AI_model.models import AIModelConfig
from AI_model.providers.registry import model_choices
from core.lib.rest import StrictSerializer


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
