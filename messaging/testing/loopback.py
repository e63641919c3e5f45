"""A small HTTP server on loopback for stand-ins of platforms: one loop serves, any thread looks."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

import orjson

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Json | None:
        """The JSON object of the body, None when it is something else or says so."""
        if not self.headers.get("content-type", "").startswith("application/json"):
            return None
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None
        return value if isinstance(value, dict) else None


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    kind: str = "application/json"
    headers: tuple[str, ...] = ()
    sized: bool = True

    def wire(self, *, cut: bool = False) -> bytes:
        """The bytes on the line; `cut` leaves out the end of the body."""
        size = [f"Content-Length: {len(self.body)}"] if self.sized else ["Connection: close"]
        head = [f"HTTP/1.1 {self.status} X", f"Content-Type: {self.kind}", *size, *self.headers]
        body = self.body[: len(self.body) // 2] if cut else self.body
        return "\r\n".join([*head, "", ""]).encode() + body


def json_answer(body: Any, status: int = 200, headers: tuple[str, ...] = ()) -> Answer:
    return Answer(status, orjson.dumps(body), headers=headers)


class Loopback:
    """Whoever inherits answers in `respond`. Use as a context manager, or `await start()`."""

    port: int = 0

    def __init__(self) -> None:
        self.connections = 0
        self._changed = threading.Condition()
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def respond(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False when the connection is to be closed after it."""
        raise NotImplementedError

    def wait_for(self, condition: Callable[[], bool], *, seconds: float = 10) -> bool:
        """Wait until the condition holds; it is looked at whenever something happened."""
        with self._changed:
            return self._changed.wait_for(condition, seconds)

    def tell(self, change: Callable[[], None] = lambda: None) -> None:
        """Change something, and have whoever waits look again."""
        with self._changed:
            change()
            self._changed.notify_all()

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.start(), self._loop).result(5)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self.stop(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while await self._serve_one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the other side went, or the server stops
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").removesuffix("\r\n\r\n")
        asked = read_asked(head, b"")
        size = int(asked.headers.get("content-length", 0))
        body = await reader.readexactly(size)
        return await self.respond(read_asked(head, body), writer)


def reset(writer: asyncio.StreamWriter) -> None:
    """Break the connection off with a reset instead of an orderly end."""
    at_once = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    writer.transport.abort()


async def write_answer(writer: asyncio.StreamWriter, answer: Answer, *, cut: bool = False) -> bool:
    """Write it out; False when the connection ends with it."""
    writer.write(answer.wire(cut=cut))
    await writer.drain()
    return answer.sized and not cut


def read_asked(head: str, body: bytes) -> Asked:
    first, *rest = head.split("\r\n")
    method, target, _ = first.split(" ", 2)
    path, _, query = target.partition("?")
    named = (line.partition(":") for line in rest)
    headers = {name.strip().lower(): value.strip() for name, _, value in named}
    return Asked(method, path, dict(parse_qsl(query, keep_blank_values=True)), headers, body)
