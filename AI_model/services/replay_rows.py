"""Replays as rows: asked for, claimed under a lease, filled turn by turn, ended."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import Business, User
from AI_model.models import Replay, ReplayTurn
from AI_model.obstacles import NO_PROVIDER
from AI_model.replies.comparing import Said, verdict_on
from AI_model.replies.replaying import Replayed
from AI_model.selectors import config_of
from AI_model.services.ledger import record_calls
from AI_model.services.models import can_serve
from core.lib.clock import database_now
from core.lib.errors import Conflict
from core.lib.heartbeat import Heartbeat
from core.lib.ids import new_id
from core.lib.on_commit import delay_on_commit
from core.lib.returning import update_returning
from settings_app.drafts import draft_digest, drafting

PURPOSE = "replay"
DAYS, MOST = 7, 200
LONGEST_DAYS, GREATEST_MOST = 365, 1_000
LEASE_SECONDS = 30.0
BEAT_SECONDS = 8.0
MAX_ATTEMPTS = 3
KEPT = timedelta(days=90)
DIED = "It was broken off three times; start it again, over fewer questions."
RUNNING_ALREADY = "A replay is running already; wait until it is done, or stop it."
NO_DRAFT = "Nothing is drafted; save a draft first, or replay against what is published."

State = Replay.State
UNFINISHED = (State.WAITING, State.RUNNING)


class Lost(Exception):
    """Another worker holds the replay now, or it was stopped."""


def start_replay(
    *,
    business: Business,
    user: User | None,
    days: int = DAYS,
    most: int = MOST,
    draft: bool = False,
    ring: bool = True,
) -> Replay:
    """Ask for a replay; `ring=False` leaves it to the caller to run it.

    Conflict when one is running, nothing is drafted, or no provider is configured.
    """
    config = config_of.first(business_id=business.pk)
    if not can_serve(business_id=business.pk, model_name=config.model_name if config else ""):
        raise Conflict(NO_PROVIDER)
    with drafting(business.pk):
        digest = draft_digest(business.pk) if draft else ""
        if draft and not digest:
            raise Conflict(NO_DRAFT)
        rows = Replay.objects.for_business(business.pk)
        if rows.filter(state__in=UNFINISHED).exists():
            raise Conflict(RUNNING_ALREADY)
        rows.filter(finished_at__lt=timezone.now() - KEPT).delete()
        against = Replay.Against.DRAFT if draft else Replay.Against.PUBLISHED
        common: dict[str, Any] = {"business": business, "user": user}
        replay = Replay.objects.create(
            against=against, draft_digest=digest, days=days, most=most, **common
        )
        if ring:
            _ring(replay.pk)
    return replay


def _ring(replay_id: str) -> None:
    from AI_model.tasks import run_replay  # tasks import this module's users

    delay_on_commit(run_replay, replay_id)


def stop_replay(*, replay: Replay) -> Replay:
    """Ask nothing more; what was done stays. Conflict when it has ended."""
    stopped = update_returning(
        Replay.objects.filter(pk=replay.pk, state__in=UNFINISHED), **_ended(State.STOPPED)
    )
    if stopped is None:
        raise Conflict("This replay has ended already.")
    return stopped


def _ended(state: str, problem: str = "") -> dict[str, Any]:
    values = {"state": state, "problem": problem[:300], "finished_at": timezone.now()}
    return {**values, "claim_token": "", "claim_until": None}


def replays_due(*, older_than: float) -> list[str]:
    """Ids of replays that wait, or whose worker died."""
    ready = Q(claim_until=None, created_at__lte=database_now(plus=-older_than))
    lapsed = Q(claim_until__lte=database_now(plus=-older_than))
    rows = Replay.objects.filter(ready | lapsed, state__in=UNFINISHED)
    return list(rows.order_by("created_at").values_list("pk", flat=True)[:50])


def claim_replay(replay_id: str) -> Replay | None:
    """Take it for a while; None when it has ended, is another worker's, or killed three workers."""
    free = Q(claim_until=None) | Q(claim_until__lte=database_now())
    replay = update_returning(
        Replay.objects.filter(free, pk=replay_id, state__in=UNFINISHED),
        state=State.RUNNING,
        attempts=F("attempts") + 1,
        claim_token=new_id(),
        claim_until=database_now(plus=LEASE_SECONDS),
    )
    if replay is not None and replay.attempts > MAX_ATTEMPTS:
        end_replay(replay, State.FAILED, DIED)
        return None
    return replay


def held(replay: Replay) -> QuerySet[Replay]:
    """The row while it is still ours."""
    return Replay.objects.filter(pk=replay.pk, claim_token=replay.claim_token, state=State.RUNNING)


def extend_claims(tokens: Collection[str]) -> None:
    rows = Replay.objects.filter(claim_token__in=list(tokens), state=State.RUNNING)
    rows.update(claim_until=database_now(plus=LEASE_SECONDS))


heartbeat = Heartbeat(extend_claims, seconds=BEAT_SECONDS)


def give_back(replay: Replay, *, seconds: float) -> None:
    """Not now: whoever rings after this many seconds takes it again."""
    held(replay).update(claim_token="", claim_until=database_now(plus=seconds))


def end_replay(replay: Replay, state: str, problem: str = "") -> bool:
    """False when it was not ours any more."""
    turns = ReplayTurn.objects.filter(replay=replay)
    counts = {"total": turns.count(), "done": turns.exclude(verdict="").count()}
    return held(replay).update(**_ended(state, problem), **counts) > 0


def keep_plan(replay: Replay, turns: Sequence[ReplayTurn]) -> None:
    """The questions of a replay, all of them or none. Raises Lost."""
    with transaction.atomic():
        if not held(replay).update(total=len(turns), done=0):
            raise Lost
        ReplayTurn.objects.bulk_create(turns, batch_size=100)


def keep_turn(replay: Replay, turn: ReplayTurn, replayed: Replayed, milliseconds: int) -> None:
    """What came of a question, once; its calls stand in the ledger in any case. Raises Lost."""
    after, verdict = replayed.said, verdict_on(Said.of(turn.before), replayed.said)
    with transaction.atomic():
        nanos = record(replay, replayed)
        ours = held(replay).update(done=F("done") + 1, money_nanos=F("money_nanos") + nanos)
        if ours:
            ReplayTurn.objects.filter(pk=turn.pk, verdict="").update(
                after=after.as_json(),
                verdict=verdict,
                money_nanos=nanos,
                milliseconds=milliseconds,
            )
    if not ours:
        raise Lost


def record(replay: Replay, replayed: Replayed) -> int:
    """The calls into the ledger; what they cost, as far as prices are known."""
    rows = record_calls(
        business_id=replay.business_id,
        purpose=PURPOSE,
        calls=replayed.calls,
        user=replay.user,
    )
    return sum(row.money_nanos or 0 for row in rows)


def note_failed(replay: Replay, replayed: Replayed) -> None:
    """What was spent on a question that nobody could answer."""
    with transaction.atomic():
        nanos = record(replay, replayed)
        held(replay).update(money_nanos=F("money_nanos") + nanos)


def drop_turn(turn: ReplayTurn) -> None:
    """Its words were taken back or erased since."""
    ReplayTurn.objects.filter(pk=turn.pk).delete()
