"""What a message asks beside what else it says: “Hello! My order is 77121. Do you ship to Oslo?”"""

import re
from collections.abc import Callable, Sequence

from AI_model.providers.base import Passage
from AI_model.replies.phrases import small_talk

MOST_SENTENCES = 4
FEWEST_WORDS = 3
NEARLY_THE_SAME = 0.85
"""A sentence asks what an entry asks; lower ones are found by chance."""
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？؟])\s*|\n+")


def without_small_talk(text: str) -> str:
    """The sentences that are more than a greeting or thanks; all of them where none is more."""
    parts = _sentences(text)
    if len(parts) < 2:
        return text
    return " ".join(part for part in parts if small_talk(part) is None) or text


def search_focused(look: Callable[[str], list[Passage]], text: str) -> list[Passage]:
    """Search for all that is meant; one sentence alone can only make its best entry surer."""
    meant = without_small_talk(text)
    whole = look(meant)
    parts = [part for part in _sentences(meant) if len(part.split()) >= FEWEST_WORDS]
    if not whole or len(_sentences(meant)) < 2:
        return whole
    found = [look(part) for part in parts[:MOST_SENTENCES]]
    return max([whole, *(one for one in found if _is_surer(one, whole))], key=_score)


def _is_surer(found: Sequence[Passage], whole: Sequence[Passage]) -> bool:
    return bool(found) and found[0].id == whole[0].id and found[0].score >= NEARLY_THE_SAME


def _score(found: Sequence[Passage]) -> float:
    return found[0].score


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in _SENTENCE_END.split(text) if part and part.strip()]
