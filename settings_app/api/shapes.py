"""Shapes of `/api/v1/knowledge/…` and `/api/v1/prompts/…`."""

from typing import Any

from rest_framework import serializers

from core.lib.rest import QuerySerializer, StrictSerializer
from settings_app.entries import (
    MAX_ANSWER,
    MAX_LANGUAGE,
    MAX_PHRASINGS,
    MAX_QUESTION,
    MAX_TAG,
    MAX_TAGS,
)
from settings_app.services import MAX_PROMPT

LARGEST_VERSION = 2**31 - 1


def _text(longest: int, about: str = "") -> serializers.CharField:
    return serializers.CharField(max_length=longest, help_text=about)


class EntryBodySerializer(StrictSerializer):
    question = _text(MAX_QUESTION)
    answer = _text(MAX_ANSWER)
    phrasings = serializers.ListField(
        child=serializers.CharField(max_length=MAX_QUESTION),
        max_length=MAX_PHRASINGS,
        default=list,
        help_text="Other ways in which customers ask the same.",
    )
    tags = serializers.ListField(
        child=serializers.CharField(max_length=MAX_TAG), max_length=MAX_TAGS, default=list
    )
    language = serializers.CharField(
        max_length=MAX_LANGUAGE,
        allow_blank=True,
        default="",
        help_text="A code such as en or de; empty = any.",
    )
    is_active = serializers.BooleanField(default=True, help_text="Whether answers may use it.")
    valid_from = serializers.DateField(
        allow_null=True, default=None, help_text="The first day it counts, in the business's zone."
    )
    valid_to = serializers.DateField(
        allow_null=True, default=None, help_text="The last day it counts."
    )


class EntrySerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    question = serializers.CharField()
    answer = serializers.CharField()
    phrasings = serializers.ListField(child=serializers.CharField())
    tags = serializers.ListField(child=serializers.CharField())
    language = serializers.CharField(allow_blank=True)
    is_active = serializers.BooleanField()
    valid_from = serializers.DateField(allow_null=True)
    valid_to = serializers.DateField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class EntryQuery(QuerySerializer):
    search = serializers.CharField(
        max_length=100, required=False, help_text="Words of the question or the answer."
    )
    tag = serializers.CharField(max_length=MAX_TAG, required=False)
    language = serializers.CharField(max_length=MAX_LANGUAGE, required=False)
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)

    draft = serializers.BooleanField(
        required=False, default=False, help_text="As they would be with the draft published."
    )

    def validate_language(self, value: str) -> str:
        return value.lower()


class DraftQuery(QuerySerializer):
    page = None  # type: ignore[assignment]  # one object has no pages
    page_size = None  # type: ignore[assignment]
    draft = serializers.BooleanField(
        required=False, default=False, help_text="Read or change the draft, not what counts now."
    )


class VersionsQuery(QuerySerializer):
    pass


def _prompt() -> serializers.CharField:
    return serializers.CharField(
        max_length=MAX_PROMPT, allow_blank=True, trim_whitespace=False, required=False
    )


class TextsBodySerializer(StrictSerializer):
    manual_prompt = _prompt()
    knowledge_source = _prompt()
    product_service = _prompt()
    question_answer = _prompt()


class TextsSerializer(serializers.Serializer[Any]):
    manual_prompt = serializers.CharField(allow_blank=True)
    knowledge_source = serializers.CharField(allow_blank=True)
    product_service = serializers.CharField(allow_blank=True)
    question_answer = serializers.CharField(allow_blank=True)


class PromptsSerializer(TextsSerializer):
    version = serializers.IntegerField(help_text="Of the published texts, which these are.")
    draft = TextsSerializer(allow_null=True, help_text="What a publish would make of them.")
    updated_at = serializers.DateTimeField()


class VersionSerializer(TextsSerializer):
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class RollbackSerializer(StrictSerializer):
    version = serializers.IntegerField(min_value=1, max_value=LARGEST_VERSION)
