"""A model vendor on loopback: three wire formats, and every way in which they go wrong.

In a test: `with ModelServer() as server: server.behave("429", retry_after="1")`.
As a process: `python -m AI_model.testing.model_server --port 0` prints its port; then
`POST /_ctl {"mode", "times", "vendor", "seconds", "retry_after", "text", "cached", "thinking"}` and
`GET /_ledger`.

Modes: ok echo delay drip drip_headers reset reset_in_body html200 not_json error200 redirect empty
whitespace blocked blocked_late prompt_blocked max_tokens max_tokens_empty tool_call no_usage big
newlines gzip gzip_bomb unsupported_parameter strict bad_key quota, and a status number such as 429.

Who asks for a stream gets one: `words` at a time, `pause` seconds between pieces. After `after`
pieces (half of them) these modes go wrong: break (the connection is reset), hang (for `seconds`),
ends_early (without an end of the answer), error_event. Further: no_stream (one piece of JSON
whatever was asked for), no_stream_options (a 400 to whom it is asked of), endless (words for ever),
endless_line (one that never ends), thinks (pings for `seconds` before the first word).
"""

import argparse
import asyncio
import json
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from AI_model.testing.oddities import SPECIAL
from AI_model.testing.streaming import Streaming
from AI_model.testing.vendors import WIRES
from AI_model.testing.wire import (
    Reply,
    Said,
    Script,
    Tokens,
    Wire,
    cut_in_pieces,
    dump,
)

Hook = Callable[[str, "Call | None"], object]
MARKED = re.compile(r"<customer_message>\n(.*?)\n</customer_message>", re.DOTALL)


@dataclass(slots=True)
class Rule:
    """How to behave; `times` left (None = always), for one vendor or all."""

    mode: str
    times: int | None = None
    vendor: str = ""
    seconds: float = 0.5
    retry_after: str = ""
    text: str = ""
    cached: int = 0
    thinking: int = 0
    words: int = 1
    pause: float = 0.0
    after: int | None = None


@dataclass(slots=True)
class Call:
    """A received request and what it was served.

    Times are of the monotonic clock: `pieces_at` of each piece of a stream as it went out,
    `left_at` when the caller closed the connection before the end.
    """

    vendor: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    mode: str
    at: float
    status: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    tokens_thinking: int = 0
    answered: bool = False
    pieces_at: list[float] = field(default_factory=list)
    left_at: float | None = None
    texts: list[tuple[str, str]] = field(default_factory=list)

    def count(self, tokens: Tokens) -> None:
        self.tokens_in, self.tokens_out = tokens.read, tokens.written
        self.tokens_cached, self.tokens_thinking = tokens.cached, tokens.thinking


