"""What a business may spend on its AI: the limits, what each counts, and when one is reached. Pure.

`AIModelConfig.budgets` holds the names below; left out = no limit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from AI_model.money import to_dollars, to_nanos

TOKENS = ("daily_tokens", "monthly_tokens", "conversation_tokens")
MONEY = ("daily_money", "monthly_money", "conversation_money")
RATES = ("customer_answers_per_hour", "business_answers_per_hour")
AT_LIMIT = "at_limit"
NAMES = (*TOKENS, *MONEY, AT_LIMIT, *RATES)

MOST_TOKENS = 10**15
MOST_MONEY = 10**6
MOST_ANSWERS = 10**6
CUSTOMER_ANSWERS_PER_HOUR = 120
"""Of a business that sets none itself: more than a person can ask."""
WARN_PERCENT = 80


class AtLimit(StrEnum):
    """Who answers once a budget is used up."""

    FREE_MODEL = "free_model"
    PERSON = "person"


class Period(StrEnum):
    """What a limit is for; also how the name of its scope begins."""

    CONVERSATION = "conversation"
    DAY = "day"
    MONTH = "month"


class State(StrEnum):
    OK = "ok"
    WARNED = "warned"
    REACHED = "reached"


WORDS = {Period.CONVERSATION: "conversation", Period.DAY: "daily", Period.MONTH: "monthly"}


@dataclass(frozen=True, slots=True)
class Amount:
    """Tokens, and money in nanos."""

    tokens: int = 0
    nanos: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """Of one scope; None = as much as one likes."""

    period: Period
    tokens: int | None = None
    nanos: int | None = None

    def __bool__(self) -> bool:
        return self.tokens is not None or self.nanos is not None

    def state(self, spent: Amount) -> State:
        """Of the limit that is nearest to its end."""
        return self.nearest(spent).state

    def nearest(self, spent: Amount) -> "Standing":
        """What tells most of this scope: the limit of which the greatest share is spent."""
        return max(self.standings(spent), key=lambda standing: standing.share)

    def standings(self, spent: Amount) -> "list[Standing]":
        both = (("tokens", self.tokens, spent.tokens), ("money", self.nanos, spent.nanos))
        return [
            Standing(f"{WORDS[self.period]}_{unit}", limit, amount)
            for unit, limit, amount in both
            if limit is not None
        ]


@dataclass(frozen=True, slots=True)
class Standing:
    """One limit and what is spent of it: tokens, or nanos where the name ends in "_money"."""

    name: str
    limit: int
    spent: int

    @property
    def share(self) -> float:
        """0.8 = four fifths; a limit of nothing is used up from the start."""
        return self.spent / self.limit if self.limit else 1.0

    @property
    def state(self) -> State:
        return state_of(spent=self.spent, limit=self.limit)

    def shown(self, amount: int) -> float | int:
        """As the API shows it: tokens, or dollars."""
        return to_dollars(amount) if self.name in MONEY else amount


@dataclass(frozen=True, slots=True)
class Budgets:
    """The limits of a business. Money in nanos."""

    conversation: Limit = Limit(Period.CONVERSATION)
    day: Limit = Limit(Period.DAY)
    month: Limit = Limit(Period.MONTH)
    at_limit: AtLimit = AtLimit.FREE_MODEL
    customer_answers: int = CUSTOMER_ANSWERS_PER_HOUR
    business_answers: int | None = None

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "Budgets":
        """From the config's field. What can't be read there counts as a limit of nothing."""
        customer, business = (_whole(stored.get(name)) for name in RATES)
        conversation, day, month = (_limit(period, stored) for period in Period)
        wanted = stored.get(AT_LIMIT)
        return cls(
            conversation,
            day,
            month,
            AtLimit.PERSON if wanted == AtLimit.PERSON else AtLimit.FREE_MODEL,
            CUSTOMER_ANSWERS_PER_HOUR if customer is None else customer,
            business,
        )

    @property
    def limits(self) -> list[Limit]:
        """Those that are set."""
        return [limit for limit in (self.conversation, self.day, self.month) if limit]

    def by_scope(
        self, *, at: datetime, zone: tzinfo, conversation_id: str | None
    ) -> dict[str, Limit]:
        """The scopes of a moment that have a limit, in the order in which their rows are locked."""
        scopes = scopes_of(at=at, zone=zone, conversation_id=conversation_id)
        found = {scopes[limit.period]: limit for limit in self.limits if limit.period in scopes}
        return dict(sorted(found.items()))


def scopes_of(*, at: datetime, zone: tzinfo, conversation_id: str | None) -> dict[Period, str]:
    """What a call at this moment counts for; day and month are the business's own."""
    here = at.astimezone(zone)
    scopes = {Period.DAY: f"day:{here:%Y-%m-%d}", Period.MONTH: f"month:{here:%Y-%m}"}
    if conversation_id:
        scopes[Period.CONVERSATION] = f"conversation:{conversation_id}"
    return scopes


def bounds_of(scope: str, zone: tzinfo) -> tuple[datetime, datetime]:
    """From when until when a day or a month of the business goes, the end not included."""
    year, month, *rest = map(int, scope.partition(":")[2].split("-"))
    start = datetime(year, month, rest[0] if rest else 1, tzinfo=zone)
    if rest:
        return start, start + timedelta(days=1)
    return start, start.replace(year=year + month // 12, month=month % 12 + 1)


def state_of(*, spent: int, limit: int) -> State:
    if spent >= limit:
        return State.REACHED
    return State.WARNED if spent * 100 >= limit * WARN_PERCENT else State.OK


def problems_of(data: Any) -> list[str]:
    """What is wrong with limits that somebody wrote, in sentences that name it."""
    if not isinstance(data, Mapping):
        return ["Give an object."]
    unknown = [f"There is no budget called {name}; use {', '.join(NAMES)}."
               for name in sorted(map(str, set(data) - set(NAMES)))]  # fmt: skip
    given = [(name, value) for name, value in data.items() if name in NAMES and value is not None]
    return unknown + [found for name, value in given if (found := _problem(name, value))]


def _problem(name: str, value: Any) -> str:
    if name == AT_LIMIT:
        known = [choice.value for choice in AtLimit]
        return "" if value in known else f"{name} must be one of: {', '.join(known)}."
    if name in MONEY:
        fits = _is_number(value) and 0 <= value <= MOST_MONEY
        return "" if fits else f"{name} must be an amount in US dollars from 0 to {MOST_MONEY:,}."
    most = MOST_ANSWERS if name in RATES else MOST_TOKENS
    fits = _is_number(value) and 0 <= value <= most and value == int(value)
    return "" if fits else f"{name} must be a whole number from 0 to {most:,}."


def _limit(period: Period, stored: Mapping[str, Any]) -> Limit:
    word = WORDS[period]
    money = stored.get(f"{word}_money")
    nanos = None if money is None else to_nanos(money) if _is_sane(money) else 0
    return Limit(period, _whole(stored.get(f"{word}_tokens")), nanos)


def _whole(value: Any) -> int | None:
    return None if value is None else int(value) if _is_sane(value) else 0


def _is_sane(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= MOST_TOKENS


def _is_number(value: Any) -> bool:
    """NaN and infinity fail every comparison with a range."""
    return isinstance(value, int | float) and not isinstance(value, bool)
