"""Shapes of `/api/v1/knowledge/imports/`."""

from typing import Any

from rest_framework import serializers

from core.lib.rest import QuerySerializer, StrictSerializer
from settings_app.models import KnowledgeJob


class ImportBodySerializer(StrictSerializer):
    file = serializers.FileField(
        max_length=255,
        help_text="CSV, JSON, Markdown, text, PDF, Word or HTML; at most 50 MB. Questions with "
        "answers become entries, other text a source.",
    )
    as_draft = serializers.BooleanField(
        default=False, help_text="Into the draft; answers change with the publish."
    )


class ImportQuery(QuerySerializer):
    state = serializers.ChoiceField(choices=KnowledgeJob.State.choices, required=False)


class CountsSerializer(serializers.Serializer[Any]):
    added = serializers.IntegerField(required=False)
    updated = serializers.IntegerField(required=False)
    unchanged = serializers.IntegerField(required=False)
    rejected = serializers.IntegerField(required=False)
    source_id = serializers.CharField(
        required=False, help_text="The source that holds the text outside of entries."
    )
    problems = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="What could not be read."
    )


class RejectedSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    reason = serializers.CharField()


class ImportSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    file_name = serializers.CharField(allow_blank=True)
    as_draft = serializers.BooleanField()
    state = serializers.ChoiceField(choices=KnowledgeJob.State.choices)
    done = serializers.IntegerField(help_text="Rows or pages read so far.")
    total = serializers.IntegerField(allow_null=True)
    counts = CountsSerializer(help_text="Empty until it is done.")
    rejected = RejectedSerializer(many=True, help_text="The first refused rows.")
    problem = serializers.CharField(allow_blank=True, help_text="Why it failed.")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
