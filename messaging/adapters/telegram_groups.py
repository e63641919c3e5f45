"""Groups: whether a message is meant for the bot, and what it says without the bot's name."""

import re
from collections.abc import Iterator

from messaging.adapters.telegram_content import is_topic_start
from messaging.adapters.telegram_fields import (
    Fields,
    integer_of,
    name_of,
    object_of,
    objects_of,
    text_of,
    words_of,
)
from messaging.types import ChannelAccount

GROUP_TYPES = {"group", "supergroup"}
SWITCHED_OFF = "groups are switched off for this channel"
NOT_ADDRESSED = "not addressed to the bot"
COMMAND = re.compile(r"/[A-Za-z0-9_]+(?:@([A-Za-z0-9_]+))?(?=\s|$)")
# What is left before the words when they began with the bot's name.
AFTER_A_NAME = " ,:;-–—"
LONGEST_NAME = 256  # bytes; a command of 64 letters with a name of 32 fits
Span = tuple[int, int]


def is_group(chat: Fields) -> bool:
    return text_of(chat, "type") in GROUP_TYPES


def groups_on(account: ChannelAccount) -> bool:
    return account.settings.get("groups") is True


def why_not_for_the_bot(message: Fields, account: ChannelAccount) -> str:
    """The reason to ignore a group's message; empty when it is meant for the bot."""
    if not groups_on(account):
        return SWITCHED_OFF
    if message.get("is_automatic_forward") is True:
        return "posts of a channel are not for us"
    if "sender_chat" not in message and object_of(message, "from").get("is_bot") is True:
        return "written by a bot"
    addressed = _answers_the_bot(message, account) or _is_command(message, account)
    return "" if addressed or any(_names(message, account)) else NOT_ADDRESSED


def author_of(message: Fields) -> str:
    """Who wrote: a person, or the group or channel that an admin speaks for without a name."""
    who = object_of(message, "sender_chat" if "sender_chat" in message else "from")
    return name_of(who)


def words_without_name(message: Fields, account: ChannelAccount) -> str:
    """The words without the bot's name; the name alone stays as it is."""
    units = words_of(message).encode("utf-16-le", "surrogatepass")
    parts, end = [], 0
    for start, stop in sorted(_names(message, account)):
        parts.append(units[end:start])
        end = max(end, stop)
    parts.append(units[end:])
    texts = [part.decode("utf-16-le", "surrogatepass") for part in parts]
    if len(texts) > 1 and not texts[0].strip():
        texts[1] = texts[1].lstrip(AFTER_A_NAME)
    rest = " ".join(text.strip(" ") for text in texts).strip()
    return rest or words_of(message)


def _answers_the_bot(message: Fields, account: ChannelAccount) -> bool:
    if "reply_to_message" not in message:
        return False
    answered = object_of(message, "reply_to_message")
    if is_topic_start(answered) or "from" not in answered:
        return False
    return str(object_of(answered, "from").get("id")) == account.external_id


def _is_command(message: Fields, account: ChannelAccount) -> bool:
    found = COMMAND.match(words_of(message))
    return found is not None and (found[1] is None or _is_bot(found[1], account))


def _names(message: Fields, account: ChannelAccount) -> Iterator[Span]:
    """Where the bot is named, in bytes of UTF-16; Telegram counts in its units."""
    units = words_of(message).encode("utf-16-le", "surrogatepass")
    for entity in objects_of(message, "entities" if "text" in message else "caption_entities"):
        kind = text_of(entity, "type")
        start = 2 * max(0, integer_of(entity, "offset"))
        stop = start + 2 * max(0, integer_of(entity, "length"))
        marked = units[start : min(stop, start + LONGEST_NAME)].decode("utf-16-le", "surrogatepass")
        command, sign, name = marked.partition("@")
        named = bool(sign) and _is_bot(name, account)
        if kind == "text_mention":
            named = _is_the_bot(object_of(entity, "user"), account)
        if named and kind in {"mention", "text_mention"}:
            yield start, stop
        elif named and kind == "bot_command":
            yield start + 2 * len(command), stop


def _is_bot(name: str, account: ChannelAccount) -> bool:
    own = str(account.settings.get("username") or "").removeprefix("@")
    return bool(own) and name.casefold() == own.casefold()


def _is_the_bot(user: Fields, account: ChannelAccount) -> bool:
    return str(user.get("id")) == account.external_id
