"""Answer, offer a choice, or hand over: one pure function over what the search found.

`compose` asks `choose(passages=…, thresholds=thresholds_of(config), offers_allowed=
config.offer_choices, just_offered=facts.just_offered, angry=facts.angry)`. For an offer it sets
`composition.text, composition.options = make_offer(choice.passages, language=…)` (replies.offers)
and nothing else: no model is asked. Where `situation.chosen` (a choice among offers) is set,
`chosen_passages(business_id=…, chosen=…)` takes the place of the search, and its title is the
question.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from AI_model.providers.base import Passage

MOST_OFFERED = 3
FEWEST_OFFERED = 2
ANGRY_MARGIN = 0.05
HIGHEST = 0.97
# A runner-up with less of the offer threshold than this is no choice, only another sentence.
RELATED = 0.1
TIED = 0.03
"""Two entries whose scores differ by no more: of such firsts only half are right."""
FEWEST_WORDS = 3
"""Of a question that says what it asks."""
# How far a business's own judged answers may move what the product starts with.
LONGEST_MOVE = 0.15
# Shares of the answer thresholds, for where the search has none of its own.
OFFER_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Scores (0..1) from which to answer and to offer; `careful` is what an angry customer gets."""

    answer: float
    offer: float
    careful: float = 0.0

    def needed(self, *, angry: bool) -> float:
        """The score from which a passage supports an answer."""
        if not angry:
            return self.answer
        return min(HIGHEST, max(self.answer, self.careful) + ANGRY_MARGIN)


@dataclass(frozen=True, slots=True)
class Choice:
    """`passages`: those that support the answer, or are offered; none to hand over."""

    kind: Literal["answer", "offer", "hand_over"]
    passages: tuple[Passage, ...] = ()


class Settings(Protocol):
    """What of AIModelConfig decides the thresholds."""

    caution: str
    calibration: Any


def choose(
    *,
    passages: Sequence[Passage],
    thresholds: Thresholds,
    offers_allowed: bool,
    just_offered: bool,
    angry: bool,
    ties_offered: bool = False,
    terse: bool = False,
) -> Choice:
    """`just_offered`: our last words were an offer; a second unclear question goes to people.

    `ties_offered`: the first entry alone would be the answer, so that of two that fit as well the
    customer chooses. `terse`: a word or two, which any text that holds them seems to fit; entries
    are offered before such a text answers. `passages` best first. Only entries are offered, at
    least two with different titles.
    """
    needed = thresholds.needed(angry=angry)
    may_offer = offers_allowed and not just_offered and not angry
    supported = tuple(passage for passage in passages if passage.score >= needed)
    if may_offer and ties_offered and len(tied := _tied(supported)) >= FEWEST_OFFERED:
        return Choice("offer", tied)
    offered = _offered(passages, thresholds.offer) if may_offer else ()
    unsure = not supported or (terse and supported[0].kind == "text")
    if unsure and len(offered) >= FEWEST_OFFERED:
        return Choice("offer", offered)
    return Choice("answer", supported) if supported else Choice("hand_over")


def is_terse(question: str) -> bool:
    """A word or two; only of scripts with capitals, as others may write without spaces."""
    words = question.split()
    return len(words) < FEWEST_WORDS and question.upper() != question.lower()


def _tied(supported: Sequence[Passage]) -> tuple[Passage, ...]:
    """The entries that fit as well as the first one and say something else."""
    if not supported or supported[0].kind != "entry":
        return ()
    close = [passage for passage in supported if supported[0].score - passage.score <= TIED]
    by_answer = {passage.answer: passage for passage in reversed(close)}
    others = [passage for passage in close if by_answer[passage.answer] is passage]
    return _offered(others, others[-1].score)


def _offered(passages: Sequence[Passage], threshold: float) -> tuple[Passage, ...]:
    """The best entry, if it is good enough, and those beside it."""
    by_title: dict[str, Passage] = {}
    for passage in passages:
        if passage.kind == "entry" and passage.score >= threshold * RELATED:
            by_title.setdefault(" ".join(passage.title.casefold().split()), passage)
    offered = tuple(by_title.values())[:MOST_OFFERED]
    return offered if offered and offered[0].score >= threshold else ()


def thresholds_of(config: Settings) -> Thresholds:
    """The product's thresholds for this caution, moved by the business's own judged answers."""
    answer, offer = product_thresholds()
    own: Mapping[str, Any] = config.calibration or {}
    return Thresholds(
        answer=_moved(own, "answer", config.caution, answer),
        offer=_moved(own, "offer", config.caution, offer),
        careful=_moved(own, "answer", "careful", answer),
    )


def product_thresholds() -> tuple[Mapping[str, float], Mapping[str, float]]:
    """What every business starts with, by caution: to answer, to offer."""
    # Arithmetic and weights take memory that an idle process should not hold.
    from AI_model.retrieval import calibration

    answer = calibration.THRESHOLDS
    offers = getattr(calibration, "OFFERS", None)
    return answer, offers or {caution: at * OFFER_SHARE for caution, at in answer.items()}


def _moved(own: Mapping[str, Any], name: str, caution: str, product: Mapping[str, float]) -> float:
    """The business's own, never far from the product's: that may have changed since last night."""
    start = product[caution]
    value = (own.get(name) or {}).get(caution, start)
    return min(start + LONGEST_MOVE, max(start - LONGEST_MOVE, float(value)))
