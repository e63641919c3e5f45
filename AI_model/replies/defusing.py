"""Words that others wrote, made harmless for a model to read: no marks of ours or of a vendor's."""

import re

NO_ANSWER = "NO_ANSWER"
CUSTOMER = "customer_message"

# Zero-width and bidi signs, the tag letters that hide text in emoji, and other signs without a form.
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b\u200c\u200e-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
# A joiner holds emoji and the letters of some scripts together; between others it only hides.
_JOINER = re.compile(r"(?<=[\x00-\x7f\u0400-\u04ff])\u200d|\u200d(?=[\x00-\x7f\u0400-\u04ff])")
_OPENING = re.compile(r"[<＜](?=\s*[/|!?\\]?\s*[|\w])|[<＜](?=[<＜])")
_CLOSING = re.compile(r"(?<=[\w/|\"'])(\s*)[>＞]|[>＞](?=[>＞])")
_CHATML = re.compile(r"\|(?=\w+\|)|(?<=\w)\|(?=\s*[›>])")
_SQUARE = re.compile(
    r"\[\s*(/?\s*(?:INST|SYS|SYSTEM|ASSISTANT|USER|p?\d{1,3}))\s*\]", re.IGNORECASE
)
# No editor leaves these: tag letters outside of a flag, and marks of what surrounds a prompt's parts.
_HIDDEN = re.compile("(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]")
_PLANTED_MARK = re.compile(r"\[\s*(/?INST|SYS|SYSTEM|ASSISTANT|p\d{1,3})\s*\]", re.IGNORECASE)
_PLANTED_TAG = re.compile(rf"</?\s*(passages?|{CUSTOMER}|system|assistant)\b", re.IGNORECASE)
_ROLE = re.compile(
    r"^([ \t>#*]*)(system|assistant|developer|user|human)([ \t]*[*_]*[ \t]*):", re.I | re.M
)


def defused(text: str) -> str:
    """The same words without role tags, ChatML, passage marks and signs that nobody sees."""
    text = _JOINER.sub("", _INVISIBLE.sub("", text))
    text = _OPENING.sub("‹", text)
    text = _CHATML.sub("¦", _CLOSING.sub(r"\1›", text))
    text = _SQUARE.sub(r"(\1)", text)
    return re.sub(NO_ANSWER, "no answer", text, flags=re.IGNORECASE)


def looks_planted(text: str) -> bool:
    """Whether it was written for a model rather than for readers: with marks or hidden letters."""
    signs = (_HIDDEN, _CHATML, _PLANTED_TAG, _PLANTED_MARK)
    return NO_ANSWER in text or any(sign.search(text) for sign in signs)


def visible(text: str) -> str:
    """Without signs that nobody sees: what is checked is then what is read."""
    return _JOINER.sub("", _INVISIBLE.sub("", text))


def customer_words(text: str) -> str:
    """A customer's message as it stands in a turn: between marks that it can't write itself."""
    calmed = _ROLE.sub(r"\1\2\3 -", defused(text))
    return f"<{CUSTOMER}>\n{calmed}\n</{CUSTOMER}>"
