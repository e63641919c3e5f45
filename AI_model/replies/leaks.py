"""Does an answer give away what only the model was to read?"""

import re
from collections.abc import Sequence

LEAK_CHARACTERS = 40
EDGE = 8
"""What stands beside an allowed text, such as a space or a full stop, may be the same by chance."""
_LINK = re.compile(r"https?://\S+")


def leaks_prompt(answer: str, system: str, allowed: Sequence[str]) -> bool:
    """Whether LEAK_CHARACTERS in a row of `system` stand in `answer`, but in no `allowed` text.

    Space, case and links do not count: whoever wrote a link into the prompt wants it passed on.
    """
    shared = _runs(_folded(answer)) & _runs(_folded(system))
    quotable = [_folded(text) for text in allowed]
    return any(all(run[EDGE:-EDGE] not in text for text in quotable) for run in shared)


def _folded(text: str) -> str:
    return " ".join(_LINK.sub(" ", text).split()).casefold()


def _runs(text: str) -> set[str]:
    return {text[i : i + LEAK_CHARACTERS] for i in range(len(text) - LEAK_CHARACTERS + 1)}
