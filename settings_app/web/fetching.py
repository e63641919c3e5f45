"""Pages over the network: guarded, politely, and bounded all together."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.lib.hands import waiting
from core.lib.http import Fetched, OutboundRefused, Resolve, fetch
from settings_app.web.addresses import may_follow, plain_address, site_of
from settings_app.web.robots import USER_AGENT

MAX_REDIRECTS = 3
PAGE_SECONDS = 20.0
PAGE_BYTES = 20_000_000
SITE_BYTES = 200_000_000
SITE_SECONDS = 900.0
_REDIRECTS = {301, 302, 303, 307, 308}
ACCEPT = (
    "text/html,application/xhtml+xml,text/markdown,text/plain,application/pdf,"
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document;q=0.9"
)


class Unread(Exception):
    """A page can't be had; `reason` is half a sentence. `gone` = it won't come back by itself."""

    def __init__(self, reason: str, *, gone: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.gone = reason, gone


class Exhausted(Exception):
    """The time or the bytes for this site are used up."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands at `url`, where the redirects ended."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        found = re.search(r"charset=[\"']?([\w.:-]{2,40})", self.headers.get("Content-Type", ""))
        return found[1] if found else ""


@dataclass(slots=True)
class Fetcher:
    """One reading of one site. `pause` = seconds between two of its requests."""

    pause: float
    allow_private: bool = False
    resolve: Resolve | None = None
    seconds: float = SITE_SECONDS
    most_bytes: int = SITE_BYTES
    requests: int = 0
    bytes: int = 0
    began: float = field(default_factory=time.monotonic)
    last: float = 0.0

    def get(
        self, url: str, *, max_bytes: int = PAGE_BYTES, seconds: float = PAGE_SECONDS
    ) -> Answer:
        """Follow redirects on the site; any status. Raises Unread, Exhausted."""
        for _ in range(MAX_REDIRECTS + 1):
            got = self._ask(url, max_bytes, seconds)
            target = got.headers.get("Location", "") if got.status in _REDIRECTS else ""
            if not target:
                return Answer(url, got.status, got.headers, got.body)
            url = _next(url, target)
        raise Unread("leads from address to address without an end", gone=True)

    def _ask(self, url: str, max_bytes: int, seconds: float) -> Fetched:
        self._wait()
        try:
            with waiting():
                got = fetch(
                    "GET",
                    url,
                    headers={"User-Agent": USER_AGENT, "Accept": ACCEPT},
                    seconds=min(seconds, max(1.0, self.left)),
                    max_bytes=min(max_bytes, max(1, self.most_bytes - self.bytes)),
                    allow_private=self.allow_private,
                    resolve=self.resolve,
                )
        except OutboundRefused as refused:
            if refused.code == "too_large" and self.bytes + max_bytes > self.most_bytes:
                raise Exhausted from refused
            raise Unread(_reason(refused)) from refused
        finally:
            self.requests += 1
            self.last = time.monotonic()
        self.bytes += len(got.body)
        return got

    def _wait(self) -> None:
        if self.left <= 0 or self.bytes >= self.most_bytes:
            raise Exhausted
        pause = self.last + self.pause - time.monotonic() if self.requests else 0.0
        if pause > 0:
            with waiting():
                time.sleep(pause)

    @property
    def left(self) -> float:
        """Seconds."""
        return self.began + self.seconds - time.monotonic()


def _next(here: str, target: str) -> str:
    there = plain_address(target, here)
    if there is None:
        raise Unread("leads to something that is no web address", gone=True)
    if not may_follow(here, there):
        other = site_of(there) if site_of(there) != site_of(here) else "an address without TLS"
        raise Unread(f"leads to {other[:100]}, which is not read with this site", gone=True)
    return there


_REASONS = {
    "address_blocked": "leads to an address that is not public",
    "unreachable": "can't be reached",
    "timeout": "does not answer in time",
    "too_large": "is too large",
    "bad_answer": "answers in a way that can't be read",
}


def _reason(refused: OutboundRefused) -> str:
    return _REASONS.get(refused.code, "can't be reached")
