"""What an answer cost, beside its reasons."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from AI_model.generation import CallRecord
from AI_model.models import AIRun, ModelPrice
from AI_model.providers.base import Usage
from AI_model.services.ledger import record_calls
from messaging.models import Channel, Conversation, Customer, Message

pytestmark = pytest.mark.django_db
Why = Callable[..., dict[str, Any]]


@pytest.fixture
def run(webchat_channel: Channel) -> AIRun:
    common: dict[str, Any] = {"business": webchat_channel.business}
    customer = Customer.objects.create(channel=webchat_channel, external_id="ann", **common)
    conversation = Conversation.objects.create(
        channel=webchat_channel, customer=customer, external_id="ann", **common
    )
    message = Message.objects.create(
        conversation=conversation, seq=2, revision=2, type="AI", text="Until six.", **common
    )
    return AIRun.objects.create(
        conversation=conversation,
        message=message,
        upto_seq=1,
        epoch=0,
        outcome="answered",
        **common,
    )


@pytest.fixture
def why(run: AIRun, agent_api: APIClient) -> Why:
    def ask(*calls: CallRecord) -> dict[str, Any]:
        record_calls(business_id=run.business_id, purpose="answer", calls=calls, run=run)
        assert run.message is not None
        found: dict[str, Any] = agent_api.get(f"/api/v1/messages/{run.message.pk}/why/").json()
        return found

    return ask


def call(model: str, usage: Usage, outcome: str = "ok") -> CallRecord:
    return CallRecord("openai", model, usage, 12, outcome)


def test_an_answer_cost_what_its_calls_cost(why: Why) -> None:
    price = ModelPrice.objects.get(model="gpt-6-luna")
    body = why(
        call("gpt-6-luna", Usage(1_000, 10, tokens_cached=400), "cut"),
        call("gpt-6-luna", Usage(2_000, 20)),
        call("unheard-of", Usage(), "timeout"),
    )
    # (1,000 + 2,000) x 100 nanos + (10 + 20) x 500
    assert body["money"] == 0.000315
    assert [one["money"] for one in body["calls"]] == [0.000105, 0.00021, None]
    assert body["calls"][0]["tokens"] == {
        "input": 1_000,
        "output": 10,
        "cached": 400,
        "thinking": 0,
    }
    assert body["calls"][0]["price"] == {
        "input": 0.1,
        "output": 0.5,
        "cached": 0.1,
        "valid_from": price.valid_from.isoformat(),
    }
    assert body["calls"][2]["price"] is None


def test_one_call_of_an_unknown_price_leaves_the_whole_unknown(why: Why) -> None:
    body = why(call("gpt-6-luna", Usage(1_000, 10)), call("unheard-of", Usage(1, 0)))
    assert body["money"] is None
    assert [one["money"] for one in body["calls"]] == [0.000105, None]


def test_reasons_take_the_same_statements_however_many_calls(why: Why) -> None:
    one = call("gpt-6-luna", Usage(1, 1))
    why(one)
    counts = []
    for calls in ([one], [one] * 20):
        with CaptureQueriesContext(connection) as asked:
            why(*calls)
        counts.append(len(asked))
    assert counts[0] == counts[1]
