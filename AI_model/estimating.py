"""How many tokens a text may be, without anybody's tokenizer.

Three ASCII letters a token, and two bytes of anything else: English, Cyrillic and Chinese come out
above what the vendors' tokenizers make of them; long runs of digits or signs may come out below.
"""

from AI_model.providers.base import CompletionRequest, Usage

LETTERS_PER_TOKEN = 3
BYTES_PER_TOKEN = 2
TOKENS_PER_TURN = 8


def estimate(text: str) -> int:
    size = len(text.encode(errors="ignore"))
    plain = size if text.isascii() else sum(sign < "\x80" for sign in text)
    return -(-plain // LETTERS_PER_TOKEN) + -(-(size - plain) // BYTES_PER_TOKEN)


def likely_usage(request: CompletionRequest, text: str) -> Usage:
    """Of a call whose vendor had no time to count, since its answer ended before its end."""
    turns = sum(estimate(turn.text) + TOKENS_PER_TURN for turn in request.turns)
    return Usage(tokens_in=estimate(request.system) + turns, tokens_out=estimate(text))
