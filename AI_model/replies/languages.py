"""The product's languages: what the AI says on its own in each, and which one a customer writes.

A language is a file in `sentences/`; by its `words` and `letters` it is told from the others.
"""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf.locale import LANG_INFO

from AI_model.replies.phrases import plain
from AI_model.retrieval.language import guess_language

FOLDER = Path(__file__).parent / "sentences"
DEFAULT = "en"
# Of a text's words and letters, those that speak for its language; fewer say nothing.
ENOUGH = 0.12
_KANA = re.compile(r"[\u3040-\u30ff]")
_PERSIAN = re.compile("[\u067e\u0686\u0698\u06af]")
_URDU = re.compile("[\u0679\u0688\u0691\u06ba\u06d2]")
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bb\u02bc`", "'"))


@dataclass(frozen=True, slots=True)
class Sentences:
    """What is said in one language. Places in braces are filled in by `words`."""

    handover: str
    out_of_hours: str
    opens: str
    today: str
    tomorrow: str
    weekdays: list[str]
    date: str
    months: list[str]
    greeting: str
    thanks: str
    small_talk: dict[str, str]
    did_you_mean: str
    none_of_these: str
    in_another_language: str
    no_words: dict[str, str]
    ask_for_person: str
    words: str
    letters: str


@cache
def languages() -> tuple[str, ...]:
    """Codes of all languages that the product speaks, English first."""
    codes = sorted(path.stem for path in FOLDER.glob("*.json"))
    return (DEFAULT, *(code for code in codes if code != DEFAULT))


def sentences(language: str) -> Sentences:
    """Of this language, or English where the product doesn't speak it."""
    code = base_of(language)
    return _read(code if code in languages() else DEFAULT)


@cache
def _read(code: str) -> Sentences:
    return Sentences(**json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8")))


def base_of(language: str) -> str:
    """The language of a code: de-AT -> de."""
    return language.strip().lower().replace("_", "-").partition("-")[0]


def language_name(code: str) -> str:
    """In English, as far as it is known: de -> German."""
    known = LANG_INFO.get(code.strip().lower()) or LANG_INFO.get(base_of(code)) or {}
    return str(known.get("name") or code)


def choose_language(
    *, spoken: Sequence[str], platform: str = "", answers_in: Collection[str] = ()
) -> str:
    """The code to answer in; "" when nothing tells.

    `spoken`: what the customer wrote, the newest first. `platform`: the code that the channel gave.
    `answers_in`: the business's languages; another one becomes the first of them.
    """
    found = _first_told(spoken) or base_of(platform)
    allowed = [base_of(code) for code in answers_in]
    return found if not allowed or found in allowed else allowed[0]


def _first_told(spoken: Sequence[str]) -> str:
    """The newest message that says enough, else all of them together."""
    for text in spoken:
        if found := language_of(text):
            return found
    return language_of("\n".join(spoken)) if len(spoken) > 1 else ""


def language_of(text: str) -> str:
    """A code, or "" when the text does not say clearly enough."""
    if _PERSIAN.search(text):
        return "ur" if _URDU.search(text) else "fa"
    found = plain(text.translate(_APOSTROPHES)).split()
    scores = _scores(found, set(text.casefold()))
    ranked = sorted(scores.items(), key=lambda row: -row[1])
    (best, most), (_, second) = [*ranked, ("", 0.0), ("", 0.0)][:2]
    if most > second and most >= ENOUGH * len(found):
        return best
    return "" if most else _by_script(text)


def _by_script(text: str) -> str:
    """Japanese writes more Chinese signs than its own, but never without its own."""
    guess = guess_language(text)
    return "ja" if guess == "zh" and _KANA.search(text) else guess


def _scores(words: Iterable[str], letters: Iterable[str]) -> dict[str, float]:
    """A sign that several languages share counts a share for each."""
    scores: dict[str, float] = {}
    for signs, of in ((words, _languages_of_words()), (letters, _languages_of_letters())):
        for sign in signs:
            for code in of.get(sign, ()):
                scores[code] = scores.get(code, 0.0) + 1 / len(of[sign])
    return scores


@cache
def _languages_of_words() -> dict[str, list[str]]:
    return _by_sign({code: {plain(w) for w in _read(code).words.split()} for code in languages()})


@cache
def _languages_of_letters() -> dict[str, list[str]]:
    return _by_sign({code: set(_read(code).letters) for code in languages()})


def _by_sign(signs: dict[str, set[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code, of_code in signs.items():
        for sign in of_code:
            found.setdefault(sign, []).append(code)
    return found
