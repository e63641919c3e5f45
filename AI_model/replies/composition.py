"""What composing an answer takes and gives: shared by all that takes part in it."""

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from AI_model.generation import CallRecord
from AI_model.providers.base import Completion, Passage
from AI_model.replies.policy import Reason
from AI_model.replies.prompt import PromptTexts
from AI_model.replies.situation import Situation

if TYPE_CHECKING:
    from AI_model.retrieval.index import Index


@dataclass(frozen=True, slots=True)
class Tried:
    """Another state of the knowledge and of the prompts to compose with, such as the draft.

    `today`: the day on which its entries have to count; None = all of them do.
    """

    index: "Index"
    texts: PromptTexts
    prompts_version: int | None = None
    today: date | None = None


@dataclass(slots=True)
class Composition:
    """An answer, an offer of `options`, or the reason why there is neither; and what it took."""

    text: str = ""
    reason: Reason | None = None
    options: list[dict[str, str]] = field(default_factory=list)
    cited: list[Passage] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    calls: list[CallRecord] = field(default_factory=list)
    reading: list[CallRecord] = field(default_factory=list)
    checking: list[CallRecord] = field(default_factory=list)
    checks: dict[str, Any] = field(default_factory=dict)
    completion: Completion | None = None
    prompts_version: int | None = None
    timings: dict[str, int] = field(default_factory=dict)

    @property
    def citations(self) -> list[dict[str, Any]]:
        return [
            {"entry_id": p.id, "title": p.title, "score": round(p.score, 3)} for p in self.cited
        ]

    def took(self, step: str, milliseconds: int) -> None:
        self.timings[step] = self.timings.get(step, 0) + milliseconds


def prompt_texts(situation: Situation, tried: Tried | None) -> tuple[PromptTexts, int | None]:
    """The owner's words for a model and their version, with the manner set in the config."""
    config = situation.config
    manner = (config.tone, tuple(config.languages), config.answer_length)
    if tried is not None:
        texts, version = tried.texts, tried.prompts_version
        return PromptTexts(texts.manual_prompt, texts.product_service, *manner), version
    prompts = getattr(situation.business, "prompts", None)
    if prompts is None:
        return PromptTexts("", "", *manner), None
    return PromptTexts(prompts.manual_prompt, prompts.product_service, *manner), prompts.version
