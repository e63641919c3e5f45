"""A tiny real question to each provider of a chain: is it there, how fast, at what cost?"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from AI_model.generation import CallRecord, generate
from AI_model.money import cost_nanos, to_dollars
from AI_model.providers.base import CompletionRequest, Passage, Provider, Turn
from AI_model.services.budgets import meter_of
from AI_model.services.ledger import record_calls
from AI_model.services.prices import price_for
from core.lib.clock import Deadline

PURPOSE = "test"
SECONDS = 20.0
QUESTION = "Are you ready?"
ANSWER = Passage("check", "entry", QUESTION, f"{QUESTION} Ready.", answer="Ready.", score=1.0)


@dataclass(frozen=True, slots=True)
class Trial:
    """`problem` is empty when the provider answered; `money` in dollars, None = no price known."""

    provider: str
    model: str
    ok: bool
    milliseconds: int
    tokens_in: int
    tokens_out: int
    problem: str = ""
    money: float | None = None

    @property
    def summary(self) -> str:
        """How it went, after the provider's name."""
        used = f"{self.tokens_in} tokens in, {self.tokens_out} out"
        price = "no price known" if self.money is None else f"${self.money:.6f}"
        return f"answered in {self.milliseconds} ms, {used}, {price}" if self.ok else self.problem

    def facts(self) -> dict[str, Any]:
        return asdict(self)


def try_providers(*, chain: Sequence[Provider], business_id: str | None = None) -> list[Trial]:
    """Ask each by itself, since a fallback would hide a broken one. Counted for the business."""
    return [_try(provider, business_id) for provider in chain]


def _try(provider: Provider, business_id: str | None) -> Trial:
    meter = meter_of(business_id) if business_id is not None else None
    result = generate(request=_request(), chain=[provider], meter=meter)
    if business_id is not None:
        record_calls(business_id=business_id, purpose=PURPOSE, calls=result.calls)
    calls = result.calls
    return Trial(
        provider=provider.kind,
        model=calls[-1].model if calls else provider.model,
        ok=result.completion is not None,
        milliseconds=sum(call.milliseconds for call in calls),
        tokens_in=sum(call.usage.tokens_in for call in calls),
        tokens_out=sum(call.usage.tokens_out for call in calls),
        problem="" if result.error is None else f"{result.error.detail} ({result.error.code})",
        money=_money(calls),
    )


def _money(calls: Sequence[CallRecord]) -> float | None:
    """Of all calls together, in dollars; None when one of them has no price."""
    prices = [price_for(provider=call.provider, model=call.model) for call in calls]
    known = [price for price in prices if price is not None]
    if len(known) < len(calls):
        return None
    return to_dollars(
        sum(cost_nanos(call.usage, price) for call, price in zip(calls, known, strict=True))
    )


def _request() -> CompletionRequest:
    return CompletionRequest(
        system="This is a test of the connection. Answer with the one word: Ready.",
        turns=[Turn("user", QUESTION)],
        max_tokens=64,
        temperature=None,
        deadline=Deadline.after(SECONDS),
        passages=[ANSWER],
        question=QUESTION,
    )
