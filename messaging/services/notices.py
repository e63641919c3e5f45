"""What a person should know that concerns no single conversation; rooms above register theirs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from accounts.models import User


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence, and the page where something can be done about it."""

    text: str
    link: str
    severe: bool = False


Ask = Callable[[User], Iterator[Notice]]
_asks: list[Ask] = []


def register_notices(ask: Ask) -> None:
    """Called once at start."""
    _asks.append(ask)


def notices_for(user: User) -> list[Notice]:
    return [notice for ask in _asks for notice in ask(user)]
