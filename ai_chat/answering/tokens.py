"""Which turns fit into a number of tokens."""

from collections.abc import Sequence

from AI_model.estimating import TOKENS_PER_TURN as TOKENS_PER_TURN
from AI_model.estimating import estimate as estimate
from AI_model.providers.base import Turn


def estimate_turn(turn: Turn) -> int:
    return estimate(turn.text) + TOKENS_PER_TURN


def newest_that_fit(turns: Sequence[Turn], *, room: int) -> list[Turn]:
    """Those at the end that fit into `room` tokens together, and the last one always."""
    kept: list[Turn] = []
    for turn in reversed(turns):
        room -= estimate_turn(turn)
        if kept and room < 0:
            break
        kept.append(turn)
    return kept[::-1]
