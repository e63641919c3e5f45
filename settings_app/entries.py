"""What a knowledge entry may hold. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from core.lib.decoding import clean_text

MAX_QUESTION = 500
MAX_ANSWER = 20_000
MAX_PHRASINGS = 30
MAX_TAGS = 20
MAX_TAG = 40
MAX_LANGUAGE = 8
ENTRY_FIELDS = (
    *("question", "phrasings", "answer", "tags", "language", "is_active"),
    *("valid_from", "valid_to"),
)


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """An entry's words, cleaned, before it is a row."""

    question: str
    answer: str
    phrasings: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str = ""
    is_active: bool = True
    valid_from: date | None = None
    valid_to: date | None = None


def draft_entry(
    *,
    question: str,
    answer: str,
    phrasings: Iterable[str] = (),
    tags: Iterable[str] = (),
    language: str = "",
    is_active: bool = True,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> EntryDraft:
    """Clean the words: one line per question, no blanks around, nothing twice."""
    asked = one_line(question)
    others = [text for text in _distinct(phrasings) if text.casefold() != asked.casefold()]
    return EntryDraft(
        question=asked,
        answer=clean_text(answer).strip(),
        phrasings=tuple(others),
        tags=tuple(_distinct(tags)),
        language=language.strip().lower(),
        is_active=is_active,
        valid_from=valid_from,
        valid_to=valid_to,
    )


def one_line(text: str) -> str:
    return " ".join(clean_text(text).split())


def _distinct(texts: Iterable[str]) -> list[str]:
    lines = (one_line(text) for text in texts)
    return list({line.casefold(): line for line in lines if line}.values())


def problem_of(draft: EntryDraft) -> str:
    """Why the entry can't be kept, in one sentence; "" when it can."""
    checks = (
        (not draft.question, "The question is empty."),
        (not draft.answer, "The answer is empty."),
        (
            len(draft.question) > MAX_QUESTION,
            f"The question is longer than {MAX_QUESTION} characters.",
        ),
        (len(draft.answer) > MAX_ANSWER, f"The answer is longer than {MAX_ANSWER} characters."),
        (len(draft.phrasings) > MAX_PHRASINGS, f"There are more than {MAX_PHRASINGS} phrasings."),
        (
            any(len(text) > MAX_QUESTION for text in draft.phrasings),
            f"A phrasing is longer than {MAX_QUESTION} characters.",
        ),
        (len(draft.tags) > MAX_TAGS, f"There are more than {MAX_TAGS} tags."),
        (
            any(len(tag) > MAX_TAG for tag in draft.tags),
            f"A tag is longer than {MAX_TAG} characters.",
        ),
        (len(draft.language) > MAX_LANGUAGE, "The language is not a code such as en or pt-BR."),
        (_backwards(draft), "It ends to be valid before it begins."),
    )
    return next((sentence for wrong, sentence in checks if wrong), "")


def _backwards(draft: EntryDraft) -> bool:
    return bool(draft.valid_from and draft.valid_to and draft.valid_to < draft.valid_from)
