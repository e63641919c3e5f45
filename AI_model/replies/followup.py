"""Questions that go on from the one before: “and on Sundays?”, “how much?”, “is it waterproof?”.

Pure: what was said goes in, texts to search with come out. Whether such a text may answer is
`holds`: what was added has to be spoken of in the entry, else the old entry would answer anything.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from AI_model.replies.phrasebook.folding import END, UNSPACED, fold, read_book
from AI_model.replies.phrases import asks_for_person, small_talk

Asks = Literal["price", "time", ""]
Earlier = tuple[str, str]
"""A customer's question and our answer to it."""

LOOK_BACK = 4
MOST_WORDS = 8
MOST_ADDED = 4
MOST_LETTERS = 14
SHORTEST_ALIKE = 4
UNSURE_STARTS = frozenset(("en", "e", "of", "a", "to"))
"""Little words of another language, too."""
UNSPACED_STARTS = ("那", "那么", "还有", "那如果", "では", "じゃあ", "それでは", "그럼", "그러면")
UNSPACED_ENDS = ("呢", "は", "とか", "는요", "은요", "도요", "는", "은")
_PRICE = re.compile(
    r"[\d€$£₽₴₺₹¥₩]|free|gratis|kostenlos|gratuit|бесплатн|безкоштовн|bepul|ücretsiz"
)
_TIME = re.compile(
    r"\d|hour|day|week|month|minute|stund|tag|woch|jour|heure|час|дн|день|недел|kun|gün"
)


@dataclass(frozen=True, slots=True)
class Added:
    """What a follow-up adds: its words that say something, a weekday, a price or time asked for."""

    rest: str
    words: tuple[str, ...]
    days: frozenset[str]
    asks: Asks

    @property
    def says_something(self) -> bool:
        return bool(self.words or self.asks)


def completed(question: str, earlier: Sequence[Earlier]) -> list[str]:
    """Texts to search with besides the question itself; none when it stands on its own.

    `earlier` oldest first.
    """
    added = added_by(question)
    base = _base_of(earlier) if added is not None and added.says_something else ""
    if added is None or not base:
        return []
    together = f"{base.rstrip(' ?!.…？。')} {added.rest}"
    swapped = _swapped(base, added)
    return [together, swapped] if swapped else [together]


def base_of(earlier: Sequence[Earlier]) -> str:
    """The latest question that stands on its own; "" when there is none near."""
    return _base_of(earlier)


def _base_of(earlier: Sequence[Earlier]) -> str:
    for asked, _ in reversed(earlier[-LOOK_BACK:]):
        if not asked.strip() or small_talk(asked) or asks_for_person(asked):
            continue
        if added_by(asked) is None:
            return asked.strip()
    return ""


def added_by(question: str) -> Added | None:
    """None for a question that stands on its own."""
    folded = fold(question)
    if UNSPACED.search(folded):
        return _added_unspaced(folded)
    words = [word for word in folded.split() if word != END and word not in _fillers()]
    if not words or len(words) > MOST_WORDS or small_talk(question):
        return None
    asks, bare = _asked(words)
    rest, started = _without_start(words)
    if not rest:
        return None
    said = [word for word in rest if word not in _little()]
    told = _bare(said, asks)
    if started:
        most = MOST_ADDED - (words[0] in UNSURE_STARTS)
        goes_on = len(rest) <= most and not _is_whole(rest, said)
    else:
        goes_on = bare or _is_fragment(rest, said) or _points_back(rest, told)
    if not goes_on:
        return None
    return Added(" ".join(rest), tuple(told), _days_in(said), asks)


def _bare(said: Sequence[str], asks: Asks) -> list[str]:
    """Without the words that only ask for a price or a time."""
    asking = _asking_words(asks) if asks else frozenset()
    return [word for word in said if word not in asking]


def _is_whole(rest: Sequence[str], said: Sequence[str]) -> bool:
    """“And do you ship to Norway?” asks all by itself."""
    return rest[0] in _openers() and len(said) >= 2 and not _points_back(rest, said)


def _is_fragment(rest: Sequence[str], said: Sequence[str]) -> bool:
    """“On Sundays?”, “for kids”, “Sunday”, “Spain too?”"""
    if len(rest) > 3 or not said:
        return False
    ended = any(" ".join(rest).endswith(f" {end}") for end in _ends())
    marked = rest[-1].endswith("chi") and rest[-1][:-3] in _day_names()
    all_days = all(word in _day_names() or word in _before() for word in rest)
    return (
        all_days or marked or (ended and len(said) <= 2) or (rest[0] in _before() and len(said) < 2)
    )


def _points_back(rest: Sequence[str], said: Sequence[str]) -> bool:
    """“Is it waterproof?”, “do they fit kids?”: the thing itself is not named."""
    if len(said) <= 1:
        return any(word in _pronouns() for word in rest)
    return len(said) == 2 and len(rest) <= 5 and any(word in _subjects() for word in rest[:2])


