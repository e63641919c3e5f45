"""What the knowledge has on a customer's words, taken together and one by one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from AI_model.providers.base import Passage
from AI_model.replies.focus import search_focused
from AI_model.replies.followup import Added, Earlier, added_by, completed, holds
from AI_model.replies.phrases import small_talk
from AI_model.retrieval.search import search

if TYPE_CHECKING:
    from AI_model.retrieval.index import Index

PASSAGES = 5
Search = Callable[[str], list[Passage]]


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
        return best_of(self.whole, *self.each)

    def all_supported(self, threshold: float) -> bool:
        """Whether a burst of several questions finds support for each of them."""
        return bool(self.each) and all(finding.supported(threshold) for finding in self.each)


def best_of(*findings: Finding) -> list[Passage]:
    best: dict[str, Passage] = {}
    for passage in (passage for finding in findings for passage in finding.passages):
        if passage.id not in best or passage.score > best[passage.id].score:
            best[passage.id] = passage
    return sorted(best.values(), key=lambda passage: -passage.score)[:PASSAGES]


def find(
    *,
    business_id: str,
    texts: Sequence[str],
    version: int | None = None,
    earlier: Sequence[Earlier] = (),
    index: "Index | None" = None,
    today: date | None = None,
) -> Findings:
    """Search for the messages of a burst together, and for each one that asks something.

    `version` = the business's `knowledge_version` where it is known already; `earlier` = what was
    asked and answered before, oldest first, for “and on Sundays?”; `index` = another one than the
    published; `today` = the day on which entries have to count. IndexNotReady.
    """
    look = _searching(business_id, version, index, today)
    asked = [text for text in texts if text and small_talk(text) is None]
    if len(asked) < 2:
        return Findings(_find_one(look, "\n".join(asked or texts), earlier), [])
    before = [*earlier]
    each: list[Finding] = []
    for text in asked:
        each.append(_find_one(look, text, before))
        before.append((text, ""))
    return Findings(Finding("\n".join(asked), look("\n".join(asked))), each)


def _searching(
    business_id: str, version: int | None, index: "Index | None", today: date | None
) -> Search:
    if index is None:
        return lambda text: search(
            business_id=business_id, question=text, limit=PASSAGES, version=version, today=today
        )
    from AI_model.retrieval.index import search as search_in

    return lambda text: search_in(index, text, limit=PASSAGES, today=today)


def _find_one(look: Search, question: str, earlier: Sequence[Earlier]) -> Finding:
    plain = Finding(question, search_focused(look, question))
    added = added_by(question) if earlier else None
    if added is None:
        return plain
    further = [Finding(text, _holding(added, look(text))) for text in completed(question, earlier)]
    return Finding(question, best_of(plain, *further))


def _holding(added: Added, passages: Sequence[Passage]) -> list[Passage]:
    """Those that speak of what was added: what only the earlier question found says nothing."""
    return [p for p in passages if holds(added, f"{p.title} {p.text} {p.answer}")]
