"""How the model server sends an answer as it comes, and breaks off."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from AI_model.testing.wire import SSE_HEADERS, Script

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from AI_model.testing.model_server import Call, Rule

LOOK_SECONDS = 0.01
LONG = 65_536


class Streaming:
    """One streamed answer to one caller. Notices when the caller has gone."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        script: Script,
        rule: Rule,
        call: Call,
        tell: Callable[[str, Call], Awaitable[None]],
    ) -> None:
        self.reader, self.writer = reader, writer
        self.script, self.rule, self.call, self.tell = script, rule, call, tell

    async def run(self) -> bool:
        """True when the connection can go on."""
        try:
            return await self._run()
        except (OSError, EOFError):
            self.call.left_at = time.monotonic()
            return False

    async def _run(self) -> bool:
        names = {**SSE_HEADERS, "Transfer-Encoding": "chunked"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in names.items())
        self.writer.write(f"HTTP/1.1 200 Answer\r\n{lines}\r\n".encode())
        await self._send(self.script.opening)
        mode, pieces = self.rule.mode, self.script.pieces
        if mode == "thinks":
            await self._pings()
        if mode == "endless":
            await self._send_for_ever(b": " + b"x" * LONG + b"\n\n")
        if mode == "endless_line":
            await self._send_for_ever(b"data: " + b"x" * LONG)
        after = len(pieces) // 2 if self.rule.after is None else self.rule.after
        await self._pace(pieces[:after] if mode in WRONG else pieces)
        if mode == "break":
            self.writer.transport.abort()
            return False
        if mode == "hang":
            await self._wait(self.rule.seconds)
        if mode == "error_event":
            await self._send([self.script.error])
        elif mode not in WRONG:
            await self._send(self.script.ending)
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()
        return True

    async def _pace(self, pieces: Iterable[bytes]) -> None:
        for number, piece in enumerate(pieces):
            if number:
                await self._wait(self.rule.pause)
            await self.tell("piece", self.call)
            self.call.pieces_at.append(time.monotonic())
            await self._send([piece])

    async def _pings(self) -> None:
        for _ in range(int(self.rule.seconds / 0.1)):
            await self._send([self.script.alive])
            await self._wait(0.1)

    async def _send_for_ever(self, filling: bytes) -> None:
        while True:
            await self._send([filling])
            await self._wait(0)

    async def _send(self, events: Iterable[bytes]) -> None:
        for event in events:
            self.writer.write(b"%x\r\n%b\r\n" % (len(event), event))
        await self.writer.drain()

    async def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while True:
            if self.reader.at_eof():
                raise EOFError
            left = until - time.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(min(left, LOOK_SECONDS))


WRONG = {"break", "hang", "ends_early", "error_event"}
