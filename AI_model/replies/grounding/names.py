"""Names in an answer that nobody mentioned: people, places, brands."""

import re
from collections.abc import Iterable

from AI_model.replies.grounding.numbers import folded
from AI_model.replies.grounding.words import alike, little_words, unmeaning

CAPITALS = frozenset("en es fr it pt nl pl ru uk tr uz id vi".split())
"""Languages in which a capital inside a sentence means a name."""
POLITE = frozenset(
    "i i'm i've i'll i'd you ok okay faq ai pdf sms id tv usb wi-fi wifi english german french spanish italian russian "
    "turkish uzbek ukrainian usted ustedes pan pani państwo państwa panu pana ci cię tobie ciebie twój twoja twoje "
    "вы вам вас ваш ваша ваше ваши вами вашу вашего вашей siz sizga sizning u uw lei la le suo sua vous votre vos "
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december christmas easter mr mrs ms dr".split()
)
_INSIDE = re.compile(
    r"(?<=[^\s.!?:;–—\"“«(\[-])[ \u00a0]+((?:[A-ZÀ-ÖØ-ÞĀ-ŽА-ЯЁІЇЄҐ][\w'’-]+[ \u00a0]?)+)"
)


def unknown_names(sentence: str, known: Iterable[str], language: str) -> list[str]:
    """Capitalised words inside the sentence that stand in none of the known texts."""
    if language not in CAPITALS or _shouts(sentence):
        return []
    words = {word for text in known for word in re.findall(r"[\w'’-]+", folded(text))}
    found = [name for match in _INSIDE.finditer(sentence) for name in match[1].split()]
    return [name for name in dict.fromkeys(found) if _is_news(folded(name), words)]


def _is_news(name: str, words: set[str]) -> bool:
    bare = name.removesuffix("'s").removesuffix("’s")
    if len(bare) < 3 or bare in POLITE or bare in little_words() or unmeaning(bare):
        return False
    return not any(alike(bare, word) for word in words)


def _shouts(sentence: str) -> bool:
    letters = [letter for letter in sentence if letter.isalpha()]
    return sum(letter.isupper() for letter in letters) * 3 > len(letters)
