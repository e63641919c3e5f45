"""A replay as a job: killed, stopped, taken by one worker, words that go meanwhile."""

import threading
from typing import Any

import pytest
from django.db.models import F

from accounts.models import Business, User
from AI_model.models import Replay, ReplayTurn, UsageRecord
from AI_model.replies.replaying import replay_run
from AI_model.services.replay import state_to_try
from AI_model.services.replay_plan import plan_turns
from AI_model.services.replay_rows import (
    Lost,
    claim_replay,
    extend_claims,
    keep_plan,
    keep_turn,
    replays_due,
    start_replay,
    stop_replay,
)
from AI_model.tasks import run_replay
from AI_model.testing.chats import Chat, settle
from AI_model.testing.model_server import ModelServer
from AI_model.testing.replays import replay, verdicts
from core.lib.clock import database_now
from core.lib.errors import Conflict
from messaging.models import Message
from messaging.services.receive import receive_events
from messaging.types import EventKind, InboundMessage
from settings_app.models import KnowledgeEntry
from settings_app.services import change_entry
from settings_app.tests.knowledge_rows import at_once

pytestmark = pytest.mark.django_db(transaction=True)

QUESTIONS = ["do you ship to norway", "price of fixing a flat tyre", "can you deliver to oslo"]


@pytest.fixture
def asked(chat: Chat, owner: User) -> Chat:
    for question in QUESTIONS:
        chat.ask(question)
    return chat


def start(business: Business, **options: Any) -> Replay:
    return start_replay(business=business, user=None, ring=False, **options)


def kill(replay: Replay) -> None:
    """Its worker is gone, and its time is over."""
    Replay.objects.filter(pk=replay.pk).update(claim_until=database_now(plus=-1))


def test_what_is_asked_for_is_done_by_whoever_sweeps(asked: Chat, business: Business) -> None:
    waiting = start_replay(business=business, user=None)
    assert waiting.state == "waiting"
    settle()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.done, waiting.attempts) == ("done", 3, 1)
    assert replays_due(older_than=0) == []


def test_two_workers_on_one_replay_ask_each_question_once(
    asked: Chat, business: Business, settings: Any, model: ModelServer
) -> None:
    model.behave(text="Yes, we ship to Norway within five days [p1].")
    replay_id = start(business).pk

    at_once([lambda: run_replay.run(replay_id)] * 3)

    done = Replay.objects.get()
    assert (done.state, done.done, done.attempts) == ("done", 3, 1)
    assert UsageRecord.objects.filter(purpose="replay").count() == len(model.calls)
    assert {turn.verdict != "" for turn in done.turns.all()} == {True}


def test_of_workers_that_come_at_once_one_gets_it(asked: Chat, business: Business) -> None:
    replay_id, claims = start(business).pk, list[Replay | None]()
    at_once([lambda: claims.append(claim_replay(replay_id))] * 4)
    assert len([claim for claim in claims if claim is not None]) == 1
    assert Replay.objects.get().attempts == 1


def test_after_a_death_it_goes_on_where_it_stopped(
    asked: Chat, business: Business, model: ModelServer
) -> None:
    model.behave(text="Yes, we ship to Norway within five days and it costs 15 euros.")
    claimed = claim_replay(start(business).pk)
    assert claimed is not None
    keep_plan(claimed, plan_turns(claimed))
    first = claimed.turns.select_related("run")[0]
    tried = state_to_try(claimed)
    replayed = replay_run(first.run, tried)  # type: ignore[arg-type]
    assert replayed is not None
    keep_turn(claimed, first, replayed, 1)
    assert replays_due(older_than=0) == [] and claim_replay(claimed.pk) is None
    kill(claimed)
    assert replays_due(older_than=0) == [claimed.pk]
    before = ReplayTurn.objects.get(pk=first.pk)
    model.calls.clear()

    run_replay.run(claimed.pk)

    done = Replay.objects.get()
    assert (done.state, done.done, done.total, done.attempts) == ("done", 3, 3, 2)
    after = ReplayTurn.objects.get(pk=first.pk)
    assert (after.milliseconds, after.after) == (before.milliseconds, before.after)
    assert first.question not in str([call.texts[-1] for call in model.calls]), "not asked again"
    assert {turn.question for turn in done.turns.all()} == set(QUESTIONS)


