"""An answer, from what is said to the rows, the ledger and the words on their way."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import Business, User
from ai_chat import tasks
from ai_chat.answering.live import live_text
from ai_chat.answering.local import NOTHING_FOUND
from ai_chat.answering.run import write
from ai_chat.models import AIChat, AIMessage
from ai_chat.services.chats import delete_chat, start_chat
from ai_chat.services.messages import say
from ai_chat.services.stopping import stop_answer
from ai_chat.signals import Grown, answer_ended, answers_grew
from AI_model.models import AIModelConfig, UsageRecord
from AI_model.testing.model_server import ModelServer
from settings_app.models import KnowledgeEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat(owner: User) -> AIChat:
    return start_chat(user=owner)


@pytest.fixture
def grown() -> Iterator[list[Grown]]:
    seen: list[Grown] = []

    def note(grown: list[Grown], **_: Any) -> None:
        seen.extend(grown)

    answers_grew.connect(note)
    yield seen
    answers_grew.disconnect(note)


def answered(chat: AIChat, words: str = "What is a router?", **options: Any) -> AIMessage:
    turn = say(chat=chat, content=words, **options)
    write(turn.answer.pk)
    return AIMessage.objects.get(pk=turn.answer.pk)


def test_an_answer_has_its_words_its_model_its_tokens_and_its_money(
    chat: AIChat, owner: User, model: ModelServer
) -> None:
    answer = answered(chat)
    [record] = UsageRecord.objects.filter(purpose="chat")
    assert (answer.state, answer.failure) == ("done", None)
    assert answer.content == "Answer to: What is a router?"
    assert (answer.provider, answer.model_used) == ("openai", record.model)
    assert (answer.prompt_tokens, answer.completion_tokens) == (record.tokens_in, record.tokens_out)
    assert answer.total_tokens == record.tokens_in + record.tokens_out > 0
    assert answer.money_nanos == record.money_nanos
    assert (record.user, record.business) == (owner, owner.business)
    assert answer.first_word_ms is not None and answer.response_time_ms is not None
    assert 0 <= answer.first_word_ms <= answer.response_time_ms
    assert answer.context["turns"] == 1 and answer.context["left_out"] == 0
    assert answer.ended_at is not None and answer.claim_token == ""


def test_the_words_come_one_after_the_other_and_make_the_whole_answer(
    chat: AIChat, model: ModelServer, grown: list[Grown]
) -> None:
    model.behave("ok", text="one two three four five six 🙂 seven", pause=0.03)
    answer = answered(chat)
    assert "".join(part.text for part in grown) == answer.content
    assert [part.offset for part in grown] == [
        sum(len(part.text) for part in grown[:place]) for place in range(len(grown))
    ]
    assert len(grown) > 2
    assert {part.message_id for part in grown} == {answer.pk}
    assert live_text(answer.pk) == "", "what has ended stands on its row"


def test_the_end_is_told_once_with_the_row_as_it_is(chat: AIChat, model: ModelServer) -> None:
    ended: list[AIMessage] = []

    def note(message: AIMessage, **_: Any) -> None:
        ended.append(message)

    answer_ended.connect(note)
    try:
        answer = answered(chat)
    finally:
        answer_ended.disconnect(note)
    assert [(one.pk, one.state, one.content) for one in ended] == [
        (answer.pk, "done", answer.content)
    ]
    revision = AIChat.objects.get(pk=chat.pk).revision
    assert revision == 3, "two for the turn, one for the end of its answer"


def test_a_second_writer_finds_nothing_to_write(chat: AIChat, model: ModelServer) -> None:
    answer = answered(chat)
    write(answer.pk)
    assert len(model.calls) == 1
    assert AIMessage.objects.get(pk=answer.pk).content == answer.content


def test_what_was_stopped_before_it_began_is_never_asked(chat: AIChat, model: ModelServer) -> None:
    turn = say(chat=chat, content="Hello")
    stopped = stop_answer(message=turn.answer)
    write(turn.answer.pk)
    assert (stopped.state, stopped.content) == ("stopped", "")
    assert model.calls == []


def test_a_chat_that_was_deleted_meanwhile_asks_nobody(chat: AIChat, model: ModelServer) -> None:
    turn = say(chat=chat, content="Hello")
    delete_chat(chat=chat)
    write(turn.answer.pk)
    assert AIMessage.objects.get(pk=turn.answer.pk).state == "stopped"
    assert model.calls == []


def test_a_worker_whose_seats_are_taken_leaves_the_answer_to_be_rung_again(
    chat: AIChat, model: ModelServer
) -> None:
    turn = say(chat=chat, content="Hello")
    taken = 0
    try:
        while tasks.SEATS.acquire(blocking=False):
            taken += 1
        assert taken == 60, "three of four threads: the others are for customers"
        tasks.write_answer.run(turn.answer.pk)
        assert AIMessage.objects.get(pk=turn.answer.pk).state == "pending"
    finally:
        tasks.SEATS.release(taken)
    tasks.write_answer.run(turn.answer.pk)
    assert AIMessage.objects.get(pk=turn.answer.pk).state == "done"


def test_stopping_what_has_ended_changes_nothing(chat: AIChat, model: ModelServer) -> None:
    answer = answered(chat)
    assert stop_answer(message=answer).state == "done"


@pytest.mark.parametrize(
    ("mode", "code", "words"),
    [
        ("bad_key", "key_rejected", "key"),
        ("404", "model_not_found", "model"),
        ("quota", "quota_exhausted", "money"),
        ("blocked", "blocked", "blocked"),
        ("not_json", "garbled", "no AI provider"),
    ],
)
def test_a_failure_says_in_plain_words_what_is_wrong(
    chat: AIChat, model: ModelServer, mode: str, code: str, words: str
) -> None:
    model.behave(mode)
    answer = answered(chat)
    assert answer.state == "failed"
    assert answer.failure and answer.failure["code"] == code
    assert words in answer.failure["detail"]
    assert UsageRecord.objects.filter(purpose="chat").count() == len(model.calls)


def test_a_connection_that_breaks_keeps_what_came(chat: AIChat, model: ModelServer) -> None:
    model.behave("break", text="one two three four five six", after=3)
    answer = answered(chat)
    assert answer.state == "failed"
    assert answer.content and "one two three four five six".startswith(answer.content.strip())


def test_the_budget_of_the_business_counts(
    chat: AIChat, business: Business, model: ModelServer
) -> None:
    AIModelConfig.objects.update_or_create(
        business=business, defaults={"budgets": {"daily_tokens": 1}}
    )
    answered(chat, "first")
    second = answered(chat, "second")
    assert second.state == "failed"
    assert second.failure and second.failure["code"] == "over_budget"
    assert len(model.calls) == 1


def test_without_a_model_the_businesss_own_knowledge_answers(
    chat: AIChat, business: Business
) -> None:
    KnowledgeEntry.objects.create(
        business=business,
        question="Do you ship to Norway?",
        phrasings=["Can you deliver to Oslo?"],
        answer="Yes, in five days.",
    )
    business.refresh_from_db()
    answer = answered(chat, "do you ship to norway")
    assert (answer.state, answer.content) == ("done", "Yes, in five days.")
    assert (answer.provider, answer.model_used) == ("embedded", "embedded")


def test_without_a_model_and_without_support_it_says_what_would_help(chat: AIChat) -> None:
    answer = answered(chat, "Write me a poem")
    assert (answer.state, answer.failure, answer.content) == ("done", None, NOTHING_FOUND)
