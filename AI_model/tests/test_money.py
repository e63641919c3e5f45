"""What a call costs, against figures worked out by hand."""

from decimal import Decimal

import pytest

from AI_model.models import ModelPrice
from AI_model.money import MOST_NANOS, cost_nanos, to_dollars, to_nanos
from AI_model.providers.base import Usage


def price(
    into: str,
    out: str,
    cached: str | None = None,
    *,
    long_from: int | None = None,
    factors: tuple[str, str] = ("1", "1"),
) -> ModelPrice:
    return ModelPrice(
        input=Decimal(into),
        output=Decimal(out),
        cached=None if cached is None else Decimal(cached),
        long_from=long_from,
        long_input_factor=Decimal(factors[0]),
        long_output_factor=Decimal(factors[1]),
    )


PLAIN = price("0.30", "2.50", "0.03")
LONG = price("0.10", "0.50", long_from=272_000, factors=("2", "1.5"))
# 0.001 dollars a million are 1 nano a token.
FINE = price("0.001", "0.001", long_from=0, factors=("1.01", "1.5"))


@pytest.mark.parametrize(
    ("usage", "of", "nanos"),
    [
        (Usage(), PLAIN, 0),
        (Usage(1_000_000, 0), PLAIN, 300_000_000),
        (Usage(0, 1_000_000), PLAIN, 2_500_000_000),
        # 1,234 x 300 + 567 x 2,500
        (Usage(1_234, 567), PLAIN, 1_787_700),
        # 234 x 300 + 1,000 x 30 + 567 x 2,500
        (Usage(1_234, 567, tokens_cached=1_000), PLAIN, 1_517_700),
        # Thinking is in the output already.
        (Usage(1_234, 567, tokens_thinking=500), PLAIN, 1_787_700),
        # No price of its own: cached costs as other input. 1,000 x 100
        (Usage(1_000, 0, tokens_cached=900), LONG, 100_000),
        # A vendor that counts more cached ones than there were. 100 x 30
        (Usage(100, 0, tokens_cached=900), PLAIN, 3_000),
        # 272,000 x 100 + 10 x 500: not longer than that
        (Usage(272_000, 10), LONG, 27_205_000),
        # 272,001 x 100 x 2 + 10 x 500 x 1.5: all of it costs more
        (Usage(272_001, 10), LONG, 54_407_700),
        # 3 x 1.01 + 1 x 1.5 = 4.53: rounded once, up
        (Usage(3, 1), FINE, 5),
        # 100 x 1.01 + 2 x 1.5 = 104 exactly
        (Usage(100, 2), FINE, 104),
        (Usage(10**6, 10**6), price("0", "0"), 0),
        (Usage(2**31 - 1, 0), price("999999999", "0"), MOST_NANOS),
    ],
)
def test_a_call_costs_what_its_tokens_cost(usage: Usage, of: ModelPrice, nanos: int) -> None:
    assert cost_nanos(usage, of) == nanos


def test_a_cached_price_grows_with_long_input_too() -> None:
    long = price("1", "0", "0.1", long_from=10, factors=("5", "1"))
    # (1 x 1,000 + 10 x 100) x 5
    assert cost_nanos(Usage(11, 0, tokens_cached=10), long) == 10_000


@pytest.mark.parametrize(
    ("dollars", "nanos"),
    [(0.1, 100_000_000), ("1.000000001", 1_000_000_001), (Decimal("0.3"), 300_000_000), (5, 5e9)],
)
def test_dollars_and_nanos_are_the_same_money(dollars: float, nanos: int) -> None:
    assert to_nanos(dollars) == nanos
    assert to_dollars(nanos) == float(dollars)
