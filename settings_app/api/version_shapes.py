"""Shapes of the versions and the draft of the knowledge."""

from typing import Any

from rest_framework import serializers

from core.lib.rest import QuerySerializer, StrictSerializer, page_of

KINDS = ("entry", "source", "prompts")
LARGEST = 2**63 - 1


class PageQuery(QuerySerializer):
    pass


class KnowledgeByPersonSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class KnowledgeCountsSerializer(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    deleted = serializers.IntegerField()


class KnowledgeVersionSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    who = KnowledgeByPersonSerializer(allow_null=True)
    via = serializers.CharField(allow_blank=True, help_text="Such as api or page.")
    summary = serializers.CharField(allow_blank=True)
    prompts_version = serializers.IntegerField(
        allow_null=True, help_text="Of the prompts at that moment."
    )
    counts = KnowledgeCountsSerializer(help_text="Entries and sources.")


class KnowledgeChangeSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=KINDS)
    id = serializers.CharField(allow_blank=True, help_text="Empty for the prompts.")
    before = serializers.DictField(allow_null=True, help_text="Null = it was not there.")
    after = serializers.DictField(allow_null=True, help_text="Null = it is deleted.")


ChangePage = page_of(KnowledgeChangeSerializer)


class KnowledgeVersionDetailSerializer(KnowledgeVersionSerializer):
    changes = ChangePage()


class KnowledgeDraftSerializer(serializers.Serializer[Any]):
    digest = serializers.CharField(
        allow_null=True, help_text="Names this draft over the present knowledge; null = no draft."
    )
    changes = ChangePage()


class KnowledgeRollbackSerializer(StrictSerializer):
    version = serializers.IntegerField(min_value=1, max_value=LARGEST)
