"""Shapes of `/api/v1/knowledge/proposals/…`."""

from typing import Any

from rest_framework import serializers

from AI_model.models import ProposedEntry
from core.lib.rest import QuerySerializer, StrictSerializer
from settings_app.entries import (
    MAX_ANSWER,
    MAX_LANGUAGE,
    MAX_PHRASINGS,
    MAX_QUESTION,
    MAX_TAG,
    MAX_TAGS,
)


class ProposalsQuery(QuerySerializer):
    state = serializers.ChoiceField(choices=ProposedEntry.State.choices, required=False)


class ProposalSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    state = serializers.ChoiceField(choices=ProposedEntry.State.choices)
    question = serializers.CharField()
    phrasings = serializers.ListField(child=serializers.CharField())
    answer = serializers.CharField()
    language = serializers.CharField(allow_blank=True)
    entry_id = serializers.CharField(
        allow_null=True, help_text="The entry that it adds phrasings to, or became."
    )
    asked = serializers.IntegerField(help_text="How often people answered it.")
    decided_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class PartSerializer(serializers.Serializer[Any]):
    conversation_id = serializers.CharField()
    message_id = serializers.CharField(help_text="The first message of the answer.")
    question = serializers.CharField()
    answer = serializers.CharField()


class ProposalDetailSerializer(ProposalSerializer):
    parts = PartSerializer(many=True)


class ApproveSerializer(StrictSerializer):
    question = serializers.CharField(max_length=MAX_QUESTION, required=False)
    answer = serializers.CharField(max_length=MAX_ANSWER, required=False)
    phrasings = serializers.ListField(
        child=serializers.CharField(max_length=MAX_QUESTION),
        max_length=MAX_PHRASINGS,
        required=False,
    )
    language = serializers.CharField(max_length=MAX_LANGUAGE, allow_blank=True, required=False)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=MAX_TAG), max_length=MAX_TAGS, required=False
    )
    as_draft = serializers.BooleanField(
        default=False, help_text="Into the draft; answers change when that is published."
    )


class LookSerializer(serializers.Serializer[Any]):
    asked_at = serializers.DateTimeField(
        allow_null=True, help_text="Empty once all was looked through."
    )
    looked_to = serializers.DateTimeField()


class AboutSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="entry, source or prompts.")
    id = serializers.CharField()
    title = serializers.CharField()


class UpkeepFindingSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField()
    about = AboutSerializer(many=True)
    suggestions = serializers.ListField(
        child=serializers.CharField(), help_text="Customers' words to add as phrasings."
    )


class UpkeepFindingsSerializer(serializers.Serializer[Any]):
    contradiction = UpkeepFindingSerializer(many=True)
    duplicate = UpkeepFindingSerializer(many=True)
    stale = UpkeepFindingSerializer(many=True)
    unused = UpkeepFindingSerializer(many=True)
    one_phrasing = UpkeepFindingSerializer(many=True)


class UpkeepCountsSerializer(serializers.Serializer[Any]):
    contradiction = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    stale = serializers.IntegerField()
    unused = serializers.IntegerField()
    one_phrasing = serializers.IntegerField()


class UpkeepSerializer(serializers.Serializer[Any]):
    checked_at = serializers.DateTimeField(allow_null=True, help_text="Empty before the first.")
    asked_at = serializers.DateTimeField(allow_null=True, help_text="Set while a check is due.")
    version = serializers.IntegerField(help_text="The version of the knowledge it is about.")
    counts = UpkeepCountsSerializer(help_text="Of all; at most 200 of a kind are listed.")
    findings = UpkeepFindingsSerializer()
