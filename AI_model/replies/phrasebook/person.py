"""Whether somebody asks for a person: what is asked and how it is put, by language."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from AI_model.replies.phrasebook import chatter, typos
from AI_model.replies.phrasebook.folding import (
    CYRILLIC,
    END,
    UNSPACED,
    fold_letters,
    latin,
    read_book,
)

Pattern = re.Pattern[str]
UNSPACED_LANGUAGES = ("zh", "ja", "ko")
STEM = 3
# Said of what they don't want: "no bots", "stop, robot".
MACHINES = "bot|robot|роб|бот|chatbot|maszyna|ia|ai|ki|روب|بوت|बॉट|रोब"
NEVER = "(?!)"


@dataclass(frozen=True, slots=True)
class Wishes:
    """One language's patterns over a text with a blank at each end."""

    asked: Pattern
    unless: Pattern


def is_wanted(folded: str) -> bool:
    """Whether a folded text (`folding.fold`) asks to talk to a person."""
    asked = " . ".join(part for part in _sentences(folded) if chatter.kind_of(part) != "bot")
    if not asked:
        return False
    return _is_wanted(asked) or ((right := typos.corrected(asked)) != asked and _is_wanted(right))


def _sentences(folded: str) -> list[str]:
    return [part.strip() for part in f" {folded} ".split(f" {END} ") if part.strip()]


def _is_wanted(folded: str) -> bool:
    spoken = _without_fillers(f" {folded} ")
    if any(_says(language, spoken) for language in _languages_in(spoken)):
        return True
    if CYRILLIC.search(folded) and _says("uz", latin(spoken)):
        return True
    joined = folded.replace(" ", "")
    return bool(UNSPACED.search(joined)) and any(_says(c, joined) for c in UNSPACED_LANGUAGES)


def _says(language: str, text: str) -> bool:
    wishes = _wishes(language)
    return bool(wishes.asked.search(wishes.unless.sub(" . ", text)))


def _languages_in(spoken: str) -> list[str]:
    """Those one of whose words for people, or a word that begins like it, stands there."""
    by_stem = _languages_by_stem()
    stems = {word[:size] for word in spoken.split() for size in (2, STEM)}
    return sorted({language for stem in stems for language in by_stem.get(stem, ())})


@cache
def _books() -> dict[str, Any]:
    return read_book("person")


@cache
def _languages_by_stem() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for language, book in _books().items():
        if language in UNSPACED_LANGUAGES:
            continue
        said = fold_letters(f"{book['people']}|{book['alone']}|{MACHINES}").replace("ا?ل?", "")
        for noun in said.split("|"):
            stem = noun.split(" ")[0].rstrip("*")[:STEM]
            for start in (stem, *(f"{prefix}{stem}"[:STEM] for prefix in _prefixes(language))):
                found.setdefault(start, set()).add(language)
    return found


def _prefixes(language: str) -> tuple[str, ...]:
    return ("ال", "ل", "ب", "لل", "و", "م") if language == "ar" else ()


@cache
def _wishes(language: str) -> Wishes:
    book: dict[str, Any] = _books()[language]
    unspaced = language in UNSPACED_LANGUAGES
    people = _people(book, unspaced=unspaced)
    asked = [_pattern(part, people) for part in book["ask"]]
    after = _pattern(book["after"], people) or NEVER
    asked += [rf"{_pattern(p, people)}(?= [.]| $| (?:{after}) )" for p in book["want"]]
    unless = [_pattern(part, people) for part in book["not"]] or [NEVER]
    if unspaced:
        asked += [f"(?:^|[.])(?:{_pattern(book['alone'], people)})(?:です|요|[.]|$)+(?:[.]|$)"]
        return Wishes(re.compile("|".join(asked)), re.compile("|".join(unless)))
    before = _before(book)
    asked += [rf"(?:(?<=^ )|(?<=[.] )){before}(?:{_pattern(book['alone'], people)})(?= [.]| $)"]
    return Wishes(
        re.compile(rf"(?<= )(?:{'|'.join(asked)})(?= )"),
        re.compile(rf"(?<= )(?:{'|'.join(unless)})(?= )"),
    )


def _before(book: dict[str, Any]) -> str:
    return rf"(?:(?:{_pattern(book['before'], '')}) ){{0,4}}"


def _people(book: dict[str, Any], *, unspaced: bool) -> str:
    nouns = sorted(book["people"].split("|"), key=len, reverse=True)
    named = _pattern("|".join(nouns), "")
    return f"(?:{named})" if unspaced else rf"{_before(book)}(?:{named})"


def _pattern(written: str, people: str) -> str:
    """`*` after a letter ends a stem, `~` skips up to three words, `{P}` is a person."""
    bare = re.sub(r"(?<=\w)\*", "[^ .]*", fold_letters(written))
    bare = bare.replace("~", "(?:[^ .]+ ){0,3}")
    return bare.replace("(", "(?:").replace("(?:?", "(?").replace("{p}", people)


@cache
def _fillers() -> Pattern:
    words = [fold_letters(word) for word in read_book("fillers")]
    return re.compile(rf"(?<= )(?:{'|'.join(sorted(words, key=len, reverse=True))}) ")


def _without_fillers(spoken: str) -> str:
    """Without politeness and greetings: “please” may stand anywhere."""
    return _fillers().sub("", spoken)
