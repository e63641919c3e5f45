"""How many tokens a text may be, without anybody's tokenizer.

Three ASCII letters a token, and two bytes of anything else: English, Cyrillic and Chinese come out
above what the vendors' tokenizers make of them; long runs of digits or signs may come out below.
"""

from collections.abc import Sequence

from AI_model.providers.base import Turn

LETTERS_PER_TOKEN = 3
BYTES_PER_TOKEN = 2
TOKENS_PER_TURN = 8


def estimate(text: str) -> int:
    size = len(text.encode(errors="ignore"))
    plain = size if text.isascii() else sum(sign < "\x80" for sign in text)
    return -(-plain // LETTERS_PER_TOKEN) + -(-(size - plain) // BYTES_PER_TOKEN)


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
