"""`analytics/` over HTTP: what happened shows at once, and what can't be is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from AI_model.models import AnalyticsMark
from AI_model.testing.chats import Chat

pytestmark = pytest.mark.django_db


def test_an_answered_and_closed_chat_shows_at_once(
    chat: Chat, agent_api: APIClient, owner_api: APIClient
) -> None:
    answer = chat.ask("Do you ship to Norway?")
    path = f"/api/v1/ai/conversations/{chat.conversation.pk}/status/"
    assert owner_api.put(path, {"status": "closed"}).status_code == 200
    figures = agent_api.get("/api/v1/ai/analytics/").json()
    totals = figures["totals"]
    assert totals["resolution"] == dict.fromkeys(totals["resolution"], 0) | {"pending": 1}
    assert totals["answered_by"]["ai"] == totals["conversations"] == 1
    assert totals["messages"] | {"AI": 1, "customer": 1} == totals["messages"]
    assert totals["first_answer_ms"]["count"] == totals["ai_ms"]["count"] == 1
    assert figures["top_entries"][0]["entry_id"] == answer.citations[0]["entry_id"]
    assert len(figures["days"]) == 30 and figures["days"][-1]["conversations"] == 1
    AnalyticsMark.objects.update(tried_at=None)
    chat.ask("I want to talk to a person")
    totals = agent_api.get("/api/v1/ai/analytics/").json()["totals"]
    assert totals["reopened_within_7_days"] == totals["resolution"]["reopened"] == 1
    assert totals["conversations"] == 2
    assert totals["handed_over"] == {"total": 1, "by_reason": {"asked_for_person": 1}}
    listed = agent_api.get("/api/v1/ai/analytics/conversations/", {"metric": "handed_over"}).json()
    (row,) = listed["results"]
    assert (row["conversation_id"], row["number"]) == (chat.conversation.pk, 2)
    assert (row["answered_by"], row["handover_reason"]) == ("nobody", "asked_for_person")
    assert row["customer"]["external_id"] == "visitor"


def test_whoever_reads_today_has_it_counted_once_in_thirty_seconds(
    chat: Chat, agent_api: APIClient
) -> None:
    def read() -> Any:
        return agent_api.get("/api/v1/ai/analytics/?days=1").json()

    chat.ask("Do you ship to Norway?")
    first = read()
    assert first["totals"]["messages"]["customer"] == 1
    chat.ask("What does a repair cost?")
    assert read() == first
    AnalyticsMark.objects.update(tried_at=timezone.now() - timedelta(seconds=31))
    second = read()
    assert second["totals"]["messages"]["customer"] == 2 and second["as_of"] > first["as_of"]
    AnalyticsMark.objects.update(tried_at=None)
    before = {"from": "2025-01-01", "to": "2025-01-31"}
    agent_api.get("/api/v1/ai/analytics/", before)
    assert AnalyticsMark.objects.get().tried_at is None


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": "2025-02-02", "to": "2025-02-01"}, "from"),
        ({"from": "2025-01-01", "to": "2026-01-02"}, "from"),
        ({"to": "1500-01-01"}, "to"),
        ({"to": "tomorrow"}, "to"),
        ({"days": 367}, "days"),
        ({"page": 1}, "page"),
        ({"until": "2025-01-01"}, "until"),
    ],
)
def test_a_range_that_cannot_be_is_refused(
    agent_api: APIClient, asked: dict[str, Any], field: str
) -> None:
    answer = agent_api.get("/api/v1/ai/analytics/", asked)
    assert answer.status_code == 400 and list(answer.json()["fields"]) == [field]


@pytest.mark.parametrize(
    "metric",
    ["", "x", "hour:7-1", "hour:0-24", "hour:٣-1", "messages:system", "entry:", "answered_by:me"],
)
def test_an_unknown_metric_is_refused_with_those_that_there_are(
    agent_api: APIClient, metric: str
) -> None:
    answer = agent_api.get(f"/api/v1/ai/analytics/conversations/?metric={metric}")
    assert answer.status_code == 400 and "metric" in answer.json()["fields"]
    assert not metric or "resolution:resolved" in answer.json()["detail"]
