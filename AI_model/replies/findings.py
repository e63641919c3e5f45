"""What the knowledge has on a customer's words, taken together and one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

from AI_model.providers.base import Passage
from AI_model.replies.phrases import is_greeting, is_thanks
from AI_model.retrieval.search import search

PASSAGES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """A question and the passages found for it, best first."""

    question: str
    passages: list[Passage]

    def supported(self, threshold: float) -> list[Passage]:
        return [passage for passage in self.passages if passage.score >= threshold]


@dataclass(frozen=True, slots=True)
class Findings:
    """`whole` is for all words at once, `each` for every question of a burst of several."""

    whole: Finding
    each: list[Finding]

    @property
    def passages(self) -> list[Passage]:
        """Every passage once with its best score, best first."""
        best: dict[str, Passage] = {}
        for passage in (p for finding in (self.whole, *self.each) for p in finding.passages):
            if passage.id not in best or passage.score > best[passage.id].score:
                best[passage.id] = passage
        return sorted(best.values(), key=lambda passage: -passage.score)[:PASSAGES]

    def all_supported(self, threshold: float) -> bool:
        """Whether a burst of several questions finds support for each of them."""
        return bool(self.each) and all(finding.supported(threshold) for finding in self.each)


def find(*, business_id: str, texts: Sequence[str], version: int | None = None) -> Findings:
    """Search for the messages of a burst together, and for each one that asks something.

    `version` = the business's `knowledge_version` where it is known already. IndexNotReady.
    """
    asked = [text for text in texts if text and not is_greeting(text) and not is_thanks(text)]
    whole = _search(business_id, "\n".join(asked or texts), version)
    each = [_search(business_id, text, version) for text in asked] if len(asked) > 1 else []
    return Findings(whole, each)


def _search(business_id: str, question: str, version: int | None) -> Finding:
    found = search(business_id=business_id, question=question, limit=PASSAGES, version=version)
    return Finding(question, found)
