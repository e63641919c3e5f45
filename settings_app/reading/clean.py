"""Text that people can see: what hides in it is dropped."""

import re

from core.lib.decoding import clean_text

# Format characters, fillers, tags and variation selectors: they show nothing and can hold a message
# for a model (Unicode 16, Default_Ignorable_Code_Point). A single U+FE0E or U+FE0F is an emoji's.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    "|[\ufe0e\ufe0f]{2,}"
)
# Joiners shape letters of Arabic, Indic scripts and emoji; after anything else they only hide.
_IDLE_JOINER = re.compile(
    "(?<![\u0590-\ufdff\ufe0f\ufe70-\ufeff\U0001f000-\U0001faff])[\u200c\u200d]+"
)
_OTHER_BLANKS = str.maketrans(dict.fromkeys("\u00a0\u2007\u202f\u0085\u2028\u2029", " "))


def visible(text: str) -> str:
    """The text without what can't be seen; form feeds stay."""
    if "\f" not in text:
        return _visible(text)
    return "\f".join(_visible(page) for page in text.split("\f"))


def _visible(text: str) -> str:
    plain = clean_text(text)
    if plain.isascii():
        return plain
    return _IDLE_JOINER.sub("", _INVISIBLE.sub("", plain)).translate(_OTHER_BLANKS)


def one_line(text: str) -> str:
    return " ".join(visible(text).split())


def file_name(path: str) -> str:
    """The last part of a path, on one line."""
    return one_line(path.replace("\\", "/").rpartition("/")[2])
