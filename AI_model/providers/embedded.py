"""Answers from the business's own words: no model, no network, no tokens.

An entry is answered with its own answer. A text is answered with those of its sentences that are
nearest to the question, word for word. Nothing above the threshold means no answer.
"""

import re
from math import sqrt

from AI_model.providers.base import Completion, CompletionRequest, Provider, ProviderError

SHORT = 400
_SENTENCE = re.compile(r"\S.*?(?:[.!?…]+[\"')\]»”]*(?=\s|$)|[。！？]+|(?=\n)|$)", re.DOTALL)
_WORD = re.compile(r"\w+")


class EmbeddedProvider(Provider):
    kind = "embedded"
    local = True

    def __init__(self, *, model: str = "embedded") -> None:
        super().__init__(model=model)

    def complete(self, request: CompletionRequest) -> Completion:
        best = max(request.passages, key=lambda passage: passage.score, default=None)
        if best is None or best.score < request.threshold:
            raise _no_support()
        text = best.answer.strip() or nearest_sentences(best.text, request.question)
        if not text:
            raise _no_support()
        return Completion(text, self.kind, self.model, cited=(best.id,))


def _no_support() -> ProviderError:
    return ProviderError(
        "no_support", "Nothing in the knowledge supports an answer.", permanent=True
    )


def nearest_sentences(text: str, question: str, *, limit: int = SHORT) -> str:
    """A run of whole sentences of `text`, at most `limit` characters where they allow it."""
    if len(text.strip()) <= limit:
        return text.strip()
    spans = [match.span() for match in _SENTENCE.finditer(text)]
    if not spans:
        return ""
    wanted = _grams(question)
    first = max(range(len(spans)), key=lambda i: _likeness(wanted, text[slice(*spans[i])]))
    start, end = spans[first]
    for _, later_end in spans[first + 1 :]:
        if later_end - start > limit:
            break
        end = later_end
    return text[start:end]


def _likeness(wanted: set[str], sentence: str) -> float:
    """Shared pieces, damped by length so that a long sentence does not win by being long."""
    found = _grams(sentence)
    return len(wanted & found) / sqrt(len(found) + 8)


def _grams(text: str) -> set[str]:
    """Three-letter pieces of each word, so that inflected forms still meet."""
    grams: set[str] = set()
    for word in _WORD.findall(text.casefold()):
        grams.update(word[i : i + 3] for i in range(max(1, len(word) - 2)))
    return grams
