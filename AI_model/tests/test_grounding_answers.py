"""What of a model's answer reaches a customer, from their words to the rows and the ledger."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Business
from AI_model.models import AIModelConfig, AIRun, UsageRecord
from AI_model.testing.chats import SHIPPING, Chat
from AI_model.testing.model_server import ModelServer
from settings_app.models import AIPrompts, KnowledgeEntry

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "do you ship to norway"
GOOD = "Yes, we ship to Norway within five days [p1]."
SAID = "Yes, we ship to Norway within five days."
INVENTED = "Yes, we ship to Norway within nine days [p1]."


@pytest.fixture(autouse=True)
def only_the_model(settings: Settings, model: ModelServer) -> None:
    settings.EMBEDDED_ANSWERS = False


def config(business: Business, **changes: object) -> None:
    AIModelConfig.objects.update_or_create(business=business, defaults=changes)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (INVENTED, "invented_number"),
        ("See https://ship.test/norway [p1].", "invented_link"),
        ("We don't ship to Norway [p1].", "contradiction"),
        ("We ship to Norway, Sweden and Denmark within five days [p4].", "unknown_citation"),
        ("Our chess club meets in the old library on winter evenings [p1].", "unsupported"),
    ],
)
def test_an_answer_without_support_gives_way_to_the_words_of_the_entry(
    chat: Chat, model: ModelServer, text: str, problem: str
) -> None:
    model.behave(text=text)

    message = chat.ask(QUESTION)

    assert message.text == SHIPPING and chat.conversation.status == "active"
    assert [one["title"] for one in message.citations] == ["Do you ship to Norway?"]
    assert len(model.calls) == 2, "asked once more, and no oftener"
    assert UsageRecord.objects.filter(purpose="answer").count() == 2
    run = AIRun.objects.get()
    assert (run.outcome, run.model) == ("answered", UsageRecord.objects.latest("pk").model)
    assert problem in run.checks["problems"] and run.checks["own_words"]


def test_an_answer_that_is_only_worded_freely_costs_no_second_call(
    chat: Chat, model: ModelServer
) -> None:
    model.behave(text="Norwegian customers get their parcel in five days [p1].")

    assert chat.ask(QUESTION).text == SHIPPING

    assert len(model.calls) == 1
    assert AIRun.objects.get().checks["problems"] == ["reworded"]


def test_what_was_held_back_and_has_no_clear_place_in_a_text_becomes_a_hand_over(
    chat: Chat, model: ModelServer, business: Business
) -> None:
    KnowledgeEntry.objects.all().delete()
    AIPrompts.objects.update_or_create(
        business=business, defaults={"knowledge_source": f"# Shipping to Norway\n{SHIPPING}"}
    )
    model.behave(text="Our chess club meets in the old library on winter evenings [p1].")

    message = chat.ask(QUESTION)

    conversation = chat.conversation
    assert (conversation.status, conversation.handover_reason) == (
        "support_active",
        "unsupported_answer",
    )
    assert "colleague" in message.text and message.delivery == "sent"
    assert AIRun.objects.get().checks["attempts"] == 2


def test_a_second_attempt_is_told_what_was_wrong_and_may_be_right(
    chat: Chat, model: ModelServer
) -> None:
    model.behave(text=GOOD)
    model.behave(text=INVENTED, times=1)

    message = chat.ask(QUESTION)

    assert message.text == SAID
    first, second = model.calls
    assert "nine days" not in first.texts[0][1]
    assert "invented_number: nine days" in second.texts[0][1]
    assert first.texts[1:] == second.texts[1:]
    assert AIRun.objects.get().checks["attempts"] == 2


def test_a_claim_of_something_done_is_made_true_by_a_hand_over_and_not_asked_away(
    chat: Chat, model: ModelServer
) -> None:
    model.behave(text=f"{GOOD} I have forwarded your request to our team.")

    message = chat.ask(QUESTION)

    assert chat.conversation.handover_reason == "unsupported_answer"
    assert "forwarded" not in message.text and len(model.calls) == 1


def test_markup_and_marks_do_not_reach_the_customer(chat: Chat, model: ModelServer) -> None:
    model.behave(text="## Shipping\n**Yes**, we ship to [Norway](Sweden) within *five* days. [p1]")

    assert chat.ask(QUESTION).text == "Shipping\nYes, we ship to Norway: Sweden within five days."


def test_what_was_checked_is_told_with_the_reasons(
    chat: Chat, model: ModelServer, owner_api: APIClient
) -> None:
    model.behave(text=GOOD)
    message = chat.ask(QUESTION)

    why = owner_api.get(f"/api/v1/messages/{message.pk}/why/").json()

    assert why["checks"] == {
        "citations": 1,
        "sentences": 1,
        "numbers": 1,
        "contacts": 0,
        "attempts": 1,
        "problems": [],
        "own_words": False,
        "model": None,
    }


@pytest.mark.parametrize(
    ("verdict", "said", "told"),
    [
        ('["yes"]', SAID, "agreed"),
        ('Sure: ["no"]', SHIPPING, "refused"),
        ("I am not sure.", SAID, "none"),
        ('["yes", "yes", "yes"]', SAID, "none"),
    ],
)
def test_a_second_model_may_refuse_and_its_failure_decides_nothing(
    chat: Chat, model: ModelServer, business: Business, verdict: str, said: str, told: str
) -> None:
    config(business, check_with_model=True)
    model.behave(text=verdict)
    model.behave(text=GOOD, times=1)

    assert chat.ask(QUESTION).text == said

    judged = model.calls[1]
    assert SHIPPING in judged.texts[0][1] and "do you ship" not in judged.texts[1][1]
    assert UsageRecord.objects.filter(purpose="check").exists()
    if told != "refused":
        assert AIRun.objects.get().checks["model"] == told


def test_the_second_model_is_off_by_default(chat: Chat, model: ModelServer) -> None:
    model.behave(text=GOOD)
    chat.ask(QUESTION)
    assert len(model.calls) == 1


@pytest.mark.parametrize(("length", "words"), [("short", "40 words"), ("long", "220 words")])
def test_the_length_that_is_set_is_asked_for(
    chat: Chat, model: ModelServer, business: Business, length: str, words: str
) -> None:
    config(business, answer_length=length)
    model.behave(text=GOOD)
    chat.ask(QUESTION)
    assert words in model.calls[0].texts[0][1]


PARTS = [
    "We ship to Norway",
    "within five days",
    "within 77 days",
    "for €12",
    "[p1]",
    "[p2]",
    "[p9]",
    "https://evil.test/a",
    "evil.test",
    "[here](http://b.test)",
    "on Sunday",
    "+49 30 123456",
    "a@b.test",
    "\u200b",
    ".",
    "\n",
]


@hypothesis_settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(parts=st.lists(st.sampled_from(PARTS), min_size=1, max_size=8))
def test_whatever_the_model_writes_what_is_said_cites_and_holds_only_what_was_given(
    chat: Chat, model: ModelServer, parts: list[str]
) -> None:
    from messaging.models import Conversation

    Conversation.objects.all().delete()
    model.reset()
    model.behave(text=" ".join(parts))
    chat.count += 1

    message = chat.ask(QUESTION)

    given_ids = {passage["id"] for passage in AIRun.objects.latest("started_at").passages}
    assert {one["entry_id"] for one in message.citations} <= given_ids
    for made_up in ("77", "€12", ".test", "Sunday", "123456", "[p"):
        assert made_up not in message.text
