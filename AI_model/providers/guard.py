"""What guards calls to an address that a business gave: where they may go, and what goes along."""

from dataclasses import dataclass, field

import httpx2
from django.conf import settings

from core.lib.http import Resolve, check_url

CONNECT_SECONDS = 3.0
# The SDKs add headers of the operator's environment (organisations, custom ones) to every call.
PASSED = {
    *("host", "accept", "accept-encoding", "connection", "user-agent"),
    *("content-type", "content-length", "transfer-encoding", "anthropic-version"),
}


@dataclass(frozen=True, slots=True)
class Guard:
    """Each connection resolves the name once, and goes to the address that was checked.

    `key_header`: the header that holds the business's key, as (name, value); none without a key.
    """

    key_header: tuple[str, str] | None = field(default=None, repr=False)
    resolve: Resolve | None = None

    def pinned(self, host: str, port: int, *, seconds: float) -> str:
        """The one IP to connect to. Raises OutboundRefused."""
        where = f"[{host}]" if ":" in host else host
        target = check_url(
            f"http://{where}:{port}/",
            seconds=min(seconds, CONNECT_SECONDS),
            allow_private=settings.TRUST_PRIVATE_ENDPOINTS,
            resolve=self.resolve,
        )
        return target.pinned

    def clean(self, headers: httpx2.Headers) -> httpx2.Headers:
        kept = [(name, value) for name, value in headers.multi_items() if name.lower() in PASSED]
        return httpx2.Headers([*kept, self.key_header] if self.key_header else kept)
