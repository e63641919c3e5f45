"""Links, addresses for mail, handles and telephone numbers in a text, in one way of writing."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal

Contact = Literal["link", "email", "phone", "handle"]

_ENDS = (
    "com net org io info biz edu gov int mil app dev shop store online site xyz top club click link live "
    "me co eu uz ru tr example test invalid localhost local onion arpa asia cloud page pro world team "
    "tech space website digital email fun icu vip today life blog news media agency group company zone "
    "academy center support help chat bot pay money cash finance bank loan gift sale deals promo рф укр"
).split()
_WEB = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,15}://[^\s<>\"»”\]\)]+|\b(?:mailto|tel|sms|javascript|data|tg|whatsapp):[^\s<>\"]+",
    re.I,
)
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_DOMAIN = re.compile(
    rf"(?<![\w@.-])(?:[\w-]{{1,63}}\.){{1,8}}(?:{'|'.join(_ENDS)}|[a-z]{{2}})(?![\w-]|\.\w)(?::\d+)?(?:[/?#][^\s<>\"»”\]\)]*)?"
    r"|(?<![\w@.-])www\.[\w.-]+(?:[/?#][^\s<>\"»”\]\)]*)?|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?:[:/][^\s]*)?",
)
_HANDLE = re.compile(r"(?<![\w@.])@[A-Za-z_]\w{2,31}\b")
_PHONE = re.compile(r"(?<![\w.,+])(?:\+|\(?0|00)?\(?\d[\d\s\u00a0().–/-]{5,20}\d(?![\w]|[.,]\d)")
_SHORTENED = frozenset(
    ("z.b", "d.h", "u.a", "o.ä", "e.g", "i.e", "a.m", "p.m", "т.е", "т.д", "т.п", "n.b")
)


def read_contacts(text: str) -> Iterator[tuple[int, int, Contact, str]]:
    """(start, end, what it is, its key); two ways of writing one place have one key."""
    taken: list[tuple[int, int]] = []
    for kind, pattern, key_of in (
        ("link", _WEB, _link_key),
        ("email", _EMAIL, _plain_key),
        ("link", _DOMAIN, _link_key),
        ("handle", _HANDLE, _plain_key),
        ("phone", _PHONE, _phone_key),
    ):
        for match in pattern.finditer(text):
            found = match[0].rstrip(".,;:!?'’)")
            start, end = match.start(), match.start() + len(found)
            key = key_of(found)
            if key and all(end <= a or start >= b for a, b in taken):
                taken.append((start, end))
                yield start, end, kind, key  # type: ignore[misc]


def _plain_key(found: str) -> str:
    return unicodedata.normalize("NFKC", found).casefold()


def _link_key(found: str) -> str:
    text = unicodedata.normalize("NFKC", found)
    if text.casefold() in _SHORTENED:
        return ""
    scheme, _, rest = text.partition("://")
    if not rest:
        scheme, rest = "", text
    if scheme.casefold() not in ("", "http", "https"):
        return text.casefold()
    host, slash, path = re.match(r"([^/?#]*)([/?#]?)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    host = host.casefold().removeprefix("www.")
    tail = f"{slash}{path}".rstrip("/")
    return host + tail


def _phone_key(found: str) -> str:
    """The digits without a leading zero or country sign; "" for what is no telephone number."""
    digits = re.sub(r"\D", "", found)
    signs = (
        found.strip().startswith(("+", "0", "(")) or len(re.findall(r"\d[\s().–/-]+\d", found)) >= 2
    )
    grouped = re.fullmatch(r"\d{1,3}(?:[ \u00a0.]\d{3})+", found.strip())
    ranged = re.fullmatch(r"\d{1,4}\s*[–/-]\s*\d{1,4}", found.strip())
    dated = re.fullmatch(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}", found.strip())
    if not 7 <= len(digits) <= 15 or not signs or grouped or ranged or dated:
        return ""
    return digits.lstrip("0")