def test_whoever_lost_the_replay_writes_nothing_more(asked: Chat, business: Business) -> None:
    lost = claim_replay(start(business).pk)
    assert lost is not None
    keep_plan(lost, plan_turns(lost))
    first = lost.turns.select_related("run")[0]
    replayed = replay_run(first.run, state_to_try(lost))  # type: ignore[arg-type]
    kill(lost)
    assert claim_replay(lost.pk) is not None
    with pytest.raises(Lost):
        keep_turn(lost, first, replayed, 1)  # type: ignore[arg-type]
    with pytest.raises(Lost):
        keep_plan(lost, [])
    assert ReplayTurn.objects.get(pk=first.pk).verdict == ""
    assert Replay.objects.get().done == 0


def test_a_heartbeat_keeps_it_and_the_fourth_try_gives_up(asked: Chat, business: Business) -> None:
    replay_id = start(business).pk
    for _ in range(3):
        claimed = claim_replay(replay_id)
        assert claimed is not None
        kill(claimed)
    assert claimed is not None
    extend_claims([claimed.claim_token])
    assert claim_replay(replay_id) is None
    kill(claimed)
    assert claim_replay(replay_id) is None
    done = Replay.objects.get()
    assert (done.state, "three times" in done.problem) == ("failed", True)


def test_it_can_be_stopped_and_keeps_what_was_done(
    asked: Chat, business: Business, model: ModelServer
) -> None:
    waiting = start(business)

    def stop(moment: str, call: object) -> None:
        if moment == "request_read" and len(model.calls) == 1:
            threading.Thread(target=stop_replay, kwargs={"replay": waiting}).start()

    model.behave("delay", seconds=1.5, text="Yes, we ship within five days [p1].")
    model.hook = stop
    run_replay.run(waiting.pk)

    done = Replay.objects.get()
    assert (done.state, done.claim_token) == ("stopped", "") and done.finished_at
    assert done.done == done.turns.exclude(verdict="").count() < 3
    assert UsageRecord.objects.filter(purpose="replay").count() == len(model.calls)
    with pytest.raises(Conflict):
        stop_replay(replay=done)
    assert replays_due(older_than=0) == []


def test_one_runs_at_a_time_even_if_two_are_asked_for_at_once(business: Business) -> None:
    refused: list[str] = []

    def ask() -> None:
        try:
            start(business)
        except Conflict as error:
            refused.append(error.detail)

    at_once([ask] * 3)
    assert Replay.objects.count() == 1 and len(refused) == 2
    assert "running already" in refused[0]


def test_a_draft_that_changes_before_its_turn_is_not_tried(
    asked: Chat, business: Business, knowledge: KnowledgeEntry
) -> None:
    change_entry(entry=knowledge, changes={"answer": "Once."}, as_draft=True)
    waiting = start(business, draft=True)
    change_entry(entry=knowledge, changes={"answer": "Twice."}, as_draft=True)

    run_replay.run(waiting.pk)

    done = Replay.objects.get()
    assert (done.state, "draft was changed" in done.problem) == ("failed", True)
    assert not ReplayTurn.objects.exists()


def test_words_that_are_taken_back_are_gone_from_replays(asked: Chat, business: Business) -> None:
    replay(business)
    assert ReplayTurn.objects.count() == 3
    message = Message.objects.get(text=QUESTIONS[0])
    Message.objects.filter(pk=message.pk).update(external_id="said")
    event = InboundMessage(
        kind=EventKind.REDACTED,
        dedupe_key="back",
        conversation_key="visitor",
        customer_key="visitor",
        external_id="said",
    )
    receive_events(channel=asked.channel, events=[event], raw=b"{}")

    assert not ReplayTurn.objects.exists()
    assert QUESTIONS[0] not in verdicts(replay(business))


def test_words_that_go_while_it_runs_are_left_out(asked: Chat, business: Business) -> None:
    claimed = claim_replay(start(business).pk)
    assert claimed is not None
    keep_plan(claimed, plan_turns(claimed))
    kill(claimed)
    Message.objects.filter(text=QUESTIONS[1]).update(redacted_at=database_now(), text="")

    run_replay.run(claimed.pk)

    done = Replay.objects.get()
    assert (done.state, done.total, done.done) == ("done", 2, 2)


def test_old_replays_go_when_another_is_asked_for(asked: Chat, business: Business) -> None:
    from datetime import timedelta

    replay(business)
    Replay.objects.update(finished_at=F("finished_at") - timedelta(days=91))
    replay(business)
    assert Replay.objects.count() == 1 and ReplayTurn.objects.count() == 3
