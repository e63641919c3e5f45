"""Does a sentence follow from the texts it may rest on? Words first, then their meaning."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from AI_model.replies.grounding.claims import read_facts
from AI_model.replies.grounding.polarity import signs
from AI_model.replies.grounding.tongue import tongues
from AI_model.replies.grounding.words import content_words, nearness, unmeaning, vectors_of

if TYPE_CHECKING:
    from AI_model.retrieval.encoder import Vectors

ENCODED = frozenset("ar de en es fr it ja ko nl pl pt ru th tr zh".split())
"""Languages between which meanings can be compared."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A word nearer than `near` to one of the source is no news; `news` of them with less than `whole`
    nearness on the average are too much, and a single one with less than `alone`. Found on eval/data/faults_dev.jsonl."""

    near: float
    news: int
    whole: float
    alone: float


OWN = Scale(near=0.6, news=2, whole=0.8, alone=0.62)
FOREIGN = Scale(near=0.5, news=2, whole=0.6, alone=0.45)
COURTEOUS = 0.55
COURTESIES = (
    "Hello, how can I help you?",
    "Is there anything else I can help you with?",
    "If you have any other questions, just ask.",
    "I am sorry for the inconvenience.",
    "I'm sorry to hear that.",
    "Thank you for your message.",
    "Thank you for your patience and understanding.",
    "You are welcome, have a nice day!",
    "We look forward to seeing you.",
    "Congratulations!",
    "I hope this helps.",
    "Good question!",
)


def comparable(language: str, sources: Sequence[str]) -> bool:
    """Whether words of this language can be held against these languages'."""
    return all(language == one or {language, one} <= ENCODED for one in sources)


def news_in(
    sentence: str, source_words: Sequence[str], asked_words: Sequence[str], *, foreign: bool
) -> list[str]:
    """The words of an unsupported sentence that nothing is known of; none of a supported one."""
    scale = FOREIGN if foreign else OWN
    told = telling(sentence)
    near = nearness(told, source_words)
    asked = nearness(told, asked_words)
    known = [max(one, other) for one, other in zip(near, asked, strict=True)]
    news = [word for word, value in zip(told, known, strict=True) if value < scale.near]
    whole = sum(known) / len(known) if known else 1.0
    most = scale.whole if len(news) >= scale.news else scale.alone if len(told) > 1 else 0.0
    return news if news and whole < most and not is_courtesy(sentence) else []


def telling(sentence: str) -> list[str]:
    """The words of a sentence that say something, without figures and what any answer may hold."""
    for fact in sorted(read_facts(sentence, languages=tongues(sentence)), key=lambda f: -f.start):
        sentence = sentence[: fact.start] + " " + sentence[fact.end :]
    words = content_words(sentence)
    return [word for word in words if not (unmeaning(word) or word in signs("no"))]


def is_courtesy(sentence: str) -> bool:
    """“Is there anything else?” says nothing about the business, in any language."""
    if read_facts(sentence):
        return False
    return bool((vectors_of([sentence]) @ _courtesies().T).max() >= COURTEOUS)


@cache
def _courtesies() -> "Vectors":
    return vectors_of(COURTESIES)
