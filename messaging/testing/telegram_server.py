"""A Bot API on loopback that speaks the real one's wire format, keeps a ledger and misbehaves.

In a test: `with TelegramServer() as telegram: …`. From a shell:
`python -m messaging.testing.telegram_server --port 0 --ledger FILE`, steered by
`POST /_ctl {"mode": "blocked", "times": 1, "latency": 0.2, "hook": {"request_read": "command"}}`.
"""

import argparse
import asyncio
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from messaging.testing.telegram_methods import METHODS, download
from messaging.testing.telegram_wire import (
    LOST_ANSWERS,
    MODES,
    REFUSALS,
    Answer,
    Json,
    json_answer,
    mishap,
    read_fields,
    slow_down,
)

MOMENTS = ("accept", "request_read", "response_sent")


@dataclass(slots=True)
class Call:
    """A line of the ledger, written before the answer goes out. `accepted`: Telegram took it."""

    at: float
    bot: str
    method: str
    fields: Json
    mode: str = "ok"
    accepted: bool = False
    message_id: int | None = None

    def line(self) -> bytes:
        return orjson.dumps({name: getattr(self, name) for name in self.__slots__}) + b"\n"


@dataclass(slots=True)
class Planned:
    """How the next `times` calls of `method` (and chat) will be answered."""

    mode: str
    times: int
    method: str = "sendMessage"
    chat_id: str = ""
    retry_after: float = 1


