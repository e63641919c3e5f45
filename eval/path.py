"""The way of an answer that a model writes, with a scripted model and no database.

The request is built, sent, read and checked by the product's own code; only the vendor is ours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import ClassVar

from django.utils import timezone

from accounts.models import Business
from AI_model.models import AIModelConfig
from AI_model.providers.base import Completion, CompletionRequest, Passage, Provider
from AI_model.replies.composition import Composition, Tried
from AI_model.replies.modelled import Material, answer_with_models
from AI_model.replies.policy import Facts
from AI_model.replies.prompt import PromptTexts
from AI_model.replies.situation import Situation
from AI_model.retrieval.index import Index, build
from messaging.models import Conversation, Customer, Message

THRESHOLD = 0.5


@dataclass(slots=True)
class Scripted(Provider):
    """A model that says what the script makes of the request, and keeps what it was asked."""

    kind: ClassVar[str] = "scripted"
    local: ClassVar[bool] = False
    script: Callable[[CompletionRequest], str]
    model: str = "scripted"
    asked: list[CompletionRequest] = field(default_factory=list)

    def complete(self, request: CompletionRequest) -> Completion:
        self.asked.append(request)
        return Completion(text=self.script(request), provider=self.kind, model=self.model)


@dataclass(frozen=True, slots=True)
class Shop:
    """A business as an answer needs it; `texts` are its prompts."""

    name: str
    texts: PromptTexts


@cache
def no_knowledge() -> Index:
    """What is searched in; passages are given here, so nothing is."""
    return build([])


def write_answer(
    shop: Shop,
    *,
    said: Sequence[str],
    passages: Sequence[Passage],
    script: Callable[[CompletionRequest], str],
) -> tuple[Composition, list[CompletionRequest]]:
    """What reaches the customer who said this, and each request that left for the model."""
    model, result = Scripted(script), Composition()
    material = Material(passages, THRESHOLD, strict=True, tried=Tried(no_knowledge(), shop.texts))
    answer_with_models(situation(shop, said), result, material, [model])
    return result, model.asked


def situation(shop: Shop, said: Sequence[str]) -> Situation:
    business = Business(name=shop.name)
    conversation = Conversation(business=business, customer=Customer(business=business))
    talk = [
        Message(conversation=conversation, seq=n, type=Message.Type.CUSTOMER, text=text)
        for n, text in enumerate(said, start=1)
    ]
    config = AIModelConfig(business=business)
    return Situation(conversation, business, config, talk, talk[-1:], _facts())


def _facts() -> Facts:
    now = timezone.now()
    return Facts(
        now=now,
        status=Conversation.Status.ACTIVE,
        epoch=0,
        epoch_seen=0,
        unanswered=True,
        last_customer_at=now,
        first_unanswered_at=now,
        quiet_period=timedelta(0),
        ai_enabled=True,
        ai_usable=True,
        is_open=True,
        business_hours_only=False,
        draft_mode=False,
        turns=0,
        max_turns=20,
        attempts=0,
        asks_for_person=False,
        has_words=True,
        is_start=False,
    )
