"""What the business itself says, for an answer of a model that did not pass the check."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from AI_model.providers.base import Passage
from AI_model.replies.defusing import looks_planted
from AI_model.replies.grounding.citations import read_sentences, split_sentences
from AI_model.replies.grounding.support import is_courtesy
from AI_model.replies.grounding.tongue import tongue
from AI_model.replies.grounding.words import vectors_of
from AI_model.replies.languages import base_of

CLEAR = 0.4
"""From which likeness (cosine) a sentence of a text speaks of what the answer speaks of."""
AHEAD = 0.05
"""How much more like the answer another passage has to be than the best one that was found."""
FAINT = 0.25
"""Below which an answer speaks of nothing of it, so that the best passage counts."""
MOST_QUOTED = 3


@dataclass(frozen=True, slots=True)
class OwnWords:
    """Word for word from the passages, in their language."""

    text: str
    passages: list[Passage]
    language: str


def own_words(written: str, passages: Sequence[Passage]) -> OwnWords | None:
    """The words of those passages that the answer speaks of; None where no place in them is clear.

    `passages`: what supports an answer, best first. Of an entry its whole answer, of a text the
    sentences that are clearly about the same. What the answer claims plays no part.
    """
    said = [one.text for one in read_sentences(written) if not is_courtesy(one.text)]
    if not said or not passages:
        return None
    meant = list(dict.fromkeys(_meant(said, passages)))[:MOST_QUOTED]
    quoted = [(one, _quote(one, said)) for one in meant]
    texts = [text for _, text in quoted if text]
    if not texts or not quoted[0][1]:
        return None
    whole = "\n\n".join(dict.fromkeys(texts))
    return OwnWords(whole, [one for one, text in quoted if text], tongue(whole))


def speaks(words: OwnWords, language: str, question: str) -> bool:
    """Whether they are in the customer's language, as far as it shows."""
    wanted = base_of(language) or tongue(question, words.language)
    return wanted == words.language


def _meant(said: Sequence[str], passages: Sequence[Passage]) -> Iterator[Passage]:
    """The best passage, unless the answer as a whole is clearly about another one; then what single
    sentences are clearly about."""
    likeness = vectors_of([" ".join(said), *said]) @ vectors_of([_words(p) for p in passages]).T
    for number, row in enumerate(likeness):
        nearest = int(row.argmax())
        best = nearest if row[nearest] >= max(FAINT, row[0] + AHEAD) else 0
        if number == 0 or row[best] >= CLEAR:
            yield passages[best]


def _words(passage: Passage) -> str:
    return f"{passage.title}. {passage.answer or passage.text}"


def _quote(passage: Passage, said: Sequence[str]) -> str:
    if looks_planted(passage.answer or passage.text):
        return ""
    if passage.answer.strip():
        return passage.answer.strip()
    sentences = split_sentences(passage.text)
    if not sentences:
        return ""
    nearest = (vectors_of(sentences) @ vectors_of(said).T).max(axis=1)
    return " ".join(one for one, value in zip(sentences, nearest, strict=True) if value >= CLEAR)
