"""Which languages a text's words are to be read in."""

from AI_model.replies.languages import language_of
from AI_model.retrieval.language import guess_language

DEFAULT = "en"


def tongue(text: str, expected: str = "") -> str:
    """The text's language as far as it shows; where that is in doubt the expected one, or English."""
    told = dict.fromkeys(code for code in (language_of(text), guess_language(text)) if code)
    if len(told) != 1 and expected:
        return expected
    return next(iter(told), DEFAULT)


def tongues(text: str, expected: str = "") -> tuple[str, ...]:
    """Short texts say little of their language, so the expected one is read as well."""
    told = (language_of(text), guess_language(text), expected)
    return tuple(dict.fromkeys(code for code in told if code)) or (DEFAULT,)
