"""The shape of `config/`."""

import math
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import validate_timezone
from AI_model.api.fields import BudgetsField, HolidaysField, HoursField
from AI_model.config_rules import (
    BAD_CODE,
    CODE,
    LONGEST_TEXT,
    MOST_LANGUAGES,
    TEXT_NAMES,
    limit_problem,
    model_problem,
    plain_codes,
    plain_texts,
    texts_problems,
)
from AI_model.models import AIModelConfig
from core.lib.rest import StrictSerializer

OWN_TEXT = {"type": "string", "maxLength": LONGEST_TEXT}


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": MOST_LANGUAGES,
        "additionalProperties": {
            "type": "object",
            "properties": dict.fromkeys(TEXT_NAMES, OWN_TEXT),
            "additionalProperties": False,
        },
        "example": {"de": {"handover_text": "Gleich hilft Ihnen jemand aus dem Laden."}},
    }
)
class TextsField(serializers.Field):  # type: ignore[type-arg]
    """`{"de": {"handover_text": "…", "out_of_hours_text": "…"}}`; a PUT replaces all of them."""

    def to_internal_value(self, data: Any) -> dict[str, dict[str, str]]:
        if problems := texts_problems(data):
            raise serializers.ValidationError(problems)
        return plain_texts(data)

    def to_representation(self, value: Any) -> Any:
        return value


class CautionsSerializer(serializers.Serializer[Any]):
    careful = serializers.FloatField()
    balanced = serializers.FloatField()
    bold = serializers.FloatField()


class CalibrationSerializer(serializers.Serializer[Any]):
    """Scores from 0 to 1, by caution."""

    judged = serializers.IntegerField(help_text="Answers that were found right or wrong.")
    answer = CautionsSerializer(help_text="From which on the AI answers.")
    offer = CautionsSerializer(help_text="From which on it offers a choice.")


class ConfigSerializer(StrictSerializer):
    """A PUT takes some of the fields; those left out stay."""

    model_name = serializers.CharField(max_length=80, allow_null=True, allow_blank=True)
    temperature = serializers.FloatField(
        min_value=0, max_value=1, help_text="Sent only to models that take it."
    )
    max_tokens = serializers.IntegerField(
        min_value=64,
        max_value=16_384,
        help_text="Of the answer as customers see it; thinking has its own room.",
    )
    auto_response_enabled = serializers.BooleanField()
    mode = serializers.ChoiceField(choices=AIModelConfig.Mode.choices)
    grounding = serializers.ChoiceField(
        choices=AIModelConfig.Grounding.choices, allow_blank=True, allow_null=True
    )
    caution = serializers.ChoiceField(choices=AIModelConfig.Caution.choices)
    offer_choices = serializers.BooleanField(
        help_text="Ask “did you mean” with up to three choices when a question is not clear."
    )
    check_with_model = serializers.BooleanField(
        help_text="Have a model check each answer against its passages; costs a second call."
    )
    replay_before_publishing = serializers.BooleanField(
        help_text="A draft can be published only after a replay of it."
    )
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
    answer_length = serializers.ChoiceField(choices=AIModelConfig.Length.choices)
    languages = serializers.ListField(
        child=serializers.RegexField(CODE, max_length=35, error_messages={"invalid": BAD_CODE}),
        max_length=MOST_LANGUAGES,
        help_text="Codes to answer in; the first is for customers of other ones. Empty = any.",
    )
    handover_text = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True)
    out_of_hours_text = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True)
    texts = TextsField()
    return_to_ai_after_minutes = serializers.IntegerField(
        min_value=5,
        max_value=10_080,
        allow_null=True,
        help_text="Without a word of a person for so long, the AI answers again. null = never.",
    )
    budgets = BudgetsField()

    calibration = CalibrationSerializer(
        read_only=True,
        allow_null=True,
        help_text="What the business's own judged answers changed, every night; null = the "
        "product's thresholds count. What is sent here is ignored.",
    )

    def validate_model_name(self, value: str | None) -> str:
        business_id = self.context["config"].business_id
        if value and (problem := model_problem(value, business_id=business_id)):
            raise serializers.ValidationError(problem)
        return value or ""

    def validate_grounding(self, value: str | None) -> str:
        return value or ""

    def validate_temperature(self, value: float) -> float:
        if not math.isfinite(value):
            raise serializers.ValidationError("A valid number is required.")
        return value

    def validate_languages(self, value: list[str]) -> list[str]:
        return plain_codes(value)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """An answer's length must suit the model, whichever of the two changes."""
        named = [name for name in ("max_tokens", "model_name") if name in attrs]
        if named and (problem := self._length_problem(attrs)):
            raise serializers.ValidationError({named[0]: [problem]})
        return attrs

    def _length_problem(self, attrs: dict[str, Any]) -> str:
        config: AIModelConfig = self.context["config"]
        model_name = attrs.get("model_name", config.model_name)
        max_tokens = attrs.get("max_tokens", config.max_tokens)
        return limit_problem(model_name, max_tokens, business_id=config.business_id)
