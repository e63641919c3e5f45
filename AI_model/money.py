"""What a call costs, in nanos: whole billionths of a US dollar."""

from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Protocol

from AI_model.providers.base import Usage

NANOS = 10**9
MOST_NANOS = 10**15
"""A million dollars: no call costs more, whatever a vendor says it counted."""


class Price(Protocol):
    """Dollars per million tokens; the factors hold for more than `long_from` input tokens."""

    @property
    def input(self) -> Decimal: ...
    @property
    def output(self) -> Decimal: ...
    @property
    def cached(self) -> Decimal | None: ...
    @property
    def long_from(self) -> int | None: ...
    @property
    def long_input_factor(self) -> Decimal: ...
    @property
    def long_output_factor(self) -> Decimal: ...


def cost_nanos(usage: Usage, price: Price) -> int:
    """Exact; only what is left of a nano at the very end counts as a whole one.

    `tokens_in` contains the cached tokens, `tokens_out` those of thinking.
    """
    cached = min(usage.tokens_cached, usage.tokens_in)
    cached_price = price.input if price.cached is None else price.cached
    read = (usage.tokens_in - cached) * Fraction(price.input) + cached * Fraction(cached_price)
    written = usage.tokens_out * Fraction(price.output)
    if price.long_from is not None and usage.tokens_in > price.long_from:
        read *= Fraction(price.long_input_factor)
        written *= Fraction(price.long_output_factor)
    return min(ceil((read + written) * NANOS / 1_000_000), MOST_NANOS)


def to_dollars(nanos: int) -> float:
    return int(nanos) / NANOS


def to_nanos(dollars: Decimal | float | str) -> int:
    """The nearest whole nano; 0.1 means a tenth, not the float next to it."""
    return round(Fraction(str(dollars)) * NANOS)
