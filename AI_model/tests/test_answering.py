"""From a customer's words to the words that reach them: all real but the HTTP edge."""

import pytest

from accounts.models import Business, User
from AI_model.models import AIModelConfig, AIRun, UsageRecord
from AI_model.replies.run import answer
from AI_model.testing.chats import SHIPPING, Chat, settle
from core.lib.clock import database_now
from messaging.models import Conversation, Message
from messaging.services.conversations import (
    close_conversation,
    return_to_ai,
    send_support_message,
    take_over,
)
from messaging.types import Content
from settings_app.models import KnowledgeEntry

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_question_that_the_knowledge_answers_is_answered_with_its_entry(
    chat: Chat, knowledge: KnowledgeEntry
) -> None:
    message = chat.ask("do you ship to norway")

    assert (message.type, message.text, message.delivery) == ("AI", SHIPPING, "sent")
    assert message.citations[0]["entry_id"] == knowledge.pk
    assert chat.conversation.status == "active"
    run = AIRun.objects.get()
    assert (run.outcome, run.message, run.provider) == ("answered", message, "embedded")
    assert UsageRecord.objects.get().outcome == "ok"


def test_a_question_without_support_goes_to_people_and_the_customer_is_told(chat: Chat) -> None:
    message = chat.ask("Who won the chess championship of 1972?")

    conversation = chat.conversation
    assert "colleague" in message.text and message.delivery == "sent"
    assert (conversation.status, conversation.handover_reason) == ("support_active", "no_support")
    assert "chess championship" in conversation.handover_summary
    assert conversation.needs_a_look
    assert Message.objects.filter(type="system", text__startswith="Handed over").exists()


def test_a_burst_gets_one_answer(chat: Chat) -> None:
    for text in ("hello", "quick question", "do you ship to norway"):
        chat.write(text)
    settle()
    assert [m.text for m in chat.said()] == [SHIPPING]


def test_a_burst_of_two_questions_has_both_answered_in_one_message(chat: Chat) -> None:
    for text in ("hi", "do you ship to norway", "what does a repair cost"):
        chat.write(text)
    settle()
    [message] = chat.said()
    assert message.text == f"{SHIPPING}\n\nA small repair costs 15 euros."
    assert len(message.citations) == 2


def test_nothing_is_answered_twice(chat: Chat) -> None:
    chat.ask("do you ship to norway")
    answer(conversation_id=chat.conversation.pk)
    settle()
    assert len(chat.said()) == 1


def test_after_a_takeover_the_ai_is_silent_until_it_is_given_back(chat: Chat, owner: User) -> None:
    chat.ask("do you ship to norway")
    take_over(conversation=chat.conversation, user=owner)
    chat.write("what does a repair cost")
    settle()
    assert len(chat.said()) == 1

    return_to_ai(conversation=chat.conversation, user=owner)
    settle()
    assert len(chat.said()) == 1, "only what comes after the return is answered"
    assert chat.ask("price of fixing a flat tyre").text == "A small repair costs 15 euros."


def test_a_persons_answer_takes_the_conversation_over(chat: Chat, agent: User) -> None:
    chat.ask("do you ship to norway")
    message = send_support_message(conversation=chat.conversation, user=agent, text="Yes, gladly.")
    settle()
    message.refresh_from_db()
    assert message.delivery == "sent"
    assert (chat.conversation.status, chat.conversation.assigned_to) == ("support_active", agent)


def test_an_answer_that_waits_to_be_sent_is_dropped_by_a_takeover(chat: Chat, owner: User) -> None:
    chat.write("do you ship to norway")
    busy = {"lane_token": "other", "lane_until": database_now(plus=15)}
    Conversation.objects.update(**busy)
    answer(conversation_id=chat.conversation.pk)
    assert chat.said()[0].delivery == "queued"

    taken = take_over(conversation=chat.conversation, user=owner)
    settle()

    [message] = chat.said()
    assert message.failure
    assert (message.delivery, message.failure["code"]) == ("failed", "taken_over")
    assert taken.in_flight == []


def test_a_wish_for_a_person_is_followed_at_once(chat: Chat) -> None:
    chat.ask("Can I talk to a human?")
    assert chat.conversation.handover_reason == "asked_for_person"


@pytest.mark.parametrize("content", [Content.PHOTO, Content.VOICE, Content.STICKER, Content.OTHER])
def test_a_message_without_words_gets_a_fitting_answer(chat: Chat, content: Content) -> None:
    message = chat.ask("", content)
    assert "words" in message.text or "write" in message.text
    assert chat.conversation.status == "active"


def test_an_opened_chat_is_greeted(chat: Chat) -> None:
    chat.write("/start", is_start=True)
    settle()
    assert chat.said()[-1].text.startswith("Hello, you are talking to the assistant of Kite Bikes")


def test_in_draft_mode_the_answer_waits_for_a_person(chat: Chat, business: Business) -> None:
    AIModelConfig.objects.update_or_create(business=business, defaults={"mode": "draft"})
    chat.write("do you ship to norway")
    settle()
    assert chat.said() == []
    assert chat.conversation.suggestion
    assert chat.conversation.suggestion["text"] == SHIPPING


def test_outside_business_hours_the_customer_is_told_when_somebody_is_there(
    chat: Chat, business: Business
) -> None:
    from datetime import date, timedelta

    from settings_app.models import Holiday

    AIModelConfig.objects.update_or_create(
        business=business, defaults={"business_hours_only": True}
    )
    for days in range(3):
        Holiday.objects.create(business=business, date=date.today() + timedelta(days=days - 1))
    message = chat.ask("do you ship to norway")
    assert "closed" in message.text
    assert chat.conversation.handover_reason == "out_of_hours"


def test_too_many_turns_end_with_a_person(chat: Chat, business: Business) -> None:
    AIModelConfig.objects.update_or_create(business=business, defaults={"max_turns": 1})
    chat.ask("do you ship to norway")
    chat.ask("price of fixing a flat tyre")
    assert chat.conversation.handover_reason == "turn_cap"


def test_a_reopened_conversation_starts_afresh(chat: Chat, owner: User) -> None:
    chat.ask("Can I talk to a human?")
    close_conversation(conversation=chat.conversation, user=owner)
    assert chat.ask("do you ship to norway").text == SHIPPING
    assert chat.conversation.status == "active"


def test_a_claim_that_outlived_its_worker_three_times_goes_to_people(chat: Chat) -> None:
    chat.write("do you ship to norway")
    Conversation.objects.update(claim_attempts=3)
    settle()
    assert chat.conversation.handover_reason == "crashed"
    assert chat.said()[-1].delivery == "sent"


def test_a_running_claim_keeps_others_away(chat: Chat) -> None:
    chat.write("do you ship to norway")
    Conversation.objects.update(claim_token="other", claim_until=database_now(plus=15))
    settle()
    assert chat.said() == []
    Conversation.objects.update(claim_until=database_now(plus=-1))
    settle()
    assert [m.text for m in chat.said()] == [SHIPPING]
