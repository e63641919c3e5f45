"""Names and contact data of a customer, told only by what they are.

Rather a number too many is hidden than a card or a telephone number shown.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from AI_model.learning.private import without_names
from AI_model.replies.grounding.contacts import read_contacts
from messaging.models import Conversation, Message

HIDDEN = {"link": "[link]", "email": "[e-mail]", "phone": "[phone]", "handle": "[name]"}
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)
NAME, NUMBER = "[name]", "[number]"
_LONG_NUMBER = re.compile(r"(?<![\w.,])\d(?:[ \u00a0-]?\d){8,}(?!\w|[.,]\d)")
_ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,4})?\b", re.I)
_INTRODUCED = re.compile(
    r"\b((?i:my name is|my name's|i am called|ich heiße|mein name ist|je m['’]appelle|me llamo|"
    r"mi nombre es|mi chiamo|meu nome é|ik heet|nazywam się|меня зовут|мене звати|benim adım|"
    r"mening ismim)|اسمي|我叫|我的名字是|私の名前は)(\s*)"
    r"([^\W\d_][\w'’-]*(?:\s+[A-ZÀ-ÖØ-ÞЀ-Я][\w'’-]*)*)"
)


@dataclass(frozen=True, slots=True)
class Redaction:
    """Hides these people's names, and whatever looks like a way to reach somebody."""

    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, conversation: Conversation, messages: Sequence[Message]) -> "Redaction":
        customer = conversation.customer
        names = [customer.name, customer.username, *_writers(messages)]
        return cls(tuple(sorted({name for name in names if name})))

    def hide(self, text: str) -> str:
        """The text without them; other words stay as they are."""
        text = _without_numbers(_without_contacts(text))
        text = _INTRODUCED.sub(lambda found: f"{found[1]}{found[2]}{NAME}", text)
        return without_names(text, self.names, instead=NAME)


def _writers(messages: Iterable[Message]) -> list[str]:
    """Who wrote in a group, as the channel told."""
    return [str(message.details.get("author") or "") for message in messages]


def _without_contacts(text: str) -> str:
    found = read_contacts(_plain(text))
    return _replaced(text, [(start, end, HIDDEN[kind]) for start, end, kind, _ in found])


def _without_numbers(text: str) -> str:
    for pattern in (_ACCOUNT, _LONG_NUMBER):
        found = pattern.finditer(_plain(text))
        text = _replaced(text, [(*match.span(), NUMBER) for match in found])
    return text


def _replaced(text: str, parts: Sequence[tuple[int, int, str]]) -> str:
    for start, end, instead in sorted(parts, reverse=True):
        text = f"{text[:start]}{instead}{text[end:]}"
    return text


def _plain(text: str) -> str:
    """Sign by sign as ASCII has it: digits of any script, dashes, wide letters. Letters of scripts
    that put no space between words are a space, so that a number ends beside them."""
    return text if text.isascii() else "".join(_plain_sign(sign) for sign in text)


@lru_cache(maxsize=4096)
def _plain_sign(sign: str) -> str:
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    if unicodedata.category(sign) == "Pd" or sign == "\u2212":
        return "-"
    if UNSPACED.match(sign):
        return " "
    folded = unicodedata.normalize("NFKC", sign)
    return folded if len(folded) == 1 and folded.isascii() else sign
