"""Spelling evened out: a phrase is found without its accents, in capitals, with any sign."""

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
END = "."
"""A word of its own in a folded text: the end of a sentence."""

# Accents (but not the breve of й and ў), vowel points, Thai tones.
_MARKS = re.compile(
    "[\u0300-\u0305\u0307-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u093c\u0e48-\u0e4c\u200b-\u200f\u2060\ufe00-\ufe0f\u0640]|(?<![\u0438\u0443])\u0306"
)
_APOSTROPHES = re.compile("['\u2018\u2019\u02bb\u02bc\u02b9`\u00b4]")
# An article before a noun is a word: l'assistenza, d'un. Elsewhere the sign only joins letters.
_ARTICLE = re.compile(
    "\\b(l|d|un|all|dell|nell|sull)['\u2019](?=[a-z\u00e0-\u00ff])", re.IGNORECASE
)
_LETTERS = str.maketrans("ıłøđəیىک", "ilodeييك")
_ENDS = re.compile("[.!?;\n|\u3002\uff01\uff1f\u061f\u0964\u203c\u2047-\u2049\u2026\u061b]+")
# Marks of Indic and Thai letters are no word characters to `re`, but part of their words.
_OTHER = re.compile("[^\\w.\u0900-\u0903\u093a-\u094f\u0e31-\u0e3a\u0e47-\u0e4e]+|_")
_LONG = re.compile(r"(\w)\1{2,}")
_LATIN = str.maketrans("абвгдежзийклмнопрстуфхцқғҳўэы", "abvgdejziyklmnoprstufxsqghoei", "ъь") | {
    ord(letter): two
    for letter, two in {"ч": "ch", "ш": "sh", "щ": "sh", "ю": "yu", "я": "ya"}.items()
}
UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
CYRILLIC = re.compile("[\u0400-\u04ff]")


def fold_letters(text: str) -> str:
    """Lower case, full width made half, no accents and no apostrophes."""
    text = _ARTICLE.sub(r"\1 ", text)
    if text.isascii():
        return text.lower().replace("'", "").replace("`", "")
    text = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", text))
    text = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", _MARKS.sub("", text)).translate(_LETTERS)


def fold(text: str) -> str:
    """Words parted by single blanks; a sentence's end is a word of its own."""
    return " ".join(_OTHER.sub(" ", _ENDS.sub(" . ", fold_letters(text))).split())


def shorten(folded: str) -> str:
    """Letters written many times for stress, once: hellooo -> hello."""
    return _LONG.sub(r"\1", folded)


def latin(folded: str) -> str:
    """Cyrillic letters as Uzbek writes them in Latin ones."""
    return folded.translate(_LATIN)


def read_book(name: str) -> dict[str, Any]:
    """A file of this folder; who needs it again keeps what was made of it."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found
