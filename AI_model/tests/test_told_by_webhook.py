"""What the AI does and what it costs, told to integrators."""

import pytest
from pytest_django import Settings

from accounts.models import Business, User
from AI_model.signals import budget_reached, budget_warned
from AI_model.testing.chats import Chat, settle
from messaging.models import Channel
from messaging.testing.hooks import listen, told

pytestmark = pytest.mark.django_db(transaction=True)
URL = "http://127.0.0.1:8099/hook"


@pytest.fixture(autouse=True)
def trusted(settings: Settings) -> None:
    settings.TRUST_PRIVATE_ENDPOINTS = True


def test_a_hand_over_is_told_with_its_reason(owner: User, webchat_channel: Channel) -> None:
    endpoint, _ = listen(owner, URL, "conversation.handed_over", "conversation.opened")
    chat = Chat(webchat_channel)
    chat.write("Do you repair submarines?")
    settle()
    assert chat.conversation.status == "support_active"
    (first, opened), (second, data) = told(endpoint)
    assert (first, opened["status"]) == ("conversation.opened", "active")
    assert (second, data["status"]) == ("conversation.handed_over", "support_active")
    assert data["handover_reason"] == chat.conversation.handover_reason != ""
    assert data["id"] == chat.conversation.pk


def test_budgets_are_told_as_the_signals_say(
    owner: User, business: Business, other_owner: User
) -> None:
    endpoint, _ = listen(owner, URL)
    other, _ = listen(other_owner, URL)
    facts = {"scope": "day:2026-11-21", "name": "daily_money", "limit": 5.0}
    budget_warned.send(sender=Business, business=business, spent=4.1, **facts)
    budget_reached.send(sender=Business, business=business, spent=5.0, **facts)
    data = {"scope": "day:2026-11-21", "budget": "daily_money", "limit": 5.0}
    assert told(endpoint) == [
        ("budget.warned", data | {"spent": 4.1}),
        ("budget.reached", data | {"spent": 5.0}),
    ]
    assert told(other) == []
