"""Budgets and hourly limits as customers, owners and integrators meet them."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Business, User
from AI_model.breaker import forget_breakers
from AI_model.models import AIModelConfig, AIRun, Spending, UsageRecord
from AI_model.providers.registry import configured_chain
from AI_model.replies.defusing import customer_words
from AI_model.replies.lengths import MAX_TALK, MAX_WORDS
from AI_model.replies.suggest import suggest_reply
from AI_model.services.trial import try_providers
from AI_model.testing.chats import SHIPPING, Chat
from AI_model.testing.model_server import ModelServer
from messaging.models import Message

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "do you ship to norway"
BACKEND = "accounts.backends.UsernameOrEmailBackend"


@pytest.fixture
def server(settings: Settings) -> Iterator[ModelServer]:
    """One paid model, and nothing else unless a test switches it on."""
    forget_breakers()
    with ModelServer(text="Yes, we do ship there [1].") as running:
        for name, value in running.settings("openai").items():
            setattr(settings, name, value)
        settings.EMBEDDED_ANSWERS = False
        yield running


def set_budgets(business: Business, **limits: Any) -> None:
    AIModelConfig.objects.update_or_create(business=business, defaults={"budgets": limits})


def spend(business: Business, nanos: int) -> None:
    UsageRecord.objects.create(
        business=business, purpose="answer", provider="openai", money_nanos=nanos
    )


def give_back(chat: Chat) -> None:
    conversation = chat.conversation
    conversation.status = "active"
    conversation.save()


def test_a_used_up_budget_hands_over_and_says_why(
    chat: Chat, server: ModelServer, business: Business
) -> None:
    set_budgets(business, daily_money=0.000001)
    assert chat.ask(QUESTION).text == "Yes, we do ship there."
    chat.ask(QUESTION)

    assert len(server.calls) == 1
    assert (chat.conversation.status, chat.conversation.handover_reason) == (
        "support_active",
        "over_budget",
    )
    note = Message.objects.filter(type="system").get()
    assert "budget" in note.text
    spending = Spending.objects.get()
    counted = UsageRecord.objects.get()
    assert spending.money_nanos == counted.money_nanos
    assert spending.tokens == counted.tokens_in + counted.tokens_out


def test_a_used_up_budget_leaves_the_answers_that_cost_nothing(
    chat: Chat, server: ModelServer, business: Business, settings: Settings
) -> None:
    settings.EMBEDDED_ANSWERS = True
    set_budgets(business, daily_money=0)
    assert chat.ask(QUESTION).text == SHIPPING
    assert server.calls == []

    set_budgets(business, daily_money=0, at_limit="person")
    chat.ask(QUESTION)
    assert chat.conversation.handover_reason == "over_budget"


def test_no_support_within_a_used_up_budget_is_the_budgets_fault(
    chat: Chat, server: ModelServer, business: Business, settings: Settings
) -> None:
    settings.EMBEDDED_ANSWERS = True
    AIModelConfig.objects.update_or_create(
        business=business, defaults={"grounding": "open", "budgets": {"daily_money": 0}}
    )
    chat.ask("What is the meaning of life?")
    assert chat.conversation.handover_reason == "over_budget"


def test_a_customer_who_asks_too_much_in_an_hour_gets_a_person(
    chat: Chat, server: ModelServer, business: Business
) -> None:
    set_budgets(business, customer_answers_per_hour=2)
    for _ in range(2):
        assert chat.ask(QUESTION).text == "Yes, we do ship there."
    chat.ask("hello")  # costs nothing, and so it is not counted
    chat.ask(QUESTION)

    assert len(server.calls) == 2
    assert chat.conversation.handover_reason == "too_many"
    assert suggest_reply(conversation=chat.conversation).text  # a person may still ask for one


def test_the_hour_of_a_business_is_that_of_all_its_customers(
    chat: Chat, server: ModelServer, business: Business
) -> None:
    set_budgets(business, business_answers_per_hour=1)
    chat.ask(QUESTION)
    give_back(chat)
    chat.ask(QUESTION)
    assert (len(server.calls), chat.conversation.handover_reason) == (1, "too_many")


def test_local_answers_are_not_counted(chat: Chat, business: Business, settings: Settings) -> None:
    set_budgets(business, customer_answers_per_hour=0, business_answers_per_hour=0, daily_money=0)
    assert chat.ask(QUESTION).text == SHIPPING
    assert not Spending.objects.exists()


def test_suggestions_and_trials_are_metered_and_counted(
    chat: Chat, server: ModelServer, business: Business
) -> None:
    set_budgets(business, daily_money=1)
    chat.ask(QUESTION)
    chat.write(QUESTION)
    suggest_reply(conversation=chat.conversation)
    try_providers(chain=configured_chain(), business_id=business.pk)

    rows = UsageRecord.objects.all()
    assert {row.purpose for row in rows} == {"answer", "test"} and len(rows) == 3
    assert Spending.objects.get().money_nanos == sum(row.money_nanos or 0 for row in rows)

    set_budgets(business, daily_money=0.000001)
    assert suggest_reply(conversation=chat.conversation).reason == "over_budget"
    [trial] = try_providers(chain=configured_chain(), business_id=business.pk)
    assert "over_budget" in trial.problem
    assert len(server.calls) == 3


def test_a_megabyte_of_words_does_not_reach_a_model(
    chat: Chat, server: ModelServer, business: Business
) -> None:
    chat.ask(QUESTION)
    Message.objects.filter(type="customer").update(text="x" * 1_000_000)
    long = f"{QUESTION} {'x' * 20_000}"  # as much as a channel takes
    Message.objects.bulk_create(
        Message(
            business=business,
            conversation=chat.conversation,
            type="customer",
            text=long,
            seq=seq,
            revision=seq,
        )
        for seq in range(1_000, 1_012)
    )
    conversation = chat.conversation
    conversation.last_customer_seq = conversation.revision = 1_011
    conversation.save()

    chat.ask(QUESTION)

    sent = [len(text) for role, text in server.calls[-1].texts if role == "user"]
    assert MAX_WORDS <= sum(sent) <= MAX_TALK + 12 * len(customer_words(""))
    assert server.calls[-1].texts[-1][1].endswith(customer_words(QUESTION))


@pytest.mark.parametrize(
    "bad",
    [
        {"weekly_money": 1},
        {"daily_money": "5"},
        {"daily_tokens": 1.5},
        {"at_limit": "never"},
        {"customer_answers_per_hour": -1},
    ],
)
def test_limits_that_make_no_sense_are_refused_by_name(
    api: APIClient, owner: User, bad: dict[str, Any]
) -> None:
    api.force_authenticate(owner)
    answer = api.put("/api/v1/ai/config/", {"budgets": bad}, format="json")
    assert answer.status_code == 400
    assert next(iter(bad)) in str(answer.json()["fields"]["budgets"])


def test_limits_are_kept_as_they_were_set(api: APIClient, owner: User) -> None:
    api.force_authenticate(owner)
    limits = {"monthly_money": 25.5, "daily_tokens": 10_000, "at_limit": "person"}
    wanted = limits | {"daily_money": None}
    assert api.put("/api/v1/ai/config/", {"budgets": wanted}, format="json").status_code == 200
    assert api.get("/api/v1/ai/config/").json()["budgets"] == limits


@pytest.fixture
def api() -> APIClient:
    return APIClient()


def test_owners_read_in_the_inbox_that_a_budget_is_nearly_or_wholly_spent(
    client: Client, business: Business, owner: User
) -> None:
    client.force_login(owner, backend=BACKEND)
    set_budgets(business, monthly_money=10, daily_tokens=100)
    spend(business, 7_999_999_999)
    quiet = client.get("/inbox/channels/alert/").content.decode()
    assert "budget" not in quiet

    UsageRecord.objects.all().delete()
    Spending.objects.all().delete()
    spend(business, 8_000_000_000)
    page = client.get("/inbox/").content.decode()
    assert "This month&#x27;s AI budget of $10.00 is spent by more than four fifths." in page

    Spending.objects.filter(scope__startswith="day:").update(tokens=100, updated_at=timezone.now())
    seen = page.split("alert/?seen=")[1][:8]
    changed = client.get(f"/inbox/channels/alert/?seen={seen}")
    assert changed.status_code == 200
    assert "Today&#x27;s AI budget of 100 tokens is used up." in changed.content.decode()


def test_agents_read_nothing_of_budgets(client: Client, business: Business, agent: User) -> None:
    set_budgets(business, monthly_money=0)
    client.force_login(agent, backend=BACKEND)
    assert "budget" not in client.get("/inbox/channels/alert/").content.decode()


def test_why_an_answer_was_not_given_stands_in_its_run(
    chat: Chat, server: ModelServer, business: Business
) -> None:
    set_budgets(business, conversation_tokens=1)
    chat.ask(QUESTION)
    chat.ask(QUESTION)
    reasons = list(AIRun.objects.order_by("started_at").values_list("outcome", "reason"))
    assert reasons == [("answered", ""), ("handed_over", "over_budget")]
