"""HTTP from ASGI to Django's WSGI handler on a fixed pool of threads.

Django's own ASGI handler makes a thread per request. Here the whole body is read first, within
limits of size and time, so that a slow sender never holds a thread; uploads go to the disk.
"""

import asyncio
import io
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, cast

import orjson

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
WSGIApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

MAX_BODY_BYTES = 2_000_000
BODY_SECONDS = 10.0
SEND_AT_BYTES = 256 * 1024
# Files of knowledge. What is more than a megabyte waits on the disk, and few at a time may come.
UPLOADS = (
    *("/api/v1/knowledge/imports/", "/api/v1/knowledge/sources/"),
    *("/admin/settings_app/knowledgejob/", "/admin/settings_app/knowledgesource/"),
)
MAX_UPLOAD_BYTES = 51_000_000
UPLOAD_SECONDS = 120.0
UPLOADS_AT_ONCE = 8
IN_MEMORY_BYTES = 1_000_000


class Refused(Exception):
    """The body is not taken."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.body = orjson.dumps({"detail": detail, "code": code})


class ClientGone(Exception):
    """The client left before its body was complete."""


class WSGIBridge:
    """An ASGI application for scope type `http`."""

    def __init__(self, app: WSGIApp, *, threads: int = 16) -> None:
        self._app = app
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="web")
        self._uploads = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_upload(scope):
            body = io.BytesIO()
            return await self._answer(scope, receive, send, body, MAX_BODY_BYTES, BODY_SECONDS)
        if self._uploads >= UPLOADS_AT_ONCE:
            return await refuse(send, Refused(503, "busy", "Too many files come in; try again."))
        self._uploads += 1
        try:
            with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as spool:
                file = cast(BinaryIO, spool)
                await self._answer(scope, receive, send, file, MAX_UPLOAD_BYTES, UPLOAD_SECONDS)
        finally:
            self._uploads -= 1

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, body: BinaryIO, most: int, seconds: float
    ) -> None:
        try:
            length = await asyncio.wait_for(read_body(scope, receive, body, most), seconds)
        except ClientGone:
            return
        except TimeoutError:
            return await refuse(send, Refused(408, "too_slow", "The body did not come in time."))
        except Refused as refused:
            return await refuse(send, refused)
        loop = asyncio.get_running_loop()
        exchange = Exchange(self._app, build_environ(scope, body, length), loop, send)
        rest = await loop.run_in_executor(self._pool, exchange.run)
        await exchange.finish(rest)

    def close(self) -> None:
        self._pool.shutdown(wait=True)


class Exchange:
    """One request on its thread: a small answer is handed back whole, a large one in parts."""

    def __init__(
        self, app: WSGIApp, environ: dict[str, Any], loop: asyncio.AbstractEventLoop, send: Send
    ) -> None:
        self._app = app
        self._environ = environ
        self._loop = loop
        self._send = send
        self._start: dict[str, Any] = {}
        self._started = False

    def run(self) -> bytes:
        """Runs on the pool; returns what is left to send."""
        answer = self._app(self._environ, self._start_response)
        waiting: list[bytes] = []
        size = 0
        try:
            for chunk in answer:
                waiting.append(chunk)
                size += len(chunk)
                if size >= SEND_AT_BYTES:
                    self._send_part(b"".join(waiting))
                    waiting, size = [], 0
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
        return b"".join(waiting)

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> None:
        self._start = {
            "type": "http.response.start",
            "status": int(status[:3]),
            # Django writes cookies with a blank in front, which h11 refuses.
            "headers": [
                (name.lower().encode("latin-1"), value.strip().encode("latin-1"))
                for name, value in headers
            ],
        }

    def _send_part(self, body: bytes) -> None:
        asyncio.run_coroutine_threadsafe(self._begin_and_send(body, more=True), self._loop).result()

    async def _begin_and_send(self, body: bytes, *, more: bool) -> None:
        if not self._started:
            self._started = True
            await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    async def finish(self, rest: bytes) -> None:
        await self._begin_and_send(rest, more=False)


def is_upload(scope: Scope) -> bool:
    if scope["method"] != "POST" or not scope["path"].startswith(UPLOADS):
        return False
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    return bool(kinds) and kinds[0].startswith(b"multipart/form-data")


async def read_body(scope: Scope, receive: Receive, body: BinaryIO, most: int) -> int:
    """Write the whole body into `body`, and go back to its start; its length."""
    if declared_length(scope) > most:
        raise too_large(most)
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise too_large(most)
        body.write(part)
        if not message.get("more_body", False):
            body.seek(0)
            return size


def too_large(most: int) -> Refused:
    return Refused(413, "too_large", f"The body is larger than {most} bytes.")


def declared_length(scope: Scope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


async def refuse(send: Send, refused: Refused) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(refused.body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": refused.body})


def build_environ(scope: Scope, body: BinaryIO, length: int) -> dict[str, Any]:
    """The request as PEP 3333 wants it."""
    server = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    return {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **dict(header_variables(scope, length)),
    }


def header_variables(scope: Scope, length: int) -> Iterator[tuple[str, str]]:
    """Names with an underscore are left out: they could pose as names with a dash."""
    merged: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if b"_" not in name:
            merged[name] = merged[name] + b"," + value if name in merged else value
    merged.pop(b"content-length", None)
    yield "CONTENT_TYPE", merged.pop(b"content-type", b"").decode("latin-1")
    yield "CONTENT_LENGTH", str(length)
    for name, value in merged.items():
        yield "HTTP_" + name.decode("latin-1").upper().replace("-", "_"), value.decode("latin-1")
