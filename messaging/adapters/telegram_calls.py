"""One call to the Bot API, and exactly how far it came.

All calls of a process run on one event loop in a thread of its own, made on first use and again
after a fork, over one pool of connections.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import structlog
from django.conf import settings
from telegram import Bot
from telegram.error import NetworkError, TelegramError
from telegram.request import BaseRequest, RequestData

from core.lib.on_commit import BackgroundLoop

log = structlog.get_logger(__name__)

# Below these levels the three write the address of a call, and with it the token.
for name in ("httpx", "httpcore", "telegram"):
    logging.getLogger(name).setLevel(logging.WARNING)

TIMEOUT = httpx.Timeout(connect=3.0, read=15.0, write=10.0, pool=5.0)
LIMITS = httpx.Limits(max_connections=200, max_keepalive_connections=100, keepalive_expiry=5.0)
DEADLINE = 20.0
LONGEST_ANSWER = 1_000_000

Method = Callable[[Bot], Coroutine[Any, Any, Any]]


@dataclass(slots=True)
class Exchange:
    """What came of one call.

    `written`: the request may have reached Telegram. `status` and `body` are set only when the
    whole answer arrived. `failure` names what broke, never with an address in it.
    """

    written: bool = False
    status: int | None = None
    body: bytes = b""
    retry_after: str = ""
    failure: str = ""

    def answer(self) -> dict[str, Any] | None:
        """Telegram's own JSON object, or None when the answer is something else."""
        try:
            answer = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None
        if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
            return None
        return answer


class OneCall(BaseRequest):
    """python-telegram-bot's way to the network for a single call; notes how far it came."""

    def __init__(self, client: httpx.AsyncClient, exchange: Exchange) -> None:
        self._client = client
        self._exchange = exchange

    @property
    def read_timeout(self) -> float | None:
        return TIMEOUT.read

    async def initialize(self) -> None:
        """The connections belong to the process."""

    async def shutdown(self) -> None:
        """The connections belong to the process."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        fields = request_data.json_parameters if request_data else None
        try:
            async with self._client.stream(
                method, url, data=fields, extensions={"trace": self._trace}
            ) as response:
                body = await _read(response)
        except httpx.HTTPError as error:
            self._exchange.failure = type(error).__name__
            raise NetworkError(self._exchange.failure) from None
        self._exchange.retry_after = response.headers.get("Retry-After", "")
        self._exchange.status, self._exchange.body = response.status_code, body
        if response.status_code != 200:
            raise NetworkError(f"HTTP {response.status_code}")  # the exchange says what it means
        return response.status_code, body

    async def _trace(self, event: str, info: Any) -> None:
        if event.endswith("send_request_headers.started"):
            self._exchange.written = True


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > LONGEST_ANSWER:
            raise httpx.DecodingError("the answer is too long")
    return bytes(body)


class Line:
    """The loop and the connections of this process."""

    def __init__(self) -> None:
        self._loops = BackgroundLoop()
        self._lock = threading.Lock()
        self._client: tuple[asyncio.AbstractEventLoop, httpx.AsyncClient] | None = None

    def start(self, token: str, method: Method, exchange: Exchange, seconds: float) -> Future[None]:
        loop, client = self.connections()
        call = _call(client, token, method, exchange, seconds)
        return asyncio.run_coroutine_threadsafe(call, loop)

    def connections(self) -> tuple[asyncio.AbstractEventLoop, httpx.AsyncClient]:
        """The client may be used on this loop only."""
        loop = self._loops.loop()
        return loop, self._client_of(loop)

    def _client_of(self, loop: asyncio.AbstractEventLoop) -> httpx.AsyncClient:
        with self._lock:
            if self._client is None or self._client[0] is not loop:
                fresh = httpx.AsyncClient(timeout=TIMEOUT, limits=LIMITS, trust_env=False)
                self._client = (loop, fresh)
            return self._client[1]


line = Line()


async def _call(
    client: httpx.AsyncClient, token: str, method: Method, exchange: Exchange, seconds: float
) -> None:
    request = OneCall(client, exchange)
    base = f"{settings.TELEGRAM_API_BASE.rstrip('/')}/bot"
    try:
        bot = Bot(token, base_url=base, request=request, get_updates_request=request)
        async with asyncio.timeout(seconds):
            await method(bot)
    except TimeoutError:
        exchange.failure = "Deadline"
    except TelegramError as error:
        exchange.failure = exchange.failure or type(error).__name__
    except Exception as error:  # an answer that the library can't read: the exchange tells
        exchange.failure = type(error).__name__
        log.warning("telegram_answer_unusual", error=exchange.failure, status=exchange.status)


def call(token: str, method: Method, *, seconds: float = DEADLINE) -> Exchange:
    """Make one call and wait for its end, at most `seconds`. Never raises."""
    exchange = Exchange()
    future = line.start(token, method, exchange, seconds)
    try:
        future.result(seconds + 2)
    except TimeoutError:
        future.cancel()
        # The loop did not get to it in time: the call may still go out before the cancellation.
        return Exchange(written=True, failure="Deadline")
    return exchange


def call_unattended(token: str, method: Method, *, seconds: float) -> None:
    """Make one call whose end nobody waits for."""
    line.start(token, method, Exchange(), seconds)
