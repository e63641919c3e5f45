"""Shapes of questions and answers, and what they are made of."""

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from AI_model.models import UsageRecord
from AI_model.money import to_dollars
from AI_model.replies.preview import Preview
from AI_model.services.asking import Asked, people_text, people_text_in
from core.lib.rest import StrictSerializer, refuse
from messaging.api.serializers import CitationSerializer, OptionSerializer
from messaging.models import Conversation
from messaging.offers import options_in

Form = dict[str, Any]
MAX_QUESTION = 10_000
MAX_KEY = 255
COUNTED = ("tokens_in", "tokens_out", "tokens_cached", "tokens_thinking")


class QuestionSerializer(StrictSerializer):
    question = serializers.CharField(max_length=MAX_QUESTION)
    customer_id = serializers.CharField(
        max_length=255, help_text="Your own name for the customer; the same one goes on."
    )


class SendSerializer(StrictSerializer):
    message = serializers.CharField(max_length=MAX_QUESTION)


class CallUsageSerializer(serializers.Serializer[Any]):
    calls = serializers.IntegerField()
    tokens_in = serializers.IntegerField(help_text="Cached ones included.")
    tokens_out = serializers.IntegerField(help_text="Those of thinking included.")
    tokens_cached = serializers.IntegerField()
    tokens_thinking = serializers.IntegerField()
    money = serializers.FloatField(
        allow_null=True, help_text="US dollars; null while a call's price is not known."
    )


class AskedSerializer(serializers.Serializer[Any]):
    session_id = serializers.CharField()
    customer_id = serializers.CharField()
    question = serializers.CharField()
    answer = serializers.CharField(help_text="What the customer is told.")
    response_time_ms = serializers.IntegerField()
    success = serializers.BooleanField(
        help_text="False only while the answer is still being written; ask again with the same "
        "Idempotency-Key, or read the session."
    )
    auto_response_generated = serializers.BooleanField(help_text="Whether the AI answered.")
    citations = CitationSerializer(many=True)
    options = OptionSerializer(
        many=True,
        help_text="Choices, when the question is not clear; ask with the title or the number of "
        "one of them.",
    )
    handed_over = serializers.BooleanField(help_text="Whether people answer now.")
    model = serializers.CharField(allow_null=True)
    usage = CallUsageSerializer()


class SessionAnswerSerializer(AskedSerializer):
    delivered = serializers.BooleanField(
        help_text="False for a customer of a platform or web chat: this is what the AI would "
        "answer, and nothing was sent or stored."
    )


def session_id_of(conversation: Conversation) -> str:
    return f"msg_{conversation.pk}"


def read_key(request: Request) -> str:
    """The Idempotency-Key, empty when there is none."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > MAX_KEY or not key.isprintable():
        refuse("Idempotency-Key", f"Give at most {MAX_KEY} printable characters.")
    return key


def asked_form(asked: Asked, *, milliseconds: int) -> Form:
    """The answer to a question that was asked over the API."""
    message, run = asked.message, asked.run
    handed_over = asked.in_time and not asked.answered
    text = message.text if message else people_text(asked.conversation) if handed_over else ""
    calls = UsageRecord.objects.filter(run=run) if run else []
    return {
        "session_id": session_id_of(asked.conversation),
        "customer_id": asked.conversation.external_id,
        "question": asked.question.text,
        "answer": text,
        "response_time_ms": milliseconds,
        "success": asked.in_time,
        "auto_response_generated": asked.answered,
        "citations": message.citations if message else [],
        "options": options_in(message.details) if message else [],
        "handed_over": handed_over,
        "model": (run.model if run else "") or None,
        "usage": usage_form(sums_of(calls)),
    }


def previewed_form(preview: Preview, *, milliseconds: int) -> Form:
    """What the AI would answer, in the same shape."""
    composition, conversation = preview.composition, preview.situation.conversation
    handed_over = composition.reason is not None
    completion = composition.completion
    return {
        "session_id": session_id_of(conversation),
        "customer_id": conversation.customer.external_id,
        "question": preview.situation.question,
        "answer": people_text_in(preview.situation) if handed_over else composition.text,
        "response_time_ms": milliseconds,
        "success": True,
        "auto_response_generated": not handed_over,
        "citations": composition.citations,
        "options": composition.options,
        "handed_over": handed_over,
        "model": completion.model if completion else None,
        "usage": usage_form(sums_of(preview.calls)),
    }


def sums_of(calls: Iterable[UsageRecord]) -> dict[str, int]:
    """What `usage_form` takes, of some rows of the ledger."""
    records = list(calls)
    nanos = [record.money_nanos for record in records if record.money_nanos is not None]
    return {
        "calls": len(records),
        "unpriced": len(records) - len(nanos),
        "money_nanos": sum(nanos),
        **{name: sum(getattr(record, name) for record in records) for name in COUNTED},
    }


def usage_form(sums: Mapping[str, int]) -> Form:
    return {
        "calls": sums["calls"],
        **{name: sums[name] for name in COUNTED},
        "money": None if sums["unpriced"] else to_dollars(sums["money_nanos"]),
    }
