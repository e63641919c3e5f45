"""HTTP to models with limits that hold whatever the other side does.

The SDKs' timeouts count per read, so a server that sends a byte now and then holds a thread for
ever. Here each socket operation gets only what is left until the deadline, and an answer may have
at most `MAX_ANSWER_BYTES`. Compressed answers are not asked for and not taken, so what is counted
is what is decoded. A stream wraps each word in hundreds of bytes, so it may have more of them.
"""

import os
import ssl
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

import httpcore2
import httpx2

from AI_model.providers.guard import Guard
from core.lib.clock import Deadline

CONNECT_SECONDS = 3.0
MAX_ANSWER_BYTES = 1_000_000
MAX_STREAM_BYTES = 16_000_000
MAX_LINE_BYTES = 1_000_000
LOOK_SECONDS = 0.3
"""How often a wait asks whether anybody still wants the answer."""
MAX_CONNECTIONS = 256
MAX_CLIENTS = 128
WRITE_PIECE = 16_384

T = TypeVar("T")


class AnswerTooLarge(Exception):
    """More bytes than MAX_ANSWER_BYTES or MAX_STREAM_BYTES, or than MAX_LINE_BYTES in a line."""


class AnswerUnwanted(Exception):
    """Whoever asked has gone."""


class AnswerCompressed(Exception):
    """Content-Encoding that we did not ask for."""


@dataclass(slots=True)
class Limits:
    """Of a call. `silence`: the longest read in seconds; `wanted`: see Patience.

    `bodies` are the answers that came, so that they can be let go whatever an SDK keeps of them.
    """

    deadline: Deadline
    silence: float | None = None
    wanted: Callable[[], bool] | None = None
    streams: bool = False
    bodies: "list[_CappedBody]" = field(default_factory=list)
    looked_at: float = 0.0

    def left(self, error: type[httpcore2.TimeoutException], at_most: float | None = None) -> float:
        left = self.deadline.remaining()
        if left <= 0:
            raise error("The deadline has passed.")
        return left if at_most is None else min(left, at_most)

    def check_wanted(self) -> None:
        now = time.monotonic()
        if self.wanted is None or now - self.looked_at < LOOK_SECONDS:
            return
        self.looked_at = now
        if not self.wanted():
            raise AnswerUnwanted

    def hang_up(self) -> None:
        for body in self.bodies:
            body.close()


_limits: ContextVar[Limits] = ContextVar("provider_limits")


@contextmanager
def within(limits: Limits) -> Iterator[None]:
    """All provider HTTP of this thread, inside this block, keeps to `limits`."""
    token = _limits.set(limits)
    try:
        yield
    finally:
        _limits.reset(token)


def _left(error: type[httpcore2.TimeoutException], at_most: float | None = None) -> float:
    return _limits.get().left(error, at_most)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        limits = _limits.get()
        left = limits.left(httpcore2.ReadTimeout, limits.silence)
        if limits.wanted is None:
            return self._inner.read(max_bytes, left)
        silent_by = Deadline.after(left)
        while True:
            limits.check_wanted()
            left = silent_by.remaining()
            try:
                return self._inner.read(max_bytes, min(left, LOOK_SECONDS))
            except httpcore2.ReadTimeout:
                if left <= LOOK_SECONDS:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), WRITE_PIECE):
            piece = buffer[start : start + WRITE_PIECE]
            self._inner.write(piece, _left(httpcore2.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        left = _left(httpcore2.ConnectTimeout, CONNECT_SECONDS)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, guard: Guard | None) -> None:
        self._inner = httpcore2.SyncBackend()
        self._guard = guard

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        left = _left(httpcore2.ConnectTimeout, CONNECT_SECONDS)
        if self._guard is not None:
            host = self._guard.pinned(host, port, seconds=left)
        return _Stream(
            self._inner.connect_tcp(host, port, left, local_address, socket_options or [])
        )


@contextmanager
def _as_httpx_errors() -> Iterator[None]:
    """The SDKs tell a timeout from other trouble by httpx's classes."""
    try:
        yield
    except (httpcore2.ConnectTimeout, httpcore2.ConnectError) as error:
        raise httpx2.ConnectError(str(error)) from error
    except httpcore2.TimeoutException as error:
        raise httpx2.ReadTimeout(str(error)) from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        raise httpx2.RemoteProtocolError(str(error)) from error


class _CappedBody(httpx2.SyncByteStream):
    def __init__(self, inner: Any, *, streams: bool) -> None:
        self._inner = inner
        self._most = MAX_STREAM_BYTES if streams else MAX_ANSWER_BYTES

    def __iter__(self) -> Iterator[bytes]:
        seen = line = 0
        with _as_httpx_errors():
            for piece in self._inner:
                seen += len(piece)
                end = piece.rfind(b"\n")
                line = line + len(piece) if end < 0 else len(piece) - end - 1
                if seen > self._most or line > MAX_LINE_BYTES:
                    raise AnswerTooLarge(f"More than {min(seen, self._most)} bytes.")
                yield piece

    def close(self) -> None:
        self._inner.close()


class BoundedTransport(httpx2.BaseTransport):
    """Direct connections only: no proxy from the environment, no retries."""

    def __init__(self, guard: Guard | None = None) -> None:
        self._guard = guard
        self._pool = httpcore2.ConnectionPool(
            ssl_context=ssl_context(),
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=64,
            keepalive_expiry=30,
            network_backend=_Backend(guard),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        limits = _limits.get()
        if self._guard is not None:
            request.headers = self._guard.clean(request.headers)
        request.headers["Accept-Encoding"] = "identity"
        with _as_httpx_errors():
            answer = self._pool.handle_request(self._core_request(request))
        body = _CappedBody(answer.stream, streams=limits.streams)
        limits.bodies.append(body)
        response = httpx2.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=body,
            extensions=answer.extensions,
        )
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            response.close()
            raise AnswerCompressed(response.headers["content-encoding"])
        return response

    @staticmethod
    def _core_request(request: httpx2.Request) -> httpcore2.Request:
        url = request.url
        return httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions={"timeout": {"pool": _left(httpcore2.PoolTimeout)}},
        )

    def close(self) -> None:
        self._pool.close()


@lru_cache(maxsize=1)
def ssl_context() -> ssl.SSLContext:
    """One for all clients: making it costs 20 ms of CPU."""
    return httpx2.create_ssl_context()


def http_client(guard: Guard | None = None) -> httpx2.Client:
    """`guard`: for an address that a business gave."""
    transport = BoundedTransport(guard)
    return httpx2.Client(transport=transport, trust_env=False, follow_redirects=False)


_clients: OrderedDict[Hashable, Any] = OrderedDict()
_clients_lock = threading.Lock()


def shared_client(key: Hashable, build: Callable[[], T]) -> T:
    """The process's one client for `key`; the ones used longest ago are let go."""
    full_key = (os.getpid(), key)
    with _clients_lock:
        if full_key not in _clients:
            _clients[full_key] = build()
        _clients.move_to_end(full_key)
        while len(_clients) > MAX_CLIENTS:
            _clients.popitem(last=False)
        found: T = _clients[full_key]
        return found
