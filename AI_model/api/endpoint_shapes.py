"""Shapes of `/api/ai/endpoints/…` and `/api/ai/models/…`."""

from typing import Any

from rest_framework import serializers

from AI_model.models import Endpoint, LanguageModel
from AI_model.services.models import ModelChoice, key_of
from core.lib.crypto import masked
from core.lib.rest import QuerySerializer, StrictSerializer

ADDRESS = (
    "Where the API begins: with /v1 for OpenAI and compatible servers, without a version for "
    "Anthropic and Gemini. Empty = the vendor's own."
)


def key_field() -> serializers.CharField:
    return serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        write_only=True,
        help_text="Never shown again. Goes away when the address changes without a new one.",
    )


class NewEndpointSerializer(StrictSerializer):
    name = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(choices=Endpoint.Kind.choices)
    base_url = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text=ADDRESS
    )
    api_key = key_field()
    enabled = serializers.BooleanField(required=False)


# What is left out stays as it is.
class EndpointChangeSerializer(StrictSerializer):
    name = serializers.CharField(max_length=80, required=False)
    kind = serializers.ChoiceField(choices=Endpoint.Kind.choices, required=False)
    base_url = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text=ADDRESS
    )
    api_key = key_field()
    enabled = serializers.BooleanField(required=False)


class EndpointQuery(QuerySerializer):
    pass


class EndpointTestSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    ok = serializers.BooleanField()
    code = serializers.CharField(help_text="“ok”, or what is wrong in one word.")
    detail = serializers.CharField(help_text="What is wrong, and what to do.")
    milliseconds = serializers.IntegerField()
    model = serializers.CharField(help_text="The id of the model that was asked.")


class OwnModelSerializer(serializers.Serializer[LanguageModel]):
    id = serializers.CharField()
    endpoint = serializers.CharField(help_text="Id of the endpoint.")
    name = serializers.CharField()
    model_id = serializers.CharField()
    temperature = serializers.FloatField(allow_null=True)
    max_tokens = serializers.IntegerField(allow_null=True)
    context_tokens = serializers.IntegerField(allow_null=True)
    enabled = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class EndpointSerializer(serializers.Serializer[Endpoint]):
    id = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Endpoint.Kind.choices)
    base_url = serializers.CharField()
    api_key = serializers.CharField(help_text="Masked; empty when there is none.")
    enabled = serializers.BooleanField()
    last_test = EndpointTestSerializer(allow_null=True)
    models = OwnModelSerializer(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class EndpointTrySerializer(StrictSerializer):
    model_id = serializers.CharField(
        max_length=120,
        required=False,
        allow_blank=True,
        help_text="Empty = the endpoint's first model.",
    )


class OfferedSerializer(serializers.Serializer[Any]):
    models = serializers.ListField(child=serializers.CharField(), help_text="Ids, sorted.")


class ModelQuery(QuerySerializer):
    pass


class ModelSerializer(serializers.Serializer[Any]):
    """A model that chats and the customers' AI can use, by `name`."""

    id = serializers.CharField(allow_null=True, help_text="null for the operator's.")
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a declared field, taken away
    kind = serializers.CharField()
    model_id = serializers.CharField()
    endpoint = serializers.CharField(allow_null=True, help_text="null for the operator's.")
    context_tokens = serializers.IntegerField()
    streams = serializers.BooleanField()
    builtin = serializers.BooleanField(help_text="True for the operator's.")


# The same limits in both, by the row's own.
class ModelChangeSerializer(StrictSerializer):
    name = serializers.CharField(max_length=80, required=False)
    model_id = serializers.CharField(max_length=120, required=False)
    temperature = serializers.FloatField(
        min_value=0,
        max_value=2,
        required=False,
        allow_null=True,
        help_text="Where none is asked for. Sent only to models that take it.",
    )
    max_tokens = serializers.IntegerField(
        min_value=16,
        max_value=128_000,
        required=False,
        allow_null=True,
        help_text="The longest answer.",
    )
    context_tokens = serializers.IntegerField(
        min_value=512,
        max_value=10_000_000,
        required=False,
        allow_null=True,
        help_text="What it reads and writes together; null = as known of it, or 8,192.",
    )
    enabled = serializers.BooleanField(required=False)


class NewModelSerializer(ModelChangeSerializer):
    endpoint = serializers.CharField(max_length=16)
    name = serializers.CharField(max_length=80)
    model_id = serializers.CharField(max_length=120)


def endpoint_form(endpoint: Endpoint) -> dict[str, Any]:
    key = key_of(endpoint)
    return {
        "id": endpoint.pk,
        "name": endpoint.name,
        "kind": endpoint.kind,
        "base_url": endpoint.base_url,
        "api_key": masked(key) if key else "",
        "enabled": endpoint.enabled,
        "last_test": endpoint.last_test,
        "models": [own_model_form(row) for row in endpoint.language_models.all()],
        "created_at": endpoint.created_at,
        "updated_at": endpoint.updated_at,
    }


def own_model_form(row: LanguageModel) -> dict[str, Any]:
    return {
        "id": row.pk,
        "endpoint": row.endpoint_id,
        "name": row.name,
        "model_id": row.model_id,
        "temperature": row.temperature,
        "max_tokens": row.max_tokens,
        "context_tokens": row.context_tokens,
        "enabled": row.enabled,
        "created_at": row.created_at,
    }


def choice_form(choice: ModelChoice) -> dict[str, Any]:
    return {
        "id": choice.id,
        "name": choice.name,
        "label": choice.label,
        "kind": choice.kind,
        "model_id": choice.model_id,
        "endpoint": choice.endpoint_id,
        "context_tokens": choice.context_tokens,
        "streams": choice.streams,
        "builtin": choice.builtin,
    }