def _asked(words: Sequence[str]) -> tuple[Asks, bool]:
    """Whether a price or a time is asked for, and whether nothing else is."""
    rest, _ = _without_start(list(words))
    bare = " ".join(word for word in rest if word not in _pronouns()) or " ".join(rest)
    for asks in ("price", "time"):
        phrases = _phrases_of(asks)
        if " ".join(rest) in phrases or bare in phrases:
            return asks, True
        if any(" ".join(rest[:length]) in phrases for length in range(1, len(rest))):
            return asks, False
    return "", False


def _without_start(words: Sequence[str]) -> tuple[list[str], bool]:
    for length in range(min(5, len(words)), 0, -1):
        if " ".join(words[:length]) in _starts():
            return list(words[length:]), True
    return list(words), False


def _added_unspaced(folded: str) -> Added | None:
    joined = folded.replace(" ", "").replace(END, "")
    bare = joined
    for start in UNSPACED_STARTS:
        bare = bare.removeprefix(start)
    for asks in ("price", "time"):
        if bare in {phrase.replace(" ", "") for phrase in _phrases_of(asks)}:
            return Added(bare, (), frozenset(), asks)
    ended = next((end for end in UNSPACED_ENDS if bare.endswith(end)), "")
    rest = bare.removesuffix(ended)
    if len(joined) > MOST_LETTERS or not rest or not (ended or bare != joined):
        return None
    return Added(rest, (rest,), _days_in((rest,)), "")


def _swapped(base: str, added: Added) -> str:
    """The earlier question with its last word that says something exchanged: ship to Spain."""
    words = base.rstrip(" ?!.…？。").split()
    if not added.words or UNSPACED.search(base):
        return ""
    days = [n for n, word in enumerate(words) if fold(word) in _day_names()]
    saying = [n for n, word in enumerate(words) if n and fold(word) not in _little()]
    places = (days if added.days else []) or saying
    if not places:
        return ""
    new = [word for word in added.rest.split() if word not in _before()]
    return " ".join([*words[: places[-1]], *new, *words[places[-1] + 1 :]])


def holds(added: Added, knowledge: str) -> bool:
    """Whether an entry's words speak of what the follow-up adds.

    Weekdays count in any language, and an entry that names other days answers for this one, too.
    """
    known = [word for word in fold(knowledge).split() if word != END]
    joined = "".join(known)
    if added.words:
        return any(_is_spoken_of(word, known, joined) for word in added.words)
    if added.asks == "price":
        return bool(_PRICE.search(knowledge.casefold()))
    return added.asks == "time" and bool(_TIME.search(knowledge.casefold()))


def _is_spoken_of(word: str, known: Sequence[str], joined: str) -> bool:
    if word in _day_names() or _days_in((word,)):
        return bool(_days_in(known))
    if UNSPACED.search(word):
        return word in joined
    return any(_alike(word, other) for other in known)


def _alike(one: str, other: str) -> bool:
    """The same word, or with another ending."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) < SHORTEST_ALIKE:
        return False
    common = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), None)
    length = len(short) if common is None else common
    return length >= SHORTEST_ALIKE and length >= len(short) - 3 and length * 5 >= len(long) * 3


def _days_in(words: Sequence[str]) -> frozenset[str]:
    stems = _day_stems()
    found = {w for w in words if w in _day_names() or w.removesuffix("chi") in _day_names()}
    found |= {w for w in words if any(w.startswith(stem) for stem in stems if len(stem) > 2)}
    found |= {w for w in words if UNSPACED.search(w) and any(d in w for d in _day_names())}
    return frozenset(found)


@cache
def _calendar() -> list[str]:
    return [fold(day) if day[-1:] != "*" else f"{fold(day)}*" for day in read_book("days")["names"]]


@cache
def _day_names() -> frozenset[str]:
    return frozenset(name for name in _calendar() if name[-1] != "*")


@cache
def _day_stems() -> tuple[str, ...]:
    return tuple(name[:-1] for name in _calendar() if name[-1] == "*")


@cache
def _phrases_of(part: str) -> frozenset[str]:
    rows = read_book("follow")[part].values()
    return frozenset(fold(phrase) for row in rows for phrase in row.split("|"))


@cache
def _asking_words(asks: str) -> frozenset[str]:
    return frozenset(word for phrase in _phrases_of(asks) for word in phrase.split())


@cache
def _starts() -> frozenset[str]:
    return _phrases_of("starts")


@cache
def _ends() -> frozenset[str]:
    return _phrases_of("ends")


@cache
def _before() -> frozenset[str]:
    return _phrases_of("before")


@cache
def _pronouns() -> frozenset[str]:
    return _phrases_of("it")


@cache
def _subjects() -> frozenset[str]:
    return _phrases_of("subjects")


@cache
def _openers() -> frozenset[str]:
    return frozenset(fold(read_book("follow")["opens"]["all"]).split())


@cache
def _fillers() -> frozenset[str]:
    words = {fold(word) for word in read_book("fillers") if " " not in word}
    return frozenset(words - _starts())


@cache
def _little() -> frozenset[str]:
    """Words that say nothing by themselves."""
    table = json.loads((Path(__file__).parent / LITTLE_WORDS).read_text(encoding="utf-8"))
    said = fold(" ".join(table.values())).split()
    return frozenset({*said, *_before(), *_openers(), *_pronouns(), *_ends()}) - {END}


LITTLE_WORDS = "grounding/data/little_words.json"
