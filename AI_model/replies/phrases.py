"""What a customer means whom no knowledge answers: a person wanted, a greeting, thanks, chatting.

The words stand in `phrasebook/` by language; nothing here knows a row or asks a model.
"""

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from AI_model.replies.phrasebook import chatter, person
from AI_model.replies.phrasebook.folding import fold

LONGEST = 600
"""Characters of a message that are looked at: who wants a person says so early or at the end."""


class SmallTalk(StrEnum):
    """What a message without a question is; the names of the sentences that answer it."""

    GREETING = "greeting"
    THANKS = "thanks"
    BYE = "bye"
    HOW_ARE_YOU = "how_are_you"
    BOT = "bot"
    WHO = "who"
    OK = "ok"
    EMOJI = "emoji"
    COMPLIMENT = "compliment"
    APOLOGY = "apology"


def plain(text: str) -> str:
    """Lower case without accents on Latin letters and without punctuation, single spaces."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i"))
    bare = "".join(
        char
        for char in decomposed
        if not unicodedata.combining(char)
        or unicodedata.name(char, "").startswith("COMBINING BREVE")
    )
    composed = unicodedata.normalize("NFC", bare)
    return " ".join(re.sub(r"[^\w' ]+", " ", composed).split())


def asks_for_person(text: str) -> bool:
    """A wish to talk to people, in one of the phrasebook's languages."""
    return _asks_for_person(_ends_of(text))


@lru_cache(maxsize=64)
def _asks_for_person(text: str) -> bool:
    return person.is_wanted(fold(text))


def _ends_of(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"


def small_talk(text: str) -> SmallTalk | None:
    """What it is when the whole message is small talk; None when it may ask something."""
    kind = _small_talk(text) if len(text) <= chatter.LONGEST else ""
    return SmallTalk(kind) if kind else None


@lru_cache(maxsize=64)
def _small_talk(text: str) -> str:
    return "emoji" if chatter.is_emoji(text) else chatter.kind_of(fold(text))


def is_greeting(text: str) -> bool:
    """Nothing but a greeting."""
    return small_talk(text) is SmallTalk.GREETING


def is_thanks(text: str) -> bool:
    """Nothing but thanks."""
    return small_talk(text) is SmallTalk.THANKS
