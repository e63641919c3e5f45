"""Whether two answers to one question contradict each other, and in what."""

from collections.abc import Sequence

from AI_model.providers.base import Passage
from AI_model.replies.grounding.check import check
from AI_model.replies.grounding.claims import Fact, read_facts
from AI_model.replies.grounding.figures import Ground
from AI_model.replies.grounding.tongue import tongues

COMPARED = frozenset({"number", "time", "weekday", "phone"})


def disagreement(one: str, other: str) -> str:
    """“one says 15 euros and the other 20 euros”; "" where nothing is against each other."""
    mine, theirs = _alone(one, other), _alone(other, one)
    for fact in mine:
        for against in theirs:
            if _is_same_kind(fact, against):
                return f"one says “{fact.words.strip()}” and the other “{against.words.strip()}”"
    return "one says yes and the other no" if _denied(one, other) else ""


def _alone(text: str, other: str) -> Sequence[Fact]:
    """Facts of a text that the other does not hold."""
    ground = Ground.of([other])
    return [
        fact for fact in read_facts(text, languages=tongues(text, "")) if not ground.holds(fact)
    ]


def _is_same_kind(fact: Fact, against: Fact) -> bool:
    if fact.kind != against.kind or fact.kind not in COMPARED or fact.unit != against.unit:
        return False
    return fact.kind != "number" or bool(fact.unit) or fact.noun == against.noun


def _denied(one: str, other: str) -> bool:
    return any(
        "contradiction" in check(text, [Passage("", "text", "", source)]).codes
        for text, source in ((one, other), (other, one))
    )
