"""Which page is read next. Bounded, so that no calendar and no filter of a shop is endless."""

import re
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from settings_app.web.addresses import is_page, page_key, plain_address, site_of

MAX_WAITING = 5_000
SAME_PATH = 10
"""Addresses that differ in their query only: a list's pages and filters."""
SAME_DATES = 40
"""Addresses that differ in their dates only: a calendar."""
_DATE = re.compile(r"\b(?:19|20)\d\d[-/](?:0?[1-9]|1[0-2])(?:[-/](?:0?[1-9]|[12]\d|3[01]))?\b")


@dataclass(slots=True)
class Frontier:
    """Addresses of one site in the order in which they are to be read, those near first."""

    start: str
    depth: int
    waiting: deque[tuple[str, int]] = field(default_factory=deque)
    known: set[str] = field(default_factory=set)
    alike: "Counter[str]" = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.waiting.append((self.start, 0))
        self.known.add(page_key(self.start))

    def add(self, addresses: Iterable[str], *, base: str, depth: int) -> None:
        """Links of a page at `base`; `depth` = how far away from the start they are."""
        if depth > self.depth:
            return
        for address in addresses:
            found = plain_address(address, base)
            if found is not None and self._is_new(found):
                self.waiting.append((found, depth))

    def _is_new(self, address: str) -> bool:
        key = page_key(address)
        if key in self.known or site_of(address) != site_of(self.start) or not is_page(address):
            return False
        if len(self.waiting) >= MAX_WAITING or not self._has_room(address):
            return False
        self.known.add(key)
        return True

    def _has_room(self, address: str) -> bool:
        parts = urlsplit(address)
        if parts.query and self._counts(f"?{parts.path}", SAME_PATH):
            return False
        dated = _DATE.sub("#", f"{parts.path}?{parts.query}")
        return "#" not in dated or not self._counts(f"#{dated}", SAME_DATES)

    def _counts(self, kind: str, most: int) -> bool:
        """Counts one more of a kind; whether that is one too many."""
        self.alike[kind] += 1
        return self.alike[kind] > most

    def leads_to(self, address: str) -> bool:
        """Note where a redirect or a canonical link ended; False when that page is known."""
        key = page_key(address)
        if key in self.known:
            return False
        self.known.add(key)
        return True

    def take(self) -> tuple[str, int] | None:
        return self.waiting.popleft() if self.waiting else None
