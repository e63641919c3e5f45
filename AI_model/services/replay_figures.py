"""What replays found, and whether a draft was replayed."""

from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from AI_model.models import Replay, ReplayTurn
from AI_model.selectors import config_of
from core.lib.tenancy import ScopedQuerySet

Verdict = ReplayTurn.Verdict
NOT_REPLAYED = (
    "This draft has to be replayed before it is published: save all of it as a draft, run a replay "
    "of the draft, and publish the whole draft once the replay is done."
)


def replays_of(user: User, *, state: str = "") -> QuerySet[Replay]:
    """The newest first."""
    rows = Replay.objects.for_user(user).select_related("user").order_by("-created_at", "pk")
    return rows.filter(state=state) if state else rows


def access_replay(user: User, replay_id: str) -> Replay:
    rows: ScopedQuerySet[Replay] = Replay.objects.select_related("user")
    return rows.access(user, replay_id)


def turns_of(replay: Replay, *, verdict: str = "") -> QuerySet[ReplayTurn]:
    """Those that are done, newest question first."""
    rows = ReplayTurn.objects.for_business(replay.business_id).filter(replay=replay)
    rows = rows.filter(verdict=verdict) if verdict else rows.exclude(verdict="")
    return rows.select_related("message").order_by("position")


def changes_of(replay: Replay) -> QuerySet[ReplayTurn]:
    return turns_of(replay).exclude(verdict=Verdict.SAME)


def summary_of(replay: Replay) -> dict[str, int]:
    """How many questions were asked again, and what came of them."""
    counted = {
        "asked": ~Q(verdict=""),
        "answered": Q(after__outcome="answered"),
        "offered": Q(after__outcome="offered"),
        "handed_over": Q(after__outcome="handed_over"),
        "same": Q(verdict=Verdict.SAME),
        "newly_answered": Q(verdict=Verdict.ANSWERED),
        "newly_handed_over": Q(verdict=Verdict.HANDED_OVER),
        "changed": Q(verdict=Verdict.CHANGED),
    }
    counts: dict[str, Any] = {name: Count("pk", filter=q) for name, q in counted.items()}
    return ReplayTurn.objects.filter(replay=replay).aggregate(**counts)


def why_not_publish(business_id: str, digest: str) -> str:
    """The check before a publish: "" = it may be, or nobody asked for a replay."""
    config = config_of.first(business_id=business_id)
    if config is None or not config.replay_before_publishing:
        return ""
    done = Replay.objects.for_business(business_id).filter(
        state=Replay.State.DONE, against=Replay.Against.DRAFT, draft_digest=digest
    )
    return "" if done.exists() else NOT_REPLAYED
