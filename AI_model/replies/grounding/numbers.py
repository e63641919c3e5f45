"""Numbers as people write them: digits with separators, words, magnitudes; and their units."""

import json
import re
import unicodedata
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
SCALES = {
    "k": 1_000,
    "к": 1_000,
    "mln": 1_000_000,
    "млн": 1_000_000,
    "million": 1_000_000,
    "миллион": 1_000_000,
    "миллиона": 1_000_000,
    "миллионов": 1_000_000,
    "milyon": 1_000_000,
    "millones": 1_000_000,
    "millionen": 1_000_000,
    "thousand": 1_000,
    "тыс": 1_000,
    "тысяч": 1_000,
    "тысячи": 1_000,
    "тысячу": 1_000,
    "тисяч": 1_000,
    "tys": 1_000,
    "tausend": 1_000,
    "mille": 1_000,
    "mil": 1_000,
    "bin": 1_000,
    "ming": 1_000,
    "минг": 1_000,
    "хил": 1_000,
    "duizend": 1_000,
    "万": 10_000,
    "만": 10_000,
    "ribu": 1_000,
    "nghìn": 1_000,
}
_APOSTROPHES = str.maketrans(dict.fromkeys("‘’ʻʼ`´", "'"))
_SPACES = re.compile(r"(?<=\d)[\u00a0\u202f\u2009 '](?=\d{3}(?!\d))")


def folded(word: str) -> str:
    """As words are looked up in the tables: lower case, one kind of apostrophe."""
    return unicodedata.normalize("NFKC", word).translate(_APOSTROPHES).casefold()


def values_of(digits: str) -> frozenset[Decimal]:
    """What a numeral can mean: “1.000” is a thousand here and one there. Empty = no number."""
    text = _SPACES.sub("", unicodedata.normalize("NFKC", digits)).strip(".,' ")
    text = "".join(str(unicodedata.digit(c, c)) if c.isdigit() else c for c in text)
    signs = [c for c in text if c in ".,"]
    if not signs:
        return _decimals(text)
    if len(set(signs)) == 2:
        decimal = signs[-1]
        whole = text.replace("," if decimal == "." else ".", "")
        return _decimals(whole.replace(decimal, "."))
    sign = signs[0]
    grouped = re.fullmatch(rf"\d{{1,3}}(?:{re.escape(sign)}\d{{3}})+", text) is not None
    if len(signs) > 1:
        return _decimals(text.replace(sign, "")) if grouped else frozenset()
    as_fraction = _decimals(text.replace(sign, "."))
    return as_fraction | _decimals(text.replace(sign, "")) if grouped else as_fraction


def _decimals(text: str) -> frozenset[Decimal]:
    return (
        frozenset({Decimal(text).normalize()})
        if re.fullmatch(r"\d+(\.\d+)?", text)
        else frozenset()
    )


@cache
def number_words(language: str) -> dict[str, int]:
    """Words and values; empty for a language that the table does not hold."""
    table: dict[str, str] = json.loads((DATA / "number_words.json").read_text(encoding="utf-8"))
    pairs = (pair.rpartition("=") for pair in table.get(language, "").split())
    found = {folded(word): int(value) for word, _, value in pairs}
    return found | (_joined(found, language) if language in ("de", "nl") else {})


def _joined(known: dict[str, int], language: str) -> dict[str, int]:
    """vierundzwanzig, vierentwintig: one word for ones and tens."""
    links = {"de": ("und",), "nl": ("en", "ën")}[language]
    ones = {w: v for w, v in known.items() if 1 < v < 10} | {
        "ein" if language == "de" else "een": 1
    }
    tens = {w: v for w, v in known.items() if v >= 20 and v % 10 == 0 and v < 100}
    return {
        f"{one}{link}{ten}": v + t
        for one, v in ones.items()
        for ten, t in tens.items()
        for link in links
    }


def compose_words(values: list[int]) -> int:
    """[2, 100, 50] -> 250; [20, 4] -> 24; [4, 20, 10] -> 90 as the French count."""
    total = current = 0
    for value in values:
        if value >= 1000:
            total, current = total + (current or 1) * value, 0
        elif value == 100 or (value == 20 and current == 4):
            current = (current or 1) * value
        else:
            current += value
    return total + current


@cache
def _units() -> tuple[dict[str, str], list[tuple[str, str]]]:
    table: dict[str, str] = json.loads((DATA / "units.json").read_text(encoding="utf-8"))
    words: dict[str, str] = {}
    stems: list[tuple[str, str]] = []
    for unit, names in table.items():
        for name in names.split():
            if name.endswith("*"):
                stems.append((folded(name[:-1]), unit))
            else:
                words.setdefault(folded(name), unit)
    return words, stems


@lru_cache(maxsize=20_000)
def unit_of(word: str) -> str:
    """The unit that a word stands for, or ""."""
    words, stems = _units()
    word = folded(word).strip(".")
    bare = word.replace("'", "")
    found = words.get(word) or words.get(bare)
    return found or next((unit for stem, unit in stems if word.startswith(stem)), "")


MONEY = frozenset(
    "EUR USD GBP RUB TRY UZS UAH PLN BRL INR JPY CNY KRW THB VND IDR CHF SEK KZT".split()
)
DURATIONS = {"minute": 1, "hour": 60, "day": 1_440, "week": 10_080}
LONG_DURATIONS = {"month": 1, "year": 12}
