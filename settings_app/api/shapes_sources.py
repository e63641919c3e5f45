"""Shapes of `/api/v1/knowledge/sources/`."""

from typing import Any

from rest_framework import serializers

from core.lib.rest import QuerySerializer, StrictSerializer
from settings_app.models import KnowledgeSource
from settings_app.reading.shapes import MAX_CHARACTERS
from settings_app.sources import MAX_DEPTH, MAX_HOURS, MAX_PAGES, MAX_TITLE


def _title(**more: Any) -> serializers.CharField:
    return serializers.CharField(max_length=MAX_TITLE, **more)


def _language() -> serializers.CharField:
    about = "A code such as en or de; empty = told by the text."
    return serializers.CharField(max_length=8, allow_blank=True, required=False, help_text=about)


def _text() -> serializers.CharField:
    return serializers.CharField(
        max_length=MAX_CHARACTERS, required=False, help_text="Markdown; of a source of kind text."
    )


class SourceFieldsSerializer(StrictSerializer):
    title = _title(required=False)
    language = _language()
    is_active = serializers.BooleanField(required=False, help_text="Whether answers may use it.")
    text = _text()
    url = serializers.CharField(
        max_length=2_000, required=False, help_text="A public web address; of a source of kind web."
    )
    follow_links = serializers.IntegerField(
        min_value=0,
        max_value=MAX_DEPTH,
        required=False,
        help_text="How many links away from the address pages of the same site are read; "
        "from 1 on the site's map is read, too.",
    )
    max_pages = serializers.IntegerField(min_value=1, max_value=MAX_PAGES, required=False)
    refresh_hours = serializers.IntegerField(
        min_value=1,
        max_value=MAX_HOURS,
        required=False,
        allow_null=True,
        help_text="After how long it is read again; null = never by itself.",
    )
    publish_at_once = serializers.BooleanField(
        required=False, help_text="Changes found later count without anybody's look."
    )


class SourceBodySerializer(SourceFieldsSerializer):
    file = serializers.FileField(
        max_length=255,
        required=False,
        help_text="As multipart: Markdown, text, PDF, Word, HTML, CSV or JSON; at most 50 MB.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = [name for name in ("text", "file", "url") if name in attrs]
        if len(given) != 1:
            raise serializers.ValidationError("Give one of text, file and url.")
        web = {"follow_links", "max_pages", "refresh_hours", "publish_at_once"} & attrs.keys()
        if given != ["url"] and web:
            problem = "Only a source with a url has this field."
            raise serializers.ValidationError({name: [problem] for name in sorted(web)})
        if given == ["text"] and "title" not in attrs:
            raise serializers.ValidationError({"title": ["This field is required."]})
        return attrs


class SourceFileSerializer(StrictSerializer):
    file = serializers.FileField(
        max_length=255, required=False, help_text="Of a source of kind file: the file anew."
    )


class SourceQuery(QuerySerializer):
    kind = serializers.ChoiceField(choices=KnowledgeSource.Kind.choices, required=False)
    state = serializers.ChoiceField(choices=KnowledgeSource.State.choices, required=False)
    pending = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Whether a newer reading waits."
    )


class ReadingQuery(QuerySerializer):
    page = None  # type: ignore[assignment]  # one object has no pages
    page_size = None  # type: ignore[assignment]
    reading = serializers.IntegerField(
        min_value=1,
        max_value=2**31 - 1,
        required=False,
        help_text="The one that was looked at; refused when another one waits.",
    )


class DocumentsQuery(QuerySerializer):
    pass


class SourceSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=KnowledgeSource.Kind.choices)
    title = serializers.CharField()
    url = serializers.CharField(allow_blank=True)
    file_name = serializers.CharField(allow_blank=True)
    language = serializers.CharField(allow_blank=True)
    follow_links = serializers.IntegerField()
    max_pages = serializers.IntegerField()
    refresh_hours = serializers.IntegerField(allow_null=True)
    publish_at_once = serializers.BooleanField()
    is_active = serializers.BooleanField()
    state = serializers.ChoiceField(choices=KnowledgeSource.State.choices)
    problem = serializers.CharField(
        allow_blank=True, help_text="What could not be read. What was known goes on counting."
    )
    reading_done = serializers.IntegerField(
        allow_null=True, help_text="Pages read so far, while it is being read."
    )
    reading = serializers.IntegerField(
        allow_null=True, help_text="The reading that answers are made from."
    )
    pending = serializers.IntegerField(
        allow_null=True, help_text="A newer reading that waits for somebody's look."
    )
    pages = serializers.IntegerField(help_text="Documents that count now.")
    characters = serializers.IntegerField()
    checked_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True, help_text="When it is read next.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SegmentSerializer(serializers.Serializer[Any]):
    what = serializers.ChoiceField(choices=["same", "added", "removed", "gap"])
    text = serializers.CharField(allow_blank=True)


class PageDifferenceSerializer(serializers.Serializer[Any]):
    place = serializers.CharField(allow_blank=True, help_text="The page's address.")
    title = serializers.CharField(allow_blank=True)
    what = serializers.ChoiceField(choices=["added", "removed", "changed"])
    segments = SegmentSerializer(many=True)


class DifferenceSerializer(serializers.Serializer[Any]):
    reading = serializers.IntegerField()
    found_at = serializers.DateTimeField()
    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    pages = PageDifferenceSerializer(many=True, help_text="The first hundred that differ.")


class DocumentLineSerializer(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    place = serializers.CharField(allow_blank=True)
    title = serializers.CharField(allow_blank=True)
    characters = serializers.IntegerField()


class DocumentSerializer(DocumentLineSerializer):
    text = serializers.CharField(allow_blank=True, help_text="Markdown.")
