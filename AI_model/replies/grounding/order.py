"""Words of one sentence put together otherwise: “cats against rabies” of “dogs against rabies, cats
against flu”."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from AI_model.replies.grounding.citations import split_sentences
from AI_model.replies.grounding.polarity import CLAUSE, without_reply
from AI_model.replies.grounding.words import alike, content_words

FEW = 2
"""A sentence of so few known words is about something else."""
_TOKEN = re.compile(r"\d+(?:[.:,]\d+)*|[^\s\d]+")

Clauses = tuple[tuple[str, ...], ...]


def recombined(sentence: str, source: str) -> str:
    """The clause that goes back and forth between clauses of one sentence of the source; "" for
    none. Its words are all there, but nobody said them of one another."""
    known = [clauses for clauses in map(_clauses, split_sentences(source)) if len(clauses) > 1]
    for clause in CLAUSE.split(without_reply(sentence)):
        tokens = _tokens(clause)
        if any(_goes_back(places) for places in _places_in(tokens, known)):
            return clause
    return ""


@lru_cache(maxsize=512)
def _clauses(sentence: str) -> Clauses:
    return tuple(filter(None, map(_tokens, CLAUSE.split(sentence))))


def _tokens(text: str) -> tuple[str, ...]:
    """Figures and words that say something, in order."""
    found: list[str] = []
    for match in _TOKEN.finditer(text):
        found += [match[0]] if match[0][0].isdigit() else content_words(match[0])
    return tuple(found)


def _places_in(tokens: Sequence[str], known: Sequence[Clauses]) -> Iterator[list[int]]:
    """In which clause each token stands, for sentences that hold nearly all of them; a token of
    more than one clause stands nowhere in particular."""
    for clauses in known:
        held = [_holders(token, clauses) for token in tokens]
        if sum(map(bool, held)) > max(FEW, len(tokens) - 2):
            yield [places[0] for places in held if len(places) == 1]


def _holders(token: str, clauses: Clauses) -> list[int]:
    same = token.__eq__ if token[0].isdigit() else lambda one: alike(token, one)
    return [n for n, words in enumerate(clauses) if any(map(same, words))]


def _goes_back(places: Sequence[int]) -> bool:
    return any(later < earlier for earlier, later in pairwise(places))