class ModelServer:
    """Starts on entering; `hook(moment, call)` runs at accept, request_read, before each piece of
    a stream ("piece") and response_sent."""

    def __init__(
        self, *, port: int = 0, text: str = "Answer to: {question}", hook: Hook | None = None
    ) -> None:
        self.port = port
        self.text = text
        self.hook = hook
        self.offers = ["model-a", "model-b"]
        self.calls: list[Call] = []
        self.in_flight = 0
        self.peak = 0
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="model-server", daemon=True)
        self._ready = threading.Event()
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings(self, *vendors: str) -> dict[str, str]:
        """Django settings that make these vendors (all without names) this server."""
        everything = {
            "gemini": {"GEMINI_API_KEY": "gemini-key", "GEMINI_API_BASE": self.url},
            "openai": {"OPENAI_API_KEY": "openai-key", "OPENAI_BASE_URL": f"{self.url}/v1"},
            "anthropic": {"ANTHROPIC_API_KEY": "anthropic-key", "ANTHROPIC_BASE_URL": self.url},
        }
        unset = {f"{name.upper()}_API_KEY": "" for name in everything}
        return unset | {k: v for name in vendors or everything for k, v in everything[name].items()}

    def behave(self, mode: str = "ok", **options: Any) -> None:
        """From now on, ahead of what was said before. Options are the fields of Rule."""
        with self._lock:
            self._rules.insert(0, Rule(mode, **options))

    def reset(self) -> None:
        with self._lock:
            self._rules.clear()
            self.calls.clear()
            self.peak = self.in_flight

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("The model server did not start.")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop)
        self._thread.join(10)

    def serve_forever(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._connected, "127.0.0.1", self.port, backlog=1024)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(asyncio.gather(*self._connections, return_exceptions=True))
        self._loop.close()

    def _stop(self) -> None:
        for task in self._connections:
            task.cancel()
        self._loop.stop()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            await self._tell("accept", None)
            while await self._exchange(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _tell(self, moment: str, call: Call | None) -> None:
        if self.hook is not None:
            await asyncio.to_thread(self.hook, moment, call)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        request = await _read_request(reader)
        if request is None:
            return False
        method, path, headers, raw = request
        if method == "GET" and path.endswith("/models"):
            await _send(writer, self._listing(path, headers))
            return True
        wire = next((wire for wire in WIRES if wire.speaks(path)), None)
        if wire is None or method != "POST":
            await _send(writer, self._control(method, path, raw))
            return True
        self._entered(1)
        try:
            return await self._serve(reader, writer, wire, path, headers, json.loads(raw))
        finally:
            self._entered(-1)

    def _listing(self, path: str, headers: dict[str, str]) -> Reply:
        """The models on offer, or the error that the rules say."""
        wire = next(wire for wire in WIRES if wire.is_asked(headers))
        rule = self._take_rule(wire.name)
        self.calls.append(Call(wire.name, path, headers, {}, rule.mode, time.monotonic()))
        if rule.mode.isdigit() or rule.mode in ("bad_key", "quota"):
            return wire.error(rule.mode, rule.retry_after)
        if rule.mode in SPECIAL:
            return SPECIAL[rule.mode]()
        return Reply(200, dump(wire.listing(self.offers)))

    def _entered(self, change: int) -> None:
        self.in_flight += change
        self.peak = max(self.peak, self.in_flight)

    async def _serve(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        wire: Wire,
        path: str,
        headers: dict[str, str],
        body: dict[str, Any],
    ) -> bool:
        rule = self._take_rule(wire.name)
        call = Call(wire.name, path, headers, body, rule.mode, time.monotonic())
        call.texts = wire.texts(body)
        self.calls.append(call)
        await self._tell("request_read", call)
        if rule.mode == "reset":
            _abort(writer)
            return False
        reply = self._reply(wire, rule, call)
        call.status = reply.status
        script = self._script(wire, rule, call) if reply.status == 200 else None
        call.count(reply.tokens if script is None else script.tokens)
        if rule.mode == "delay":
            await asyncio.sleep(rule.seconds)
        if script is None:
            goes_on = await _deliver(writer, reply, rule)
        else:
            goes_on = await Streaming(reader, writer, script, rule, call, self._tell).run()
        call.answered = True
        await self._tell("response_sent", call)
        return goes_on

    def _take_rule(self, vendor: str) -> Rule:
        with self._lock:
            for rule in self._rules:
                if rule.vendor in ("", vendor) and rule.times != 0:
                    if rule.times is not None:
                        rule.times -= 1
                    return rule
        return Rule("ok")

    def _script(self, wire: Wire, rule: Rule, call: Call) -> Script | None:
        if not wire.streams(call.path, call.body) or rule.mode in NOT_STREAMED:
            return None
        said = self._said(rule, call)
        pieces = cut_in_pieces(said.text or "", rule.words)
        return wire.streamed(said, pieces=pieces, path=call.path, body=call.body)

    def _reply(self, wire: Wire, rule: Rule, call: Call) -> Reply:
        mode = rule.mode
        if mode.isdigit() or mode in ("bad_key", "quota"):
            return wire.error(mode, rule.retry_after)
        if mode in SPECIAL:
            return SPECIAL[mode]()
        refusal = wire.refusal(call.body) if mode == "unsupported_parameter" else None
        if mode == "no_stream_options":
            refusal = wire.stream_refusal(call.body)
        if mode == "strict":
            refusal = wire.objection(call.path, call.body)
        return refusal or wire.completion(self._said(rule, call), path=call.path, body=call.body)

    def _said(self, rule: Rule, call: Call) -> Said:
        question = bare(call.texts[-1][1]) if call.texts else ""
        text = (rule.text or self.text).replace("{question}", question)
        said = {
            "echo": Said("\n".join(text for _, text in call.texts)),
            "empty": Said(None),
            "whitespace": Said(" \n\t "),
            "blocked": Said(None, "blocked"),
            "prompt_blocked": Said(None, "prompt_blocked"),
            "max_tokens": Said(text, "cut"),
            "blocked_late": Said(text, "blocked"),
            "max_tokens_empty": Said(None, "cut"),
            "tool_call": Said(None, "tool_call"),
            "no_usage": Said(text, usage=False),
        }
        found = said.get(rule.mode) or Said(text)
        return replace(found, cached=rule.cached, thinking=rule.thinking)

    def _control(self, method: str, path: str, raw: bytes) -> Reply:
        if (method, path) == ("GET", "/_ledger"):
            calls = [asdict(call) for call in self.calls]
            return Reply(200, dump({"calls": calls, "peak": self.peak}))
        if (method, path) == ("POST", "/_ctl"):
            options = json.loads(raw)
            if options.pop("reset", False):
                self.reset()
            if options:
                self.behave(**options)
            return Reply(200, b"{}")
        return Reply(404, b'{"error": "no such path"}')


def bare(text: str) -> str:
    """What a customer wrote last, without the marks that stand around it in a turn."""
    return MARKED.findall(text)[-1] if MARKED.search(text) else text


async def _read_request(
    reader: asyncio.StreamReader,
) -> tuple[str, str, dict[str, str], bytes] | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    raw = await reader.readexactly(int(headers.get("content-length", 0)))
    return method, target.partition("?")[0], headers, raw


def _head(reply: Reply) -> bytes:
    headers = {**reply.headers, "Content-Length": str(len(reply.body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {reply.status} Answer\r\n{lines}\r\n".encode()


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    writer.write(_head(reply) + reply.body)
    await writer.drain()


async def _deliver(writer: asyncio.StreamWriter, reply: Reply, rule: Rule) -> bool:
    """Send as the mode says; True when the connection can go on."""
    head = _head(reply)
    if rule.mode == "reset_in_body":
        writer.write(head + reply.body[: len(reply.body) // 2])
        await writer.drain()
        _abort(writer)
        return False
    if rule.mode not in ("drip", "drip_headers"):
        await _send(writer, reply)
        return True
    at_once = b"" if rule.mode == "drip_headers" else head
    writer.write(at_once)
    for byte in (head + reply.body)[len(at_once) :]:
        await asyncio.sleep(rule.seconds)
        writer.write(bytes([byte]))
        await writer.drain()
    return True


def _abort(writer: asyncio.StreamWriter) -> None:
    transport = writer.transport
    transport.abort()


NOT_STREAMED = {*SPECIAL, "no_stream", "drip", "drip_headers", "reset_in_body"}


def main() -> None:
    parser = argparse.ArgumentParser(description="A model vendor on loopback.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--text", default="Answer to: {question}")
    options = parser.parse_args()
    with ModelServer(port=options.port, text=options.text) as server:
        print(server.port, flush=True)
        with suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
