"""Shapes of `/api/ai/`: what comes in is checked here, what goes out is described here."""

from typing import Any

from rest_framework import serializers

from ai_chat.models import AIChat, AIMessage
from ai_chat.selectors import LONGEST_PAGE
from ai_chat.services.words import LONGEST_MESSAGE
from core.lib.rest import FilterSerializer, QuerySerializer, StrictSerializer, page_of
from messaging.api.serializers import FailureSerializer

LONGEST_PROMPT = 20_000


class AIChatSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    user = serializers.IntegerField()
    title = serializers.CharField()
    titled = serializers.ChoiceField(choices=AIChat.Titled.choices)
    folder = serializers.CharField(allow_null=True)
    persona = serializers.CharField(allow_null=True)
    model_name = serializers.CharField(help_text="Empty = the user's default.")
    system_prompt = serializers.CharField()
    temperature = serializers.FloatField(allow_null=True)
    related_chat = serializers.CharField(
        allow_null=True, help_text="The id of a customer conversation."
    )
    include_related = serializers.BooleanField()
    redact_related = serializers.BooleanField()
    keep_summary = serializers.BooleanField()
    summary = serializers.CharField()
    is_active = serializers.BooleanField()
    active_leaf = serializers.CharField(
        allow_null=True, help_text="The last message of the branch that the model sees."
    )
    revision = serializers.IntegerField(help_text="Grows with every change; the id of events.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    deleted_at = serializers.DateTimeField(allow_null=True)


class MessageTokensSerializer(serializers.Serializer[Any]):
    prompt = serializers.IntegerField(allow_null=True)
    completion = serializers.IntegerField(allow_null=True)
    total = serializers.IntegerField(allow_null=True)


class AIMessageSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    ai_chat = serializers.CharField()
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    role = serializers.ChoiceField(choices=AIMessage.Role.choices)
    content = serializers.CharField(help_text="Markdown.")
    html = serializers.CharField(help_text="The same, sanitised.")
    state = serializers.ChoiceField(choices=AIMessage.State.choices)
    failure = FailureSerializer(allow_null=True)
    model = serializers.CharField(allow_null=True)
    tokens = MessageTokensSerializer()
    total_tokens = serializers.IntegerField(allow_null=True)
    money_usd = serializers.FloatField(allow_null=True, help_text="Null = no price is known.")
    response_time_ms = serializers.IntegerField(allow_null=True)
    first_word_ms = serializers.IntegerField(allow_null=True)
    context = serializers.DictField(  # type: ignore[assignment]
        help_text="What the model was given, and what was left out."
    )
    index = serializers.IntegerField(help_text="Its place among its siblings, from 1.")
    siblings = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    timestamp = serializers.DateTimeField(help_text="The same as created_at.")


class PathSerializer(page_of(AIMessageSerializer)):  # type: ignore[misc]
    revision = serializers.IntegerField()


class SentChatSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    title = serializers.CharField()
    persona_id = serializers.CharField(allow_null=True)
    user_id = serializers.IntegerField()
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SentMessageSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    conversation_id = serializers.CharField(help_text="The chat's id.")
    ai_chat = serializers.CharField()
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    role = serializers.ChoiceField(choices=AIMessage.Role.choices)
    content = serializers.CharField()
    html = serializers.CharField()
    state = serializers.ChoiceField(choices=AIMessage.State.choices)
    failure = FailureSerializer(allow_null=True)
    context = serializers.DictField()  # type: ignore[assignment]
    created_at = serializers.DateTimeField()


class SentAnswerSerializer(SentMessageSerializer):
    tokens_used = serializers.IntegerField(allow_null=True)
    model_used = serializers.CharField(allow_null=True)
    response_time_ms = serializers.IntegerField(allow_null=True)


class SentSerializer(serializers.Serializer[Any]):
    conversation = SentChatSerializer()
    user_message = SentMessageSerializer(allow_null=True)
    assistant_message = SentAnswerSerializer()


class NodeSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    role = serializers.ChoiceField(choices=AIMessage.Role.choices)
    state = serializers.ChoiceField(choices=AIMessage.State.choices)
    position = serializers.IntegerField(help_text="Orders siblings; grows within the chat.")
    preview = serializers.CharField()


class TreeSerializer(serializers.Serializer[Any]):
    active_leaf = serializers.CharField(allow_null=True)
    active_path = serializers.ListField(child=serializers.CharField())
    nodes = NodeSerializer(many=True)


class DeletedSerializer(serializers.Serializer[Any]):
    deleted = serializers.ListField(child=serializers.CharField())
    moved = serializers.ListField(
        child=serializers.CharField(), help_text="What hangs below the deleted one's parent now."
    )
    active_leaf = serializers.CharField(allow_null=True)


class StoppedSerializer(serializers.Serializer[Any]):
    stopped = AIMessageSerializer(many=True)


class RelatedMessageSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    type = serializers.CharField()
    text = serializers.CharField()
    created_at = serializers.DateTimeField()


class RelatedContextSerializer(serializers.Serializer[Any]):
    related_chat = serializers.CharField()
    count = serializers.IntegerField()
    messages = RelatedMessageSerializer(many=True)


class FolderSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()


class ChatSettingsSerializer(serializers.Serializer[Any]):
    default_model = serializers.CharField()
    system_prompt = serializers.CharField()
    temperature = serializers.FloatField(allow_null=True)
    auto_title = serializers.BooleanField()
    last_chat = serializers.CharField(allow_null=True)
    updated_at = serializers.DateTimeField()


class ChatsQuery(QuerySerializer):
    search = serializers.CharField(
        max_length=200, required=False, help_text="Words in titles and messages."
    )
    folder = serializers.CharField(
        max_length=16, required=False, help_text="An id, or `none`: outside of any."
    )
    persona = serializers.CharField(max_length=16, required=False)
    related_chat = serializers.CharField(max_length=16, required=False)
    deleted = serializers.BooleanField(
        required=False, default=False, help_text="Those that can still be restored."
    )


class FoldersQuery(QuerySerializer):
    pass


class PathQuery(FilterSerializer):
    before = serializers.CharField(
        max_length=16, required=False, help_text="A message's id: what stands above it."
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=LONGEST_PAGE, required=False, default=50
    )


class RelatedQuery(FilterSerializer):
    limit = serializers.IntegerField(min_value=1, max_value=200, required=False, default=20)


class BelowQuery(FilterSerializer):
    below = serializers.ChoiceField(
        choices=["keep", "delete"],
        required=False,
        default="keep",
        help_text="What hangs below it moves up in its place, or goes with it.",
    )


def prompt_field() -> serializers.CharField:
    return serializers.CharField(
        max_length=LONGEST_PROMPT, required=False, allow_blank=True, trim_whitespace=False
    )


def temperature_field() -> serializers.FloatField:
    return serializers.FloatField(min_value=0, max_value=2, required=False, allow_null=True)


def id_field(help_text: str = "") -> serializers.CharField:
    return serializers.CharField(
        max_length=16, required=False, allow_null=True, allow_blank=True, help_text=help_text
    )


class ChatChangesSerializer(StrictSerializer):
    title = serializers.CharField(max_length=255, required=False)
    folder = id_field("Empty = outside of any.")
    persona = id_field()
    model_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    system_prompt = prompt_field()
    temperature = temperature_field()
    related_chat = id_field("The id of a customer conversation; empty = none.")
    include_related = serializers.BooleanField(required=False)
    redact_related = serializers.BooleanField(required=False)
    keep_summary = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)


