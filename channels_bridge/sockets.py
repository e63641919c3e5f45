"""What every socket does: admit or refuse, keep to the limits, look again at who holds it."""

import asyncio
from typing import Any

import orjson
import structlog
from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer

from channels_bridge.limits import MAX_FRAME_BYTES, FrameBudget, open_sockets
from core.lib.decoding import DecodeError, decode_object

log = structlog.get_logger(__name__)

NOT_LOGGED_IN = 4401
NOT_YOURS = 4404
TOO_MANY_SOCKETS = 4429
BAD_FRAME = 1008
TOO_BIG = 1009
TOO_SLOW = 1013

RECHECK_SECONDS = 60.0
SETTLE_SECONDS = 1.0
SEND_SECONDS = 10.0


class Refusal(Exception):
    """The socket is not for this caller; `code` is the close code that the browser sees."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Socket(AsyncWebsocketConsumer):
    """A subclass says who may hold it and what a typing frame means."""

    def __init__(
        self,
        recheck_seconds: float = RECHECK_SECONDS,
        settle_seconds: float = SETTLE_SECONDS,
        send_seconds: float = SEND_SECONDS,
    ) -> None:
        super().__init__()
        self.recheck_seconds, self.settle_seconds = recheck_seconds, settle_seconds
        self.send_seconds = send_seconds
        self.budget = FrameBudget()
        self.joined: list[str] = []
        self.holder = ""
        self.tasks: list[asyncio.Task[None]] = []
        self.look_again = asyncio.Event()
        self.given_up = False

    async def admit(self) -> str:
        """Return the holder's key for counting, after joining; raise Refusal."""
        raise NotImplementedError

    async def still_admitted(self) -> int:
        """0, or the code to close with."""
        raise NotImplementedError

    async def take_frame(self, frame: dict[str, Any]) -> None:
        raise NotImplementedError

    async def opened(self) -> None:
        """Called once the socket is open."""

    async def left(self) -> None:
        """Called when an open socket has ended, however it did."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._clean_up()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels', without a visit of the one thread that speaks to databases for each frame:
        words would stand in line behind everybody's writes. `database_sync_to_async` looks after
        connections by itself."""
        await getattr(self, get_handler_name(message))(message)

    async def connect(self) -> None:
        # A browser sees the close code only of a socket that was accepted first.
        try:
            holder = await self.admit()
            if not open_sockets.enter(holder):
                raise Refusal(TOO_MANY_SOCKETS)
        except Refusal as refusal:
            await self.accept(self.subprotocol())
            await self.close(refusal.code)
            return
        self.holder = holder
        await self.accept(self.subprotocol())
        self.tasks.append(asyncio.create_task(self._watch_access()))
        await self.opened()

    def subprotocol(self) -> str | None:
        return None

    async def join(self, group: str) -> None:
        self.joined.append(group)
        await self.channel_layer.group_add(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self.holder:
            return
        raw = (text_data or "").encode("utf-8", "surrogatepass")
        if len(raw) > MAX_FRAME_BYTES or len(bytes_data or b"") > MAX_FRAME_BYTES:
            await self.close(TOO_BIG)
            return
        try:
            frame = decode_object(raw, max_bytes=MAX_FRAME_BYTES)
        except DecodeError:
            await self.close(BAD_FRAME)
            return
        if not self.budget.take():
            await self.close(BAD_FRAME)
            return
        await self._answer(frame)

    async def live_events(self, message: dict[str, Any]) -> None:
        for event in message["events"]:
            await self.send_frame(event)

    async def access_recheck(self, message: dict[str, Any]) -> None:
        self.look_again.set()

    async def send_frame(self, frame: dict[str, Any]) -> None:
        if self.given_up:
            return
        try:
            async with asyncio.timeout(self.send_seconds):
                await self.send(orjson.dumps(frame).decode())
        except TimeoutError:
            await self._give_up()

    async def _give_up(self) -> None:
        """Keep nothing more for a reader that takes nothing; once it reads, it is told to go."""
        self.given_up = True
        await self._leave_groups()
        self.tasks.append(asyncio.create_task(self.close(TOO_SLOW)))

    async def _answer(self, frame: dict[str, Any]) -> None:
        match frame.get("type"):
            case "ping":
                await self.send_frame({"type": "pong"})
            case "typing":
                await self.take_frame(frame)
            case _:
                detail = 'Frames are {"type": "typing"} and {"type": "ping"}.'
                await self.send_frame({"type": "error", "code": "unknown_type", "detail": detail})

    async def _watch_access(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self.recheck_seconds):
                    await self.look_again.wait()
                # The news may be ahead of the write it is about, such as a session's end.
                self.look_again.clear()
                await asyncio.sleep(self.settle_seconds)
            except TimeoutError:
                pass
            if code := await self._checked_access():
                await self.close(code)
                return

    async def _checked_access(self) -> int:
        try:
            return await self.still_admitted()
        except Exception as error:  # a database away for a moment must not end the watch
            log.warning("socket_recheck_failed", error=type(error).__name__)
            return 0

    async def _leave_groups(self) -> None:
        while self.joined:
            await self.channel_layer.group_discard(self.joined.pop(), self.channel_name)

    async def _clean_up(self) -> None:
        for task in self.tasks:
            task.cancel()
        await self._leave_groups()
        if self.holder:
            open_sockets.leave(self.holder)
            await self.left()
