"""One call to Meta's Graph API, and exactly how far it came.

All calls of a process run on one event loop in a thread of its own, made on first use and again
after a fork, over one pool of connections.
"""

import asyncio
import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import structlog

from core.lib.on_commit import BackgroundLoop

log = structlog.get_logger(__name__)

# Below this level the two write the address of a call.
for name in ("httpx", "httpcore"):
    logging.getLogger(name).setLevel(logging.WARNING)

TIMEOUT = httpx.Timeout(connect=3.0, read=15.0, write=10.0, pool=5.0)
LIMITS = httpx.Limits(max_connections=200, max_keepalive_connections=100, keepalive_expiry=5.0)
DEADLINE = 20.0
LONGEST_ANSWER = 1_000_000


@dataclass(frozen=True, slots=True)
class GraphCall:
    """What to ask. The token travels in the header, so no address holds it."""

    method: str
    url: str
    token: str = field(repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    fields: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Exchange:
    """What came of one call.

    `written`: the request may have reached Meta. `status`, `body` and the two headers are set only
    when the whole answer arrived. `failure` names what broke, never with an address in it.
    """

    written: bool = False
    status: int | None = None
    body: bytes = b""
    usage: str = ""
    retry_after: str = ""
    failure: str = ""

    def answer(self) -> dict[str, Any] | None:
        """The JSON object that came, or None when the answer is something else."""
        try:
            answer = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None
        return answer if isinstance(answer, dict) else None


class Line:
    """The loop and the connections of this process."""

    def __init__(self) -> None:
        self._loops = BackgroundLoop()
        self._lock = threading.Lock()
        self._client: tuple[asyncio.AbstractEventLoop, httpx.AsyncClient] | None = None

    def start(self, asked: GraphCall, exchange: Exchange, seconds: float) -> Future[None]:
        loop = self._loops.loop()
        call = _exchange(self._client_of(loop), asked, exchange, seconds)
        return asyncio.run_coroutine_threadsafe(call, loop)

    def _client_of(self, loop: asyncio.AbstractEventLoop) -> httpx.AsyncClient:
        with self._lock:
            if self._client is None or self._client[0] is not loop:
                fresh = httpx.AsyncClient(timeout=TIMEOUT, limits=LIMITS, trust_env=False)
                self._client = (loop, fresh)
            return self._client[1]


line = Line()


def call(asked: GraphCall, *, seconds: float = DEADLINE) -> Exchange:
    """Make one call and wait for its end, at most `seconds`. Never raises."""
    exchange = Exchange()
    future = line.start(asked, exchange, seconds)
    try:
        future.result(seconds + 2)
    except TimeoutError:
        future.cancel()
        # The loop did not get to it in time: the call may still go out before the cancellation.
        return Exchange(written=True, failure="Deadline")
    return exchange


def call_unattended(asked: GraphCall, *, seconds: float) -> None:
    """Make one call whose end nobody waits for."""
    line.start(asked, Exchange(), seconds)


async def _exchange(
    client: httpx.AsyncClient, asked: GraphCall, exchange: Exchange, seconds: float
) -> None:
    try:
        async with asyncio.timeout(seconds):
            await _talk(client, asked, exchange)
    except TimeoutError:
        exchange.failure = "Deadline"
    except httpx.HTTPError as error:
        exchange.failure = type(error).__name__
    except Exception as error:  # how far the call came is known all the same
        exchange.failure = type(error).__name__
        log.warning("graph_call_unusual", error=exchange.failure, written=exchange.written)


async def _talk(client: httpx.AsyncClient, asked: GraphCall, exchange: Exchange) -> None:
    async def note(event: str, info: Any) -> None:
        if event.endswith("send_request_headers.started"):
            exchange.written = True

    headers = {"Authorization": f"Bearer {asked.token}"}
    content = None if asked.fields is None else orjson.dumps(asked.fields)
    if content is not None:
        headers["Content-Type"] = "application/json"
    async with client.stream(
        asked.method,
        asked.url,
        params=asked.query or None,
        headers=headers,
        content=content,
        extensions={"trace": note},
    ) as response:
        exchange.body = await _read(response)
    exchange.usage = response.headers.get("X-Business-Use-Case-Usage", "")
    exchange.retry_after = response.headers.get("Retry-After", "")
    exchange.status = response.status_code


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > LONGEST_ANSWER:
            raise httpx.DecodingError("the answer is too long")
    return bytes(body)
