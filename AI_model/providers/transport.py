"""HTTP to models with limits that hold whatever the other side does.

The SDKs' timeouts count per read, so a server that sends a byte now and then holds a thread for
ever. Here each socket operation gets only what is left until the deadline, and an answer may have
at most `MAX_ANSWER_BYTES`. Compressed answers are not asked for and not taken, so what is counted
is what is decoded.
"""

import os
import ssl
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, TypeVar

import httpcore2
import httpx2

from core.lib.clock import Deadline

CONNECT_SECONDS = 3.0
MAX_ANSWER_BYTES = 1_000_000
MAX_CONNECTIONS = 256
MAX_CLIENTS = 128
WRITE_PIECE = 16_384

T = TypeVar("T")
_deadline: ContextVar[Deadline] = ContextVar("provider_deadline")


class AnswerTooLarge(Exception):
    """More bytes than MAX_ANSWER_BYTES."""


class AnswerCompressed(Exception):
    """Content-Encoding that we did not ask for."""


@contextmanager
def within(deadline: Deadline) -> Iterator[None]:
    """All provider HTTP of this thread, inside this block, ends by `deadline`."""
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


def _left(error: type[httpcore2.TimeoutException], at_most: float | None = None) -> float:
    left = _deadline.get().remaining()
    if left <= 0:
        raise error("The deadline has passed.")
    return left if at_most is None else min(left, at_most)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(httpcore2.ReadTimeout))

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
    def __init__(self) -> None:
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        left = _left(httpcore2.ConnectTimeout, CONNECT_SECONDS)
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
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        seen = 0
        with _as_httpx_errors():
            for piece in self._inner:
                seen += len(piece)
                if seen > MAX_ANSWER_BYTES:
                    raise AnswerTooLarge(f"More than {MAX_ANSWER_BYTES} bytes.")
                yield piece

    def close(self) -> None:
        self._inner.close()


class BoundedTransport(httpx2.BaseTransport):
    """Direct connections only: no proxy from the environment, no retries."""

    def __init__(self) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=ssl_context(),
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=64,
            keepalive_expiry=30,
            network_backend=_Backend(),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["Accept-Encoding"] = "identity"
        with _as_httpx_errors():
            answer = self._pool.handle_request(self._core_request(request))
        response = httpx2.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_CappedBody(answer.stream),
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


def http_client() -> httpx2.Client:
    return httpx2.Client(transport=BoundedTransport(), trust_env=False, follow_redirects=False)


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
