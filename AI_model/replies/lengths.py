"""How much of what people wrote goes to a model: words cost money, and anybody can write many."""

from collections.abc import Sequence
from dataclasses import replace

from AI_model.providers.base import Passage, Turn

MAX_WORDS = 4_000
"""Characters of one message, and of all that is unanswered, as it is searched for."""
MAX_TALK = 24_000
"""Characters of the talk; what does not fit is its beginning."""
MAX_PASSAGE = 6_000


def recent(turns: Sequence[Turn], *, most: int = MAX_TALK) -> list[Turn]:
    """The latest turns that fit into `most` characters together, and the last one always."""
    kept: list[Turn] = []
    for turn in reversed(turns):
        most -= len(turn.text[:MAX_WORDS])
        if kept and most < 0:
            break
        kept.append(replace(turn, text=turn.text[:MAX_WORDS]))
    return kept[::-1]


def cut_words(text: str) -> str:
    return text[:MAX_WORDS]


def cut_passages(passages: Sequence[Passage]) -> list[Passage]:
    """As a model reads them; what is quoted and cited stays whole."""
    return [
        replace(one, text=one.text[:MAX_PASSAGE], answer=one.answer[:MAX_PASSAGE])
        for one in passages
    ]
