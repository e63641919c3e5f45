"""Several at one answer: two writers, a stop in the middle, a writer that dies, engines away."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from ai_chat.answering import live as live_texts
from ai_chat.answering.live import live_text, overlay
from ai_chat.answering.run import write
from ai_chat.answering.watch import KEEP_SECONDS
from ai_chat.models import AIChat, AIMessage
from ai_chat.services.chats import delete_chat, start_chat
from ai_chat.services.claims import answers_due, claim_answer
from ai_chat.services.messages import say
from ai_chat.services.stopping import stop_answer
from AI_model.models import UsageRecord
from AI_model.testing.model_server import ModelServer
from core.lib.redis import redis_client
from core.lib.sweeping import drain

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "one two three four five six seven eight nine ten "
PATIENCE = 60.0
WRITER = """
import django
django.setup()
import sys
from ai_chat.answering.run import write
write(sys.argv[1])
"""


@pytest.fixture
def chat(owner: User) -> AIChat:
    return start_chat(user=owner)


def asked(chat: AIChat) -> AIMessage:
    return say(chat=chat, content="Count").answer


def row(answer: AIMessage) -> AIMessage:
    return AIMessage.objects.get(pk=answer.pk)


def wait_until(true: Callable[[], object]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < give_up, "waited for too long"
        time.sleep(0.01)


class Worker:
    """Writes an answer in a thread of its own."""

    def __init__(self, answer: AIMessage) -> None:
        self._thread = threading.Thread(target=self._run, args=(answer.pk,))
        self._thread.start()

    def _run(self, message_id: str) -> None:
        try:
            write(message_id)
        finally:
            connection.close()

    def join(self) -> None:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


def test_two_workers_make_one_call(chat: AIChat, model: ModelServer) -> None:
    for _ in range(10):
        answer = asked(AIChat.objects.get(pk=chat.pk))
        workers = [Worker(answer) for _ in range(4)]
        for worker in workers:
            worker.join()
        assert row(answer).state == "done"
    assert len(model.calls) == 10
    assert UsageRecord.objects.filter(purpose="chat").count() == 10


def test_a_stop_in_the_middle_keeps_every_word_that_came_and_closes_the_call(
    chat: AIChat, model: ModelServer
) -> None:
    model.behave("ok", text=WORDS * 100, pause=0.01)
    answer = asked(chat)
    worker = Worker(answer)
    wait_until(lambda: len(live_text(answer.pk)) > 50)
    stopped = stop_answer(message=answer)
    assert stopped.state == "stopped" and stopped.content
    worker.join()
    after = row(answer)
    assert after.state == "stopped" and after.content.startswith(stopped.content)
    assert (WORDS * 100).startswith(after.content) and len(after.content) < len(WORDS * 100)
    assert after.claim_token == "" and after.total_tokens
    wait_until(lambda: model.in_flight == 0)


def test_a_stop_and_the_end_at_the_same_moment_leave_one_ending_and_all_words(
    chat: AIChat, model: ModelServer
) -> None:
    model.behave("ok", text="one two three", pause=0.005)
    for number in range(12):
        answer = asked(AIChat.objects.get(pk=chat.pk))
        worker = Worker(answer)
        wait_until(lambda answer=answer: row(answer).state != "pending")  # type: ignore[misc]
        time.sleep(number * 0.004)
        stop_answer(message=answer)
        worker.join()
        after = row(answer)
        assert after.state in ("done", "stopped") and after.claim_token == ""
        assert "one two three".startswith(after.content)
        assert after.state == "stopped" or after.content == "one two three"
        assert after.total_tokens == sum(
            record.tokens_in + record.tokens_out
            for record in UsageRecord.objects.order_by("-pk")[:1]
        )
    assert UsageRecord.objects.filter(purpose="chat").count() == len(model.calls)


def test_a_deleted_chat_is_written_no_further(chat: AIChat, model: ModelServer) -> None:
    model.behave("ok", text=WORDS * 200, pause=0.01)
    answer = asked(chat)
    worker = Worker(answer)
    wait_until(lambda: live_text(answer.pk))
    delete_chat(chat=AIChat.objects.get(pk=chat.pk))
    worker.join()
    assert row(answer).state == "stopped"


def test_what_came_stands_on_the_row_within_about_a_second(
    chat: AIChat, model: ModelServer
) -> None:
    model.behave("ok", text=WORDS * 100, pause=0.01)
    answer = asked(chat)
    worker = Worker(answer)
    wait_until(lambda: row(answer).content)
    assert KEEP_SECONDS <= 1
    assert (WORDS * 100).startswith(row(answer).content)
    stop_answer(message=answer)
    worker.join()


def start_writer(answer: AIMessage, model: ModelServer) -> "subprocess.Popen[bytes]":
    """As another process does, on the database of this test."""
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    database = {"DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}"}
    environment = os.environ | model.settings("openai") | database
    return subprocess.Popen([sys.executable, "-c", WRITER, answer.pk], env=environment)


def test_of_a_killed_worker_the_part_stays_and_is_marked(chat: AIChat, model: ModelServer) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("The tests' SQLite lives in this process.")
    model.behave("ok", text=WORDS * 100, pause=0.02)
    answer = asked(chat)
    worker = start_writer(answer, model)
    try:
        wait_until(lambda: worker.poll() is not None or len(live_text(answer.pk)) > 50)
        assert worker.poll() is None, "the writer ended by itself"
        os.kill(worker.pid, signal.SIGKILL)
    finally:
        worker.kill()
        worker.wait(PATIENCE)
    came = live_text(answer.pk)
    assert row(answer).state == "streaming" and answer.pk not in answers_due(older_than=0)
    AIMessage.objects.filter(pk=answer.pk).update(claim_until="2020-01-01T00:00:00Z")
    assert list(answers_due(older_than=0)) == [answer.pk]
    assert drain() == 1
    after = row(answer)
    assert (after.state, after.content) == ("failed", came)
    assert after.failure and after.failure["code"] == "interrupted"
    assert list(answers_due(older_than=0)) == []
    assert len(model.calls) == 1, "it is for its reader to ask again"


def test_of_a_dead_writer_the_row_counts_when_it_has_more_than_redis(chat: AIChat) -> None:
    answer = asked(chat)
    claim_answer(message_id=answer.pk)
    AIMessage.objects.filter(pk=answer.pk).update(
        content="one two three", claim_until="2020-01-01T00:00:00Z"
    )
    live_texts.live.add([(answer.pk, "one", "one")])
    write(answer.pk)
    assert (row(answer).state, row(answer).content) == ("failed", "one two three")


def test_a_writer_whose_claim_lapsed_changes_nothing_more(chat: AIChat, model: ModelServer) -> None:
    model.behave("ok", text=WORDS * 40, pause=0.01)
    answer = asked(chat)
    worker = Worker(answer)
    wait_until(lambda: live_text(answer.pk))
    AIMessage.objects.filter(pk=answer.pk).update(
        state="failed", content="part", claim_token="", claim_until=None
    )
    worker.join()
    assert (row(answer).state, row(answer).content) == ("failed", "part")
    assert UsageRecord.objects.filter(purpose="chat").count() == 1, "it was paid for all the same"


@pytest.fixture
def redis_away(settings: LazySettings) -> Iterator[None]:
    layer: Any = settings.CHANNEL_LAYERS["default"]
    settings.REDIS_URL = "redis://127.0.0.1:1"
    settings.CHANNEL_LAYERS = {
        "default": {**layer, "CONFIG": {**layer["CONFIG"], "hosts": [settings.REDIS_URL]}}
    }
    redis_client.cache_clear()
    yield
    redis_client.cache_clear()
    time.sleep(live_texts.PAUSE_SECONDS)  # as long as a Redis that failed is left alone


@pytest.mark.usefixtures("redis_away")
def test_without_redis_an_answer_is_written_read_and_stopped_all_the_same(
    owner: User, api_for: Callable[[User], APIClient], chat: AIChat, model: ModelServer
) -> None:
    model.behave("ok", text="fine", times=1)
    first = asked(chat)
    assert drain() == 1, "the sweeper finds it without a bell"
    assert (row(first).state, row(first).content) == ("done", "fine")
    model.behave("ok", text=WORDS * 200, pause=0.01)
    second = asked(AIChat.objects.get(pk=chat.pk))
    worker = Worker(second)
    wait_until(lambda: row(second).content)
    reading = row(second)
    overlay([reading])
    assert (WORDS * 200).startswith(reading.content)
    stop_answer(message=second)
    worker.join()
    assert row(second).state == "stopped" and row(second).content


def test_a_redis_that_forgets_gets_all_words_again(chat: AIChat) -> None:
    answer = asked(chat)
    live_texts.live.add([(answer.pk, "one ", "one ")])
    redis_client().flushall()
    live_texts.live.add([(answer.pk, "two ü", "one two ü")])
    assert live_text(answer.pk) == "one two ü"
    live_texts.live.add([(answer.pk, "!", "one two ü!")])
    assert live_text(answer.pk) == "one two ü!"
