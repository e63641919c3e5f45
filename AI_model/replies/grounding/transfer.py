"""Claims that something was, is or will be done: a transfer, a call back, a booking, a refund.

The AI can do nothing but answer, so such a sentence is never true. One pattern a language for the
first person, one for colleagues who will be in touch, one for what “has been” done to an order.
"""

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "actions.json"
_APOSTROPHES = str.maketrans(dict.fromkeys("‘’ʻʼ`´", "'"))


def claims_action(sentence: str) -> bool:
    """Whether it says that we did, do or will do something that no answer can."""
    text = _flat(sentence)
    return any(pattern.search(text) for pattern in _patterns("done"))


def promises_contact(sentence: str) -> bool:
    """Whether it says that a person will be in touch; a business may say so in its knowledge."""
    text = _flat(sentence)
    return any(pattern.search(text) for pattern in _patterns("contact"))


def claimed(sentence: str, sources: Sequence[str]) -> bool:
    """A promise of contact that a source makes as well is knowledge, not a claim."""
    if claims_action(sentence):
        return True
    return promises_contact(sentence) and not any(map(promises_contact, sources))


def _flat(text: str) -> str:
    return " ".join(text.translate(_APOSTROPHES).casefold().split())


@cache
def _patterns(kind: str) -> list[re.Pattern[str]]:
    table: dict[str, dict[str, list[str]]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return [re.compile(text) for rows in table.values() for text in rows.get(kind, [])]
