"""Past questions to replay, and a replay run at once."""

from typing import Any

from accounts.models import Business
from AI_model.models import Replay, ReplayTurn
from AI_model.services.replay import run_replay
from AI_model.services.replay_rows import start_replay


def replay(business: Business, **options: Any) -> Replay:
    """Ask for it and do it, as a worker would."""
    asked = start_replay(business=business, user=None, ring=False, **options)
    run_replay(replay_id=asked.pk)
    return Replay.objects.get(pk=asked.pk)


def verdicts(of: Replay) -> dict[str, str]:
    """By question."""
    return dict(ReplayTurn.objects.filter(replay=of).values_list("question", "verdict"))