class NewChatSerializer(ChatChangesSerializer):
    title = serializers.CharField(max_length=255, required=False, allow_blank=True)


class RegenerateSerializer(StrictSerializer):
    model_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    wait = serializers.BooleanField(
        required=False, default=True, help_text="No: answer at once, with 202."
    )


class SendMessageSerializer(RegenerateSerializer):
    content = serializers.CharField(max_length=LONGEST_MESSAGE, trim_whitespace=False)
    include_related_chat_context = serializers.BooleanField(
        required=False, allow_null=True, help_text="Left out = as the chat is set."
    )
    context_message_limit = serializers.IntegerField(
        min_value=1, max_value=200, required=False, allow_null=True
    )
    client_key = serializers.CharField(
        max_length=64, required=False, allow_blank=True, help_text="The same key adds once."
    )


class NewMessageSerializer(SendMessageSerializer):
    parent = serializers.CharField(  # type: ignore[assignment]
        max_length=16,
        required=False,
        allow_null=True,
        help_text="The message to go on from; left out = the end of the active branch, "
        "null = a new beginning.",
    )


class FolderChangesSerializer(StrictSerializer):
    name = serializers.CharField(max_length=80)


class SettingsChangesSerializer(StrictSerializer):
    default_model = serializers.CharField(max_length=80, required=False, allow_blank=True)
    system_prompt = prompt_field()
    temperature = temperature_field()
    auto_title = serializers.BooleanField(required=False)
