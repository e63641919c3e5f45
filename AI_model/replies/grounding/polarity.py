"""What a text says is so, and what it says is not: clause by clause, in many languages."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from AI_model.replies.grounding.citations import split_sentences
from AI_model.replies.grounding.numbers import DATA, folded
from AI_model.replies.grounding.words import alike, content_words, nearness, unmeaning

SAME = 0.8
NEAR = 0.62
"""From which two words in different languages mean the same."""
CLAUSE = re.compile(
    r"[,;:()—–]\s|\s[—–-]\s|\s(?:and|but|because|who|which|that|if|when|where|unless|once|until|as long as|since|while|whereas|although|so|then|und|aber|weil|denn|sondern|y|e|et|ma|mais|pero|mas|sino"
    r"|и|а|но|потому|та|але|ve|ama|fakat|va|lekin|ammo|i|ale|en|maar)\s",
    re.IGNORECASE,
)
_LACKING = re.compile(
    r"(?<!\w)(?:without|no|none for|kein\w*|ohne|sin|sans|senza|sem|zonder|bez|без|free of)\s+(?:an?\s|any\s|the\s|their\s|your\s|einen?\s|una?\s)?([^\W\d_]{3,})"
)
_WITHOUT = re.compile(
    r"(?<!\w)(?:without|ohne|sin|sans|senza|sem|zonder|bez|без)\s+(?:(?:an?|any|the|their|your|its|einen?|una?)\s)?([^\W\d_]{3,})"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’ʻʼ`][^\W\d_]+)*")
_REPLY = re.compile(
    r"^\W*(?:yes|no|yep|nope|ja|nein|nee|sí|si|oui|non|sì|não|sim|да|нет|так|ні|evet|hayır|ha|yo'q|tak|nie)\b\s*(?:[,.!:;–—-]+\s*|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """`lacks`: what it says to be without."""

    words: tuple[str, ...]
    denies: bool
    lacks: tuple[str, ...] = ()


@cache
def _table() -> dict[str, str]:
    table: dict[str, str] = json.loads((DATA / "polarity.json").read_text(encoding="utf-8"))
    return table


@cache
def signs(name: str) -> frozenset[str]:
    return frozenset(folded(word) for word in _table()[name].split())


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_table()[name]})(?!\w)", re.IGNORECASE)


def signs_in(name: str, text: str) -> bool:
    return _pattern(name).search(text) is not None


def denies(text: str) -> bool:
    """Whether it says that something is not so; “no more than six” does not."""
    flat = _pattern("neutral").sub(" ", folded(text))
    if _pattern("free_of").search(flat):
        return True
    if any(sign in flat for sign in _table()["signs"].split()):
        return True
    return any(_is_no(match[0]) for match in _WORD.finditer(flat))


def _is_no(word: str) -> bool:
    return word in signs("no") or word.endswith("n't") or (len(word) > 6 and _ends_in_no(word))


@cache
def _turkic_ends() -> tuple[str, ...]:
    short = {"n't", "siz", "sız", "suz", "süz", "ması"}
    return tuple(end for end in _table()["ends"].split() if end not in short)


def _ends_in_no(word: str) -> bool:
    return word.endswith(_turkic_ends())


def without_reply(text: str) -> str:
    """Without the “yes” or “no” that it begins with."""
    return _REPLY.sub("", text)


@lru_cache(maxsize=512)
def clauses_of(text: str, *, reply: bool = False) -> tuple[Clause, ...]:
    """`reply`: a “yes” or “no” at the beginning answers the question and denies nothing here."""
    found = []
    for number, sentence in enumerate(split_sentences(text)):
        said = without_reply(folded(sentence)) if reply and not number else folded(sentence)
        for piece in CLAUSE.split(_pattern("neutral").sub(" ", said)):
            lacks = tuple(match[1] for match in _LACKING.finditer(piece))
            missing = tuple(match[1] for match in _WITHOUT.finditer(piece))
            # “photos without flash” denies the flash, not the photos.
            rest = _WITHOUT.sub(" ", piece)
            told = _telling(rest)
            if told or (lacks and not missing):
                found.append(Clause(told, denies(rest), () if missing else lacks))
            if missing:
                found.append(Clause(_telling(" ".join(missing)), denies=True, lacks=missing))
    return tuple(found)


def _telling(text: str) -> tuple[str, ...]:
    words = content_words(text)
    return tuple(w for w in words if not (_is_no(w) or unmeaning(w) or w in signs("granted")))


def contradicted(answer: str, source: str, *, foreign: bool) -> bool:
    """Whether the answer affirms what the source only denies, or denies what it only affirms."""
    said, known = clauses_of(answer, reply=True), clauses_of(source)
    near = NEAR if foreign else SAME
    plain = [one for one in split_sentences(folded(source)) if not denies(one)]
    if foreign and len(plain) == len(split_sentences(source)) and _turns_down(answer):
        return True
    affirmed = content_words(" ".join(plain))
    return any(_opposes(clause, known, near, affirmed) for clause in said)


def _turns_down(answer: str) -> bool:
    return denies(_WITHOUT.sub(" ", without_reply(folded(answer))))


def only_denies(answer: str, source: str) -> bool:
    """Whether the answer says no where the source nowhere does; needs no common language."""
    return _turns_down(answer) and not any(map(_turns_down, split_sentences(source)))


def _in(word: str, words: Sequence[str]) -> bool:
    return any(alike(word, one) for one in words)


def _opposes(clause: Clause, known: Sequence[Clause], near: float, affirmed: Sequence[str]) -> bool:
    same = [word for one in known if one.denies == clause.denies for word in one.words]
    other = [word for one in known if one.denies != clause.denies for word in one.words]
    if not other:
        return False
    lacking = [word for word in clause.lacks if not _in(word, same) and _in(word, other)]
    if lacking and not any(_in(word, same) for word in clause.words):
        return True
    with_it, against = nearness(clause.words, same), nearness(clause.words, other)
    only_against = [a for w, a in zip(with_it, against, strict=True) if a >= near and w < near]
    if clause.denies:
        agree = [w for w in with_it if w >= near]
        if near == SAME and len(clause.words) == len(only_against):
            return len(only_against) > 1 or any(_in(word, affirmed) for word in clause.words)
        return (
            len(only_against) >= (2 if near == SAME else 3)
            and not agree
            and len(only_against) * 4 >= len(clause.words) * 3
        )
    return bool(only_against)
