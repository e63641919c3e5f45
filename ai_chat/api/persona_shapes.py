"""Shapes of `/personas` and `/api/ai/personas/`."""

from typing import Any

from rest_framework import serializers

from ai_chat.models import Persona
from core.lib.rest import QuerySerializer, StrictSerializer


class PersonaSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    user_id = serializers.IntegerField()
    name = serializers.CharField()
    relation = serializers.ChoiceField(choices=Persona.Relation.choices)
    description = serializers.CharField()
    manner = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class PersonasQuery(QuerySerializer):
    pass


class PersonaChangesSerializer(StrictSerializer):
    name = serializers.CharField(max_length=80, required=False)
    relation = serializers.ChoiceField(
        choices=Persona.Relation.choices,
        required=False,
        help_text="`customer` rehearses with a difficult customer of your own business.",
    )
    description = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    manner = serializers.CharField(
        max_length=2000,
        required=False,
        allow_blank=True,
        help_text="Is added to what the relation implies.",
    )


class NewPersonaSerializer(PersonaChangesSerializer):
    name = serializers.CharField(max_length=80)
