"""Running a replay: past questions against another state, a few at a time, from any point on."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import structlog
from django.db import Error, connection

from AI_model.models import Replay, ReplayTurn
from AI_model.replies.composition import Tried
from AI_model.replies.policy import Reason
from AI_model.replies.replaying import replay_run, tried_state
from AI_model.retrieval.search import IndexNotReady
from AI_model.selectors import config_of
from AI_model.services.models import chain_for
from AI_model.services.replay_plan import plan_turns
from AI_model.services.replay_rows import (
    Lost,
    State,
    claim_replay,
    drop_turn,
    end_replay,
    give_back,
    heartbeat,
    keep_plan,
    keep_turn,
    note_failed,
    replays_due,
)
from core.lib.clock import Deadline
from core.lib.errors import Conflict, DomainError
from core.lib.hands import waiting, working
from core.lib.on_commit import delay_on_commit
from settings_app.drafts import draft_digest, drafted_prompts
from settings_app.selectors import published_prompts

log = structlog.get_logger(__name__)

MODELS_AT_ONCE, LOCAL_AT_ONCE = 4, 2
LONGEST_SECONDS = 1_800.0
MOST_FAILURES = 3
TRY_AGAIN_SECONDS = 5.0
OVER_BUDGET = "The budget for AI answers is used up; what was done stays."
DOWN = "No AI provider could answer; what was done stays. Start it again later."
TOO_LONG = "It took longer than half an hour; what was done stays. Ask fewer questions."
CHANGED = "The draft was changed since the replay was asked for; start it again."
_slots = threading.BoundedSemaphore(1)


class _Ended(Exception):
    """Nothing more is asked; the state and the reason to end with."""

    def __init__(self, state: str, problem: str) -> None:
        super().__init__(problem)
        self.state, self.problem = state, problem


def run_replay(*, replay_id: str) -> None:
    """Do it, or go on with it, unless somebody else does or this process runs one already."""
    with _slot() as free:
        replay = claim_replay(replay_id) if free else None
        if replay is not None:
            with heartbeat.keep(replay.claim_token):
                _run_guarded(replay)
    if replay is not None:
        _ring_next()


@contextmanager
def _slot() -> Iterator[bool]:
    free = _slots.acquire(blocking=False)
    try:
        yield free
    finally:
        if free:
            _slots.release()


def _ring_next() -> None:
    from AI_model.tasks import run_replay as bell  # tasks import this module

    for replay_id in replays_due(older_than=0)[:1]:
        delay_on_commit(bell, replay_id)


def _run_guarded(replay: Replay) -> None:
    try:
        _run(replay)
    except _Ended as ended:
        end_replay(replay, ended.state, ended.problem)
    except DomainError as refused:
        end_replay(replay, State.FAILED, refused.detail)
    except Lost:
        log.info("replay_lost", replay_id=replay.pk)
    except Error:
        log.warning("replay_put_off", replay_id=replay.pk, attempt=replay.attempts)
        raise
    except Exception:
        log.exception("replay_failed", replay_id=replay.pk, attempt=replay.attempts)
        give_back(replay, seconds=TRY_AGAIN_SECONDS)


def _run(replay: Replay) -> None:
    try:
        tried = state_to_try(replay)
    except IndexNotReady:
        give_back(replay, seconds=TRY_AGAIN_SECONDS)
        return
    if not ReplayTurn.objects.filter(replay=replay).exists():
        keep_plan(replay, plan_turns(replay))
    left = ReplayTurn.objects.filter(replay=replay, verdict="").select_related("run")
    _Round(replay, tried, deque(left)).run()
    end_replay(replay, State.DONE)


def state_to_try(replay: Replay) -> Tried:
    """What is published, or just the draft that was asked for. Conflict, IndexNotReady."""
    from AI_model.retrieval.store import draft_index, index_of, local_date

    business_id = replay.business_id
    today = local_date(business_id)
    if replay.against == Replay.Against.PUBLISHED:
        prompts = published_prompts(business_id)
        version = prompts.version if prompts else None
        return tried_state(index_of(business_id), prompts, today=today, version=version)
    _refuse_another(replay)
    tried = tried_state(draft_index(business_id), drafted_prompts(business_id), today=today)
    _refuse_another(replay)
    return tried


def _refuse_another(replay: Replay) -> None:
    if draft_digest(replay.business_id) != replay.draft_digest:
        raise Conflict(CHANGED)


class _Round:
    """The questions that are left, answered by a few threads; the first end ends all of them."""

    def __init__(self, replay: Replay, tried: Tried, left: deque[ReplayTurn]) -> None:
        self.replay, self.tried, self.left = replay, tried, left
        self.deadline = Deadline.after(LONGEST_SECONDS)
        self.over = threading.Event()
        self.failures = 0

    def run(self) -> None:
        count = min(_threads(self.replay.business_id), len(self.left))
        if not count:
            return
        with waiting(), ThreadPoolExecutor(count, "replay") as pool:
            done = [pool.submit(self._work) for _ in range(count)]
        for future in done:
            future.result()

    def _work(self) -> None:
        try:
            while not self.over.is_set():
                try:
                    turn = self.left.popleft()
                except IndexError:
                    return
                with working():
                    self._replay(turn)
        except BaseException:
            self.over.set()
            raise
        finally:
            connection.close()

    def _replay(self, turn: ReplayTurn) -> None:
        if self.deadline.passed:
            raise _Ended(State.STOPPED, TOO_LONG)
        started = time.monotonic()
        replayed = replay_run(turn.run, self.tried) if turn.run else None
        if replayed is None:
            drop_turn(turn)
        elif replayed.said.reason in {Reason.OVER_BUDGET, Reason.PROVIDER_DOWN}:
            note_failed(self.replay, replayed)
            self._fail(turn, replayed.said.reason)
        else:
            took = round((time.monotonic() - started) * 1000)
            keep_turn(self.replay, turn, replayed, took)

    def _fail(self, turn: ReplayTurn, reason: str) -> None:
        """A budget stays used up; a provider may have had a bad moment."""
        if reason == Reason.OVER_BUDGET:
            raise _Ended(State.STOPPED, OVER_BUDGET)
        self.failures += 1
        if self.failures >= MOST_FAILURES:
            raise _Ended(State.FAILED, DOWN)
        self.left.append(turn)


def _threads(business_id: str) -> int:
    """Models are waited for; without one it is arithmetic alone, for which others wait, too."""
    config = config_of.first(business_id=business_id)
    chain = chain_for(business_id=business_id, model_name=config.model_name if config else "")
    return LOCAL_AT_ONCE if all(provider.local for provider in chain) else MODELS_AT_ONCE