@dataclass
class TelegramServer:
    """Everything is thread-safe enough for tests: one loop serves, any thread reads.

    What tests put into it: `files` by file_id, and odd `paths` of them; `connections_of_owners`
    (ids of business connections); `migrated` (a group's old id, its new one); `webhook_errors` by
    bot id (what getWebhookInfo says beside the address).
    """

    port: int = 0
    ledger_path: str = ""
    fsync: bool = False
    shell_hooks: bool = False
    latency: float = 0.0
    calls: list[Call] = field(default_factory=list)
    planned: deque[Planned] = field(default_factory=deque)
    hooks: dict[str, Callable[[Call | None], None] | str] = field(default_factory=dict)
    webhooks: dict[str, Json] = field(default_factory=dict)
    webhook_errors: dict[str, Json] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    connections_of_owners: set[str] = field(default_factory=set)
    migrated: dict[str, int] = field(default_factory=dict)
    connections: int = 0

    def __post_init__(self) -> None:
        self._message_ids = count(1001)
        self._changed = threading.Condition()
        path = self.ledger_path
        self._ledger = Path(path).open("ab", buffering=0) if path else None  # noqa: SIM115
        self._writers: set[asyncio.StreamWriter] = set()

    def next_message_id(self) -> int:
        return next(self._message_ids)

    # What tests ask for

    @property
    def url(self) -> str:
        """What TELEGRAM_API_BASE has to be."""
        return f"http://127.0.0.1:{self.port}"

    def plan(self, mode: str, *, times: int = 1, **more: Any) -> None:
        """Answer the next calls in this way: a name of MODES; `times` -1 = from now on."""
        if mode not in MODES:
            raise ValueError(f"There is no mode {mode}.")
        self.planned.append(Planned(mode, times, **more))

    def sent(self, chat_id: int | str | None = None) -> list[Call]:
        """The messages that Telegram took, in order."""
        return [
            call
            for call in list(self.calls)
            if call.method == "sendMessage"
            and call.accepted
            and chat_id in {None, call.fields.get("chat_id"), int(call.fields["chat_id"])}
        ]

    def texts(self, chat_id: int | str | None = None) -> list[str]:
        return [str(call.fields["text"]) for call in self.sent(chat_id)]

    def wait_for(self, condition: Callable[[], bool], *, seconds: float = 10) -> bool:
        """Wait until the condition holds; it is looked at after each call that comes in."""
        with self._changed:
            return self._changed.wait_for(condition, seconds)

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

    # The server

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
        if self._ledger:
            self._ledger.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            await self._moment("accept", None)
            while await self._serve_one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the other side went, or the server stops
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False when the connection is to be closed after it."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *rest = head.split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (r.partition(":") for r in rest)
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        path = first.split(" ")[1]
        fields = read_fields(body, headers.get("content-type", ""))
        if path.startswith("/_"):
            writer.write(self._control(path, fields).wire())
            return True
        if path.startswith("/file/"):
            return await self._serve_file(path, writer)
        return await self._serve_call(path, fields, writer)

    async def _serve_call(self, path: str, fields: Json, writer: asyncio.StreamWriter) -> bool:
        bot, _, method = path.removeprefix("/bot").partition("/")
        call = Call(time.monotonic(), bot.partition(":")[0].partition("%3A")[0], method, fields)
        plan = self._next_plan(call)
        call.mode = plan.mode
        answer = self._answer(call, plan)
        self._record(call)
        await self._moment("request_read", call)
        if self.latency:
            await asyncio.sleep(self.latency)
        going_on = await self._reply(call, answer, writer)
        await self._moment("response_sent", call)
        return going_on

    async def _serve_file(self, path: str, writer: asyncio.StreamWriter) -> bool:
        bot, _, place = path.removeprefix("/file/bot").partition("/")
        call = Call(time.monotonic(), bot.partition(":")[0].partition("%3A")[0], "file", {})
        call.mode = self._next_plan(call).mode
        answer = mishap(call.mode) or download(self, call, place)
        self._record(call)
        return await self._reply(call, answer, writer)

    async def _reply(self, call: Call, answer: Answer, writer: asyncio.StreamWriter) -> bool:
        if call.mode == "silence":
            await asyncio.sleep(3600)
        if call.mode == "reset_after_read":
            writer.transport.abort()
            return False
        if call.mode != "close_after_read":
            writer.write(answer.wire(cut=call.mode == "half_an_answer"))
            await writer.drain()
        return call.mode not in LOST_ANSWERS

    def _next_plan(self, call: Call) -> Planned:
        for plan in list(self.planned):
            if plan.method == call.method and plan.chat_id in {"", call.fields.get("chat_id")}:
                plan.times -= 1
                if plan.times == 0:
                    self.planned.remove(plan)
                return plan
        return Planned("ok", 1)

    def _answer(self, call: Call, plan: Planned) -> Answer:
        if plan.mode == "slow_down":
            return slow_down(plan.retry_after)
        if (planned := mishap(plan.mode)) is not None:
            call.accepted = plan.mode in {"not_json", "json_list", "odd_json"}
            return planned
        if not call.bot.isdigit():
            return json_answer(REFUSALS["unauthorized"][1], 401)
        do = METHODS.get(call.method)
        return do(self, call) if do else json_answer(REFUSALS["not_found"][1], 404)

    def _record(self, call: Call) -> None:
        if self._ledger:
            self._ledger.write(call.line())
            if self.fsync:
                os.fsync(self._ledger.fileno())
        with self._changed:
            self.calls.append(call)
            self._changed.notify_all()

    async def _moment(self, moment: str, call: Call | None) -> None:
        hook = self.hooks.get(moment)
        if hook is None:
            return
        if isinstance(hook, str):
            await (await asyncio.create_subprocess_shell(hook)).wait()
        else:
            await asyncio.to_thread(hook, call)

    def _control(self, path: str, order: Json) -> Answer:
        """`/_ctl` steers, `/_ledger` shows."""
        if path == "/_ledger":
            return json_answer([orjson.loads(call.line()) for call in self.calls])
        hooks = order.get("hook", {})
        if hooks and not (self.shell_hooks and set(hooks) <= set(MOMENTS)):
            return json_answer({"detail": "Start with --hooks, and name a moment."}, 400)
        if order.get("mode", "ok") not in MODES:
            return json_answer({"detail": f"mode is one of {sorted(MODES)}"}, 400)
        if "mode" in order:
            more = {k: order[k] for k in ("method", "chat_id", "retry_after") if k in order}
            self.plan(order["mode"], times=int(order.get("times", 1)), **more)
        self.latency = float(order.get("latency", self.latency))
        self.hooks.update(hooks)
        return json_answer({"ok": True})


async def serve_until_told(server: TelegramServer) -> None:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await server.start()
    print(server.url, flush=True)
    await told.wait()
    await server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="A Bot API on loopback, for drills and benches.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ledger", default="")
    parser.add_argument("--fsync", action="store_true")
    parser.add_argument("--hooks", action="store_true", help="let /_ctl run shell commands")
    given = parser.parse_args()
    run: Coroutine[Any, Any, None] = serve_until_told(
        TelegramServer(given.port, given.ledger, given.fsync, given.hooks)
    )
    asyncio.run(run)


if __name__ == "__main__":
    main()
