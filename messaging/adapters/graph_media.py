"""Files that Meta names by address: public https, a few redirects, and never beyond the cap."""

from collections.abc import Mapping

import httpx
from django.conf import settings

from core.lib.http import Fetched, OutboundRefused, fetch
from messaging.adapters.base import FileRefused
from messaging.types import Attachment, FetchedFile

MEDIA_SECONDS = 30.0
MOST_REDIRECTS = 3
REDIRECTS = {301, 302, 303, 307, 308}
NOT_A_FILE = "The file's address is not one that may be asked."
GONE = "The platform no longer has the file; its address was good for a few days only."


def fetch_file(attachment: Attachment, *, max_bytes: int) -> FetchedFile:
    """The file behind a CDN address. No token goes along. Raises FileRefused."""
    address = attachment.ref
    for _ in range(MOST_REDIRECTS + 1):
        answer = _ask(address, max_bytes)
        if answer.status not in REDIRECTS:
            return _file_in(answer, attachment)
        address = _next_address(address, answer.headers)
    raise FileRefused("The file's address leads from one to the next without end.")


def _ask(address: str, max_bytes: int) -> Fetched:
    own = _is_operators_own(address)
    if not own and not address.startswith("https://"):
        raise FileRefused(NOT_A_FILE)
    try:
        return fetch("GET", address, seconds=MEDIA_SECONDS, max_bytes=max_bytes, allow_private=own)
    except OutboundRefused as error:
        if error.code == "too_large":
            raise FileRefused(f"The file is larger than {max_bytes} bytes.") from None
        if error.code == "address_blocked":
            raise FileRefused(NOT_A_FILE) from None
        raise FileRefused(error.detail, permanent=error.code == "bad_answer") from None


def _is_operators_own(address: str) -> bool:
    """Whether it leads to the Graph API that the operator set, which may be private and plain."""
    try:
        base, asked = httpx.URL(settings.INSTAGRAM_GRAPH_BASE), httpx.URL(address)
    except httpx.InvalidURL:
        return False
    same = (asked.scheme, asked.host, asked.port) == (base.scheme, base.host, base.port)
    return same and bool(base.host) and not asked.userinfo


def _next_address(address: str, headers: Mapping[str, str]) -> str:
    try:
        return str(httpx.URL(address).join(headers.get("Location", "")))
    except httpx.InvalidURL:
        raise FileRefused(NOT_A_FILE) from None


def _file_in(answer: Fetched, attachment: Attachment) -> FetchedFile:
    if answer.status == 200:
        mime = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return FetchedFile(answer.body, mime=mime[:120], name=attachment.name)
    if answer.status == 429 or answer.status >= 500:
        wait = answer.headers.get("Retry-After", "")
        raise FileRefused(
            f"The platform did not give the file now (HTTP {answer.status}).",
            permanent=False,
            retry_after=float(wait) if wait.isdigit() else None,
        )
    raise FileRefused(GONE)
