"""Replays with a model: what it is shown, what it costs, and where a replay stops."""

from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import Business, User
from AI_model.breaker import forget_breakers
from AI_model.models import AIModelConfig, Replay, ReplayTurn, Spending, UsageRecord
from AI_model.testing.chats import Chat
from AI_model.testing.model_server import ModelServer
from AI_model.testing.replays import replay, verdicts
from messaging.models import Conversation
from messaging.services.conversations import close_conversation
from settings_app.services import save_draft

pytestmark = pytest.mark.django_db(transaction=True)

NORWAY = "do you ship to norway"
REPAIR = "price of fixing a flat tyre"
GOOD = "Yes, we ship to Norway within five days [p1]."
COST = "A small repair costs 15 euros [p1]."


@pytest.fixture(autouse=True)
def only_the_model(settings: Settings, model: ModelServer) -> None:
    forget_breakers()
    settings.EMBEDDED_ANSWERS = False


@pytest.fixture
def asked(chat: Chat, model: ModelServer) -> Chat:
    """Two answered questions of one conversation; the model's ledger is empty again."""
    for question, text in ((NORWAY, GOOD), (REPAIR, COST)):
        model.behave(text=text)
        chat.ask(question)
    model.calls.clear()
    return chat


def set_budgets(business: Business, **limits: Any) -> None:
    AIModelConfig.objects.update_or_create(business=business, defaults={"budgets": limits})


def turn(question: str) -> ReplayTurn:
    return ReplayTurn.objects.get(question=question)


def test_calls_stand_in_the_ledger_and_their_money_on_the_replay(
    asked: Chat, business: Business, model: ModelServer
) -> None:
    model.behave(text=COST)
    model.behave(text=GOOD)

    done = replay(business)

    rows = UsageRecord.objects.filter(purpose="replay")
    spent = sum(row.money_nanos or 0 for row in rows)
    assert rows.count() == len(model.calls) >= 2
    assert done.money_nanos == spent == sum(t.money_nanos for t in done.turns.all()) > 0
    assert {row.conversation_id for row in rows} == {None}, "no customer's account"


def test_the_model_sees_the_talk_as_it_was_then(
    asked: Chat, business: Business, model: ModelServer
) -> None:
    replay(business)

    shown = {call.texts[-1][1].split("\n")[1]: call.texts for call in model.calls}
    assert NORWAY not in str(shown[NORWAY][:-1]) and REPAIR not in str(shown[NORWAY])
    assert NORWAY in str(shown[REPAIR][:-1]) and "within five days" in str(shown[REPAIR][:-1])


def test_a_conversation_that_was_opened_again_later_still_has_its_first_talk(
    asked: Chat, business: Business, model: ModelServer, owner: User
) -> None:
    close_conversation(conversation=Conversation.objects.get(), user=owner)
    model.behave(text="We open at nine [p1].")
    asked.ask("and when do you open?")
    model.calls.clear()

    replay(business)

    shown = {call.texts[-1][1].split("\n")[1]: str(call.texts[1:-1]) for call in model.calls}
    assert NORWAY in shown[REPAIR], "what was said before it, though it does not count any more"
    assert all(NORWAY not in talk for words, talk in shown.items() if words != REPAIR)


def test_words_that_say_the_same_are_no_change_and_another_figure_is(
    asked: Chat, business: Business, model: ModelServer
) -> None:
    def answer(text: str) -> str:
        model.behave(text=text)
        return verdicts(replay(business, most=1))[REPAIR]

    assert answer("Fixing a small repair costs 15 euros [p1].") == "same"
    save_draft(business=business, texts={"product_service": "A small repair costs 25 euros."})
    model.behave(text="A small repair costs 25 euros [p1].")
    tried = replay(business, most=1, draft=True)
    assert verdicts(tried)[REPAIR] in {"changed", "handed_over"}


def test_the_drafted_manner_is_what_the_model_is_told(
    asked: Chat, business: Business, model: ModelServer
) -> None:
    save_draft(business=business, texts={"manual_prompt": "Speak like a sailor."})
    replay(business)
    assert not [call for call in model.calls if "sailor" in call.texts[0][1]]
    model.calls.clear()
    replay(business, draft=True)
    assert model.calls and all("sailor" in call.texts[0][1] for call in model.calls)


def test_a_promise_that_no_answer_can_keep_is_handed_over_now(
    asked: Chat, business: Business, model: ModelServer
) -> None:
    model.behave(text="I'll transfer you to a colleague.")
    done = replay(business)
    assert verdicts(done)[NORWAY] == "handed_over"
    assert turn(NORWAY).after["reason"] == "unsupported_answer"


@pytest.mark.parametrize("at_limit", ["person", "free_model"])
def test_over_the_budget_it_stops_says_so_and_keeps_what_was_done(
    asked: Chat, business: Business, model: ModelServer, settings: Settings, at_limit: str
) -> None:
    settings.EMBEDDED_ANSWERS = True
    first = UsageRecord.objects.filter(money_nanos__gt=0).order_by("pk")[0].money_nanos or 0
    spent = sum(row.money_nanos or 0 for row in UsageRecord.objects.all())
    limit = (spent + first / 2) / 1e9
    set_budgets(business, daily_money=limit, at_limit=at_limit)

    done = replay(business)

    assert (done.state, "budget" in done.problem) == ("stopped", True)
    assert done.done < done.total == 2
    assert done.turns.exclude(verdict="").count() == done.done
    assert Replay.objects.get().finished_at is not None


def test_a_conversations_own_budget_is_left_to_its_customer(
    asked: Chat, business: Business, model: ModelServer
) -> None:
    set_budgets(business, conversation_money=0.000000001)
    assert replay(business).state == "done"
    assert not Spending.objects.filter(scope__startswith="conversation").exists()


def test_a_provider_that_is_down_is_no_hand_over_but_an_end(
    asked: Chat, business: Business, model: ModelServer
) -> None:
    model.behave("bad_key")

    done = replay(business)

    assert (done.state, "provider" in done.problem) == ("failed", True)
    assert not done.turns.exclude(verdict="").exists()
    assert UsageRecord.objects.filter(purpose="replay", outcome="key_rejected").exists()


def test_a_bad_moment_of_a_provider_is_tried_again(
    asked: Chat, business: Business, model: ModelServer
) -> None:
    model.behave("bad_key", times=1)
    done = replay(business)
    assert (done.state, done.done) == ("done", 2)


def test_a_few_questions_are_with_the_model_at_once(
    asked: Chat, business: Business, model: ModelServer
) -> None:
    model.reset()
    model.behave("delay", seconds=1.0, text=GOOD)
    assert replay(business).done == 2
    assert model.peak == 2
