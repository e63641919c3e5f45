"""What stands before and after every single call to a provider. Knows no row and no network."""

from typing import TYPE_CHECKING, Protocol

from AI_model.catalog import model_facts
from AI_model.providers.base import CompletionRequest, Media, Provider, Usage

if TYPE_CHECKING:
    from AI_model.generation import CallRecord

LEAST_ROOM = 1024
"""For thinking, where the catalog knows less."""
TOKENS_PER_TURN = 16
TOKENS_AROUND = 64
TOKENS_PER_IMAGE = 8_192
"""More than any vendor counts for one picture at its finest."""
BYTES_PER_SOUND_TOKEN = 16
"""Vendors count up to 32 tokens a second, and no codec we take goes below 512 bytes a second."""


class Meter(Protocol):
    """Lets a call pass, or not, and learns what it cost."""

    def admit(self, provider: Provider, request: CompletionRequest) -> object:
        """A hold for `settle`. Raises ProviderError "over_budget" or "unpriced", both permanent."""

    def settle(self, hold: object, record: "CallRecord | None") -> None:
        """The call ended; None when it ended without a record, as by a fault of ours."""


def most_usage(provider: Provider, request: CompletionRequest) -> Usage:
    """The most that a call can use: no tokenizer makes more tokens of a text than it has bytes."""
    facts = model_facts(provider.kind, provider.model)
    room = max(LEAST_ROOM, facts.head_room)
    texts = [request.system, *(turn.text for turn in request.turns)]
    if not request.turns:
        texts.append(request.question)
    shown = sum(_media_tokens(media) for turn in request.turns for media in turn.media)
    words = sum(len(text.encode()) + TOKENS_PER_TURN for text in texts)
    return Usage(tokens_in=words + shown + TOKENS_AROUND, tokens_out=request.max_tokens + room)


def _media_tokens(media: Media) -> int:
    if media.mime.startswith("image/"):
        return TOKENS_PER_IMAGE
    return len(media.content) // BYTES_PER_SOUND_TOKEN + TOKENS_PER_TURN
