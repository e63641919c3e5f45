"""What a visitor does: write."""

import orjson

from core.lib.decoding import clean_text
from core.lib.errors import DomainError
from core.lib.ratelimit import hit
from messaging.models import Channel, Message
from messaging.offers import PRESS
from messaging.services.presses import offered_title
from messaging.services.receive import receive_events
from messaging.types import EventKind, InboundMessage
from messaging.webchat.selectors import visitor_message
from messaging.webchat.tokens import Visitor

MAX_TEXT = 4000
MAX_KEY = 64
WORDS_PER_MINUTE = 20
WORDS_PER_MINUTE_AND_ADDRESS = 60
VISITORS_PER_HOUR_AND_ADDRESS = 120


class TooFast(DomainError):
    status = 429
    code = "too_fast"

    def __init__(self, retry_after: float) -> None:
        self.retry_after = max(1, round(retry_after))
        super().__init__(f"That was very fast. Try again in {self.retry_after} seconds.")


def write_as_visitor(
    *, channel: Channel, visitor: Visitor, text: object, client_key: object, option: object = None
) -> tuple[Message, bool]:
    """Store the words once per `client_key`; return the message and whether it is new.

    `option`: the id of what was chosen of an offer; its title is what is said.
    """
    words = checked_words(text) if option is None else checked_option(channel, visitor, option)
    key = checked_key(client_key)
    event = InboundMessage(
        kind=EventKind.MESSAGE,
        dedupe_key=f"visitor:{visitor.id}:{key}",
        conversation_key=visitor.id,
        customer_key=visitor.id,
        external_id=key,
        text=words,
        customer_name=f"Visitor {visitor.id[:4]}",
        details={} if option is None else {"button": f"{PRESS}{option}"},
    )
    raw = orjson.dumps({"text": words, "client_key": key})
    (received,) = receive_events(channel=channel, events=[event], raw=raw)
    message = received.message or visitor_message(visitor, key)
    if message is None:
        raise DomainError("This message was erased.", code="erased", status=410)
    return message, received.fate == "stored"


def checked_words(text: object) -> str:
    words = clean_text(text).strip() if isinstance(text, str) else ""
    if not words:
        raise DomainError("Write something first.", fields={"text": ["Nothing to send."]})
    if len(words) > MAX_TEXT:
        problem = f"This is {len(words)} characters long; {MAX_TEXT} fit into one message."
        raise DomainError(problem, code="too_long", fields={"text": [problem]})
    return words


def checked_option(channel: Channel, visitor: Visitor, option: object) -> str:
    """The title of the option, which we offered to this visitor."""
    option_id = option if isinstance(option, str) and "\0" not in option else ""
    title = offered_title(channel, visitor.id, option_id) if option_id else ""
    if not title:
        problem = "This is none of the choices that were offered here."
        raise DomainError(problem, code="no_option", fields={"option": [problem]})
    return title


def checked_key(client_key: object) -> str:
    key = client_key if isinstance(client_key, str) else ""
    if not 0 < len(key) <= MAX_KEY or not key.replace("-", "").isalnum() or not key.isascii():
        problem = (
            f"A key of 1 to {MAX_KEY} letters, digits and hyphens is needed, new for each message."
        )
        raise DomainError(problem, fields={"client_key": [problem]})
    return key


def slow_down_writer(visitor: Visitor, address: str) -> None:
    _limit(f"visitor:{visitor.channel_id}:{visitor.id}", WORDS_PER_MINUTE, 60)
    _limit(f"visitors-words:{address}", WORDS_PER_MINUTE_AND_ADDRESS, 60)


def slow_down_arrivals(address: str) -> None:
    _limit(f"visitors:{address}", VISITORS_PER_HOUR_AND_ADDRESS, 3600)


def _limit(key: str, limit: int, window_seconds: float) -> None:
    state = hit(key, limit, window_seconds)
    if not state.allowed:
        raise TooFast(state.retry_after)
