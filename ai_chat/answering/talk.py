"""What was said in a chat up to one message: the path above it, newest first, as far as it fits."""

from collections.abc import Iterator, Sequence

from ai_chat.answering.tokens import estimate_turn
from ai_chat.models import AIMessage
from ai_chat.selectors import read_skeleton
from AI_model.providers.base import Turn

PAGE = 200


def path_above(message: AIMessage) -> list[str]:
    """Ids from the root to the message's parent."""
    return read_skeleton(message.chat_id).tree.path(message.parent_id)


def newest_words(path: Sequence[str], *, room: int) -> list[AIMessage]:
    """The end of the path, oldest first: at least as much as fits into `room` tokens."""
    found: list[AIMessage] = []
    for message in _backwards(path):
        found.append(message)
        room -= estimate_turn(turn_of(message))
        if room < 0:
            break
    return found[::-1]


def _backwards(path: Sequence[str]) -> Iterator[AIMessage]:
    for end in range(len(path), 0, -PAGE):
        part = path[max(0, end - PAGE) : end]
        rows = AIMessage.objects.only("pk", "role", "content", "state").in_bulk(part)
        yield from (rows[pk] for pk in reversed(part) if pk in rows)


def turn_of(message: AIMessage) -> Turn:
    return Turn("user" if message.role == AIMessage.Role.USER else "assistant", message.content)
