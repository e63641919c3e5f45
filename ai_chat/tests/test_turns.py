"""Turns of a chat, from what a person does to the rows."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from ai_chat.models import AIChat, AIMessage
from ai_chat.selectors import access_message, read_path, read_skeleton
from ai_chat.services.chats import start_chat
from ai_chat.services.messages import (
    Turn,
    activate,
    ask_again,
    delete_message,
    edit_answer,
    edit_message,
    say,
)
from core.lib.errors import Conflict, DomainError, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat(owner: User) -> AIChat:
    return start_chat(user=owner)


def end(answer: AIMessage, text: str = "") -> AIMessage:
    """As its writer would end it."""
    AIMessage.objects.filter(pk=answer.pk).update(
        state="done", content=text or f"answer {answer.pk}"
    )
    return AIMessage.objects.get(pk=answer.pk)


def spoken(chat: AIChat, words: str, **options: object) -> Turn:
    turn = say(chat=chat, content=words, **options)  # type: ignore[arg-type]
    end(turn.answer, f"to {words}")
    return turn


def path_of(chat: AIChat) -> list[str]:
    return [step.message.content for step in read_path(chat, limit=1000).steps]


def test_a_turn_is_two_rows_and_the_end_of_the_active_path(chat: AIChat) -> None:
    turn = say(chat=chat, content=" Hello ")
    assert (turn.asked.content, turn.asked.state, turn.asked.role) == ("Hello", "done", "user")
    assert (turn.answer.content, turn.answer.state) == ("", "pending")
    assert turn.answer.parent_id == turn.asked.pk
    end(turn.answer, "Hi")
    spoken(chat, "More")
    assert path_of(chat) == ["Hello", "Hi", "More", "to More"]
    assert [row.position for row in chat.messages.all()] == [1, 2, 3, 4]


def test_an_edit_and_another_answer_stand_beside_what_was_said(chat: AIChat) -> None:
    first = spoken(chat, "one")
    spoken(chat, "two")
    edited = edit_message(message=first.asked, content="uno")
    end(edited.answer, "to uno")
    assert path_of(chat) == ["uno", "to uno"]
    again = end(ask_again(message=edited.answer), "otra vez")
    assert path_of(chat) == ["uno", "otra vez"]
    [asked, answer] = read_path(chat).steps
    assert (asked.index, asked.siblings) == (2, [first.asked.pk, edited.asked.pk])
    assert (answer.index, answer.siblings) == (2, [edited.answer.pk, again.pk])
    activate(message=first.asked)
    assert path_of(chat) == ["one", "to one", "two", "to two"]
    activate(message=edited.asked)
    assert path_of(chat) == ["uno", "otra vez"]


def test_an_answer_in_a_persons_words_asks_no_model(chat: AIChat) -> None:
    turn = spoken(chat, "one")
    edited = edit_answer(message=turn.answer, content="better")
    assert (edited.state, edited.parent_id) == ("done", turn.asked.pk)
    assert path_of(chat) == ["one", "better"]


def test_while_an_answer_is_written_nothing_is_added_and_it_is_not_deleted(chat: AIChat) -> None:
    done = spoken(chat, "one")
    running = say(chat=chat, content="two")
    refused: list[Callable[[], object]] = [
        lambda: say(chat=chat, content="three"),
        lambda: say(chat=chat, content="three", parent_id=done.answer.pk),
        lambda: edit_message(message=done.asked, content="three"),
        lambda: ask_again(message=done.answer),
        lambda: delete_message(message=done.asked),
        lambda: delete_message(message=running.answer, below="delete"),
    ]
    for attempt in refused:
        with pytest.raises(Conflict) as caught:
            attempt()
        assert caught.value.code == "answering"
    assert chat.messages.count() == 4


def test_a_key_adds_once(chat: AIChat) -> None:
    first = say(chat=chat, content="Hello", client_key="k1")
    twin = say(chat=chat, content="Hello", client_key="k1")
    assert (twin.asked.pk, twin.answer.pk) == (first.asked.pk, first.answer.pk)
    with pytest.raises(Conflict) as caught:
        say(chat=chat, content="Other", client_key="k1")
    assert caught.value.code == "key_reused"
    assert chat.messages.count() == 2


def test_what_hangs_below_a_deleted_message_moves_up(chat: AIChat) -> None:
    first, second = spoken(chat, "one"), spoken(chat, "two")
    gone = delete_message(message=first.answer)
    assert (gone.deleted, gone.moved) == ([first.answer.pk], [second.asked.pk])
    assert path_of(chat) == ["one", "two", "to two"]
    assert gone.active_leaf_id == second.answer.pk


def test_or_goes_with_it(chat: AIChat) -> None:
    first = spoken(chat, "one")
    spoken(chat, "two")
    gone = delete_message(message=first.answer, below="delete")
    assert len(gone.deleted) == 3
    assert path_of(chat) == ["one"]
    delete_message(message=first.asked)
    assert read_skeleton(chat.pk).active_leaf_id is None
    spoken(chat, "afresh")
    assert path_of(chat) == ["afresh", "to afresh"]


def test_a_summary_that_tells_of_a_deleted_message_goes_with_it(chat: AIChat) -> None:
    first, second = spoken(chat, "one"), spoken(chat, "two")
    AIChat.objects.filter(pk=chat.pk).update(summary="one", summary_upto=first.answer)
    delete_message(message=second.answer)
    chat.refresh_from_db()
    assert chat.summary == "one"
    delete_message(message=first.asked)
    chat.refresh_from_db()
    assert (chat.summary, chat.summary_upto_id) == ("", None)


def test_what_was_deleted_in_another_tab_is_not_there(chat: AIChat, owner: User) -> None:
    turn = spoken(chat, "one")
    kept = access_message(owner, turn.answer.pk)
    delete_message(message=turn.answer)
    for attempt in (
        lambda: ask_again(message=kept),
        lambda: activate(message=kept),
        lambda: delete_message(message=kept),
        lambda: say(chat=chat, content="x", parent_id=kept.pk),
    ):
        with pytest.raises(NotFound):
            attempt()
    with pytest.raises(DomainError):
        say(chat=chat, content="  ")


def test_an_answer_whose_question_was_deleted_is_not_asked_again(chat: AIChat) -> None:
    turn = spoken(chat, "one")
    delete_message(message=turn.asked)
    turn.answer.refresh_from_db()
    with pytest.raises(Conflict) as caught:
        ask_again(message=turn.answer)
    assert caught.value.code == "nothing_to_answer"


def grown(chat: AIChat, *, turns: int, branches: int) -> None:
    """A long chat with branches, written straight into the rows."""
    rows: list[AIMessage] = []
    parent: AIMessage | None = None
    for number in range(turns):
        role = "assistant" if number % 2 else "user"
        row = AIMessage(
            business_id=chat.business_id,
            chat=chat,
            parent=parent,
            position=len(rows) + 1,
            role=role,
            content=f"turn {number}",
        )
        rows.append(row)
        if number < branches:
            rows.append(
                AIMessage(
                    business_id=chat.business_id,
                    chat=chat,
                    parent=parent,
                    position=len(rows) + 1,
                    role=role,
                    content=f"branch {number}",
                )
            )
        parent = row
    AIMessage.objects.bulk_create(rows)
    AIChat.objects.filter(pk=chat.pk).update(revision=len(rows), active_leaf=parent)
    chat.refresh_from_db()


def test_opening_a_long_chat_takes_as_few_queries_as_a_short_one(owner: User) -> None:
    counts = []
    for turns, branches in ((4, 1), (2000, 200)):
        chat = start_chat(user=owner)
        grown(chat, turns=turns, branches=branches)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            path = read_path(chat)
        counts.append(len(queries))
    assert counts == [2, 2]
    assert len(path.steps) == 50
    assert path.more
    assert path.steps[-1].message.content == "turn 1999"


def test_deleting_half_of_a_long_chat_takes_few_statements(owner: User) -> None:
    chat = start_chat(user=owner)
    grown(chat, turns=1000, branches=50)
    root = AIMessage.objects.filter(chat=chat, content="turn 500").get()
    with CaptureQueriesContext(connection) as queries:
        delete_message(message=root, below="delete")
    assert len(queries) < 20
    assert chat.messages.count() == 550


def test_pages_of_a_path_lead_to_its_beginning(owner: User) -> None:
    chat = start_chat(user=owner)
    grown(chat, turns=23, branches=3)
    seen: list[str] = []
    before = None
    while True:
        page = read_path(chat, before=before, limit=5)
        seen[:0] = [step.message.content for step in page.steps]
        if not page.more:
            break
        before = page.steps[0].message.pk
    assert seen == [f"turn {number}" for number in range(23)]


@pytest.mark.django_db(transaction=True)
def test_two_devices_at_once_lose_and_hide_nothing(owner: User) -> None:
    chat = start_chat(user=owner)
    first = spoken(chat, "start")
    begin = threading.Barrier(6)

    def device(number: int) -> str:
        try:
            begin.wait()
            turn = say(chat=chat, content=f"device {number}", parent_id=first.answer.pk)
            end(turn.answer)
            return turn.asked.pk
        except Conflict as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(device, range(6)))
    said = [one for one in outcomes if one != "answering"]
    tree = read_skeleton(chat.pk).tree
    assert said
    assert sorted(tree.children(first.answer.pk)) == sorted(said)
    assert chat.messages.count() == 2 + 2 * len(said)
    positions = list(chat.messages.values_list("position", flat=True))
    assert len(set(positions)) == len(positions)
