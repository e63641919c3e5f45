"""How much of what people wrote goes to a model, and how much it may write: words cost money."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from AI_model.providers.base import Passage, Turn

MAX_WORDS = 4_000
"""Characters of one message, and of all that is unanswered, as it is searched for."""
MAX_TALK = 24_000
"""Characters of the talk; what does not fit is its beginning."""
MAX_PASSAGE = 6_000


@dataclass(frozen=True, slots=True)
class AnswerLength:
    """What a model is told to keep to."""

    sentences: int
    words: int


LENGTHS: Mapping[str, AnswerLength] = {
    "short": AnswerLength(2, 40),
    "medium": AnswerLength(4, 90),
    "long": AnswerLength(10, 220),
}


def length_words(name: str) -> str:
    """“at most 2 short sentences, 40 words”; an unknown name is the middle one."""
    length = LENGTHS.get(name) or LENGTHS["medium"]
    return f"at most {length.sentences} short sentences and {length.words} words"


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
