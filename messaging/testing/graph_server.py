"""Meta's Graph API on loopback: Instagram by either login and Messenger, with their limits.

In a test: the fixture `graph_server`. From a shell:
`python -m messaging.testing.graph_server --port 0 --ledger FILE`, steered by `POST /_ctl` with
`{"mode": "rate_613", "times": 1}`, `{"account": {"id", "token", …}}`,
`{"customer": {"id", "ago": 3600, …}}`, `{"latency": 0.2}`, `{"echo": {"url", "secret", "when"}}`;
`GET /_ledger` shows the calls.
"""

import argparse
import asyncio
import signal
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson

from messaging.testing.graph_rules import (
    TOKEN_LIFE,
    Account,
    Customer,
    bad,
    why_not_refreshed,
    why_not_subscribed,
    why_not_taken,
    why_not_this_token,
)
from messaging.testing.graph_wire import (
    MODES,
    TAKEN_ALL_THE_SAME,
    mishap,
    refusal,
)
from messaging.testing.loopback import (
    Answer,
    Asked,
    Json,
    Loopback,
    json_answer,
    reset,
    write_answer,
)
from messaging.testing.meta_events import signature

EchoHook = Callable[[Json], None]


@dataclass(slots=True)
class Call:
    """A line of the ledger, written before the answer goes out. `accepted`: Meta took it."""

    at: float
    method: str
    path: str
    fields: Json
    query: dict[str, str]
    mode: str = "ok"
    account: str = ""
    accepted: bool = False
    message_id: str = ""
    token_in_address: bool = False

    @property
    def edge(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def recipient(self) -> str:
        recipient = self.fields.get("recipient")
        return str(recipient.get("id", "")) if isinstance(recipient, dict) else ""

    @property
    def text(self) -> str:
        message = self.fields.get("message")
        return str(message.get("text", "")) if isinstance(message, dict) else ""

    def line(self) -> bytes:
        return orjson.dumps({name: getattr(self, name) for name in self.__slots__}) + b"\n"


@dataclass(slots=True)
class Planned:
    """How the next `times` calls of an edge (and recipient) will be answered."""

    mode: str
    times: int
    edge: str = "messages"
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """What the CDN gives for a name. `sized` False sends it without saying how long it is."""

    content: bytes = field(repr=False)
    mime: str = "image/jpeg"
    status: int = 200
    location: str = ""
    sized: bool = True


class GraphServer(Loopback):
    """What a test sets: accounts, customers, files, `echo` (a hook) and `echo_when`."""

    def __init__(self, port: int = 0, ledger_path: str = "") -> None:
        super().__init__()
        self.port = port
        self.latency = 0.0
        self.calls: list[Call] = []
        self.planned: deque[Planned] = deque()
        self.accounts: dict[str, Account] = {}
        self.customers: dict[str, Customer] = {}
        self.files: dict[str, File] = {}
        self.echo: EchoHook | None = None
        self.echo_when = "after"  # or "before" the answer, or "never"
        self.refresh_reads_header = True
        self._ledger = Path(ledger_path).open("ab", buffering=0) if ledger_path else None  # noqa: SIM115

    # What tests ask for

    def add_account(self, id: str, token: str, **more: Any) -> Account:
        """An Instagram account, or with kind="page" a Page."""
        account = Account(id=id, token=token, **more)
        self.accounts[token] = account
        return account

    def heard_from(self, id: str, *, ago: timedelta = timedelta(0), **more: Any) -> Customer:
        """The customer wrote `ago` before now, which is what opens the window."""
        self.customers[id] = Customer(id, time.time() - ago.total_seconds(), **more)
        return self.customers[id]

    def plan(self, mode: str, *, times: int = 1, **more: Any) -> None:
        """Answer the next calls in this way: a name of MODES; `times` -1 = from now on."""
        if mode not in MODES:
            raise ValueError(f"There is no mode {mode}.")
        self.planned.append(Planned(mode, times, **more))

    def sent(self, recipient: str = "") -> list[Call]:
        """The messages that Meta took, in order."""
        return [
            call
            for call in list(self.calls)
            if call.accepted and call.text and recipient in {"", call.recipient}
        ]

    def texts(self, recipient: str = "") -> list[str]:
        return [call.text for call in self.sent(recipient)]

    def media_url(self, name: str) -> str:
        return f"{self.url}/cdn/{name}"

    # The server

    async def respond(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        if asked.path.startswith("/_"):
            return await write_answer(writer, self._control(asked))
        if asked.path.startswith("/cdn/"):
            return await write_answer(writer, self._file(asked))
        call = self._call_of(asked)
        answer = self._answer(call, asked)
        self._record(call)
        if self.latency:
            await asyncio.sleep(self.latency)
        await self._echo(call, "before")
        going_on = await self._reply(call, answer, writer)
        await self._echo(call, "after")
        return going_on

    async def _reply(self, call: Call, answer: Answer, writer: asyncio.StreamWriter) -> bool:
        if call.mode == "silence":
            await asyncio.sleep(3600)
        if call.mode == "reset_after_read":
            reset(writer)
            return False
        if call.mode == "close_after_read":
            return False
        return await write_answer(writer, answer, cut=call.mode == "half_an_answer")

    def _call_of(self, asked: Asked) -> Call:
        call = Call(time.monotonic(), asked.method, asked.path, asked.json() or {}, asked.query)
        call.token_in_address = "access_token" in asked.query
        for plan in list(self.planned):
            if plan.edge == call.edge and plan.recipient in {"", call.recipient}:
                plan.times -= 1
                if plan.times == 0:
                    self.planned.remove(plan)
                call.mode = plan.mode
                break
        return call

    def _answer(self, call: Call, asked: Asked) -> Answer:
        planned = mishap(call.mode)
        if planned is None:
            return self._do(call, asked)
        if call.mode in TAKEN_ALL_THE_SAME:
            self._do(call, asked)
        return planned

    def _do(self, call: Call, asked: Asked) -> Answer:
        """What the API would do with it, were nothing planned."""
        given = asked.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if call.edge == "refresh_access_token" and not self.refresh_reads_header:
            given = ""
        given = given or asked.query.get("access_token", "")
        account = self.accounts.get(given)
        if problem := why_not_this_token(account, given, time.time()):
            return problem
        assert account is not None
        call.account = account.id
        if call.edge == "refresh_access_token":
            return self._refresh(call, account)
        version, _, rest = call.path.removeprefix("/").partition("/")
        if not version.startswith("v"):
            return refusal(2500, "Unknown path components: " + call.path)
        node, _, edge = rest.partition("/")
        return self._at_node(call, account, node, edge)

    def _at_node(self, call: Call, account: Account, node: str, edge: str) -> Answer:
        own = account.answers_to(node, call.method)
        if edge == "messages" and own and call.method == "POST":
            return self._send(call, account)
        if edge == "subscribed_apps" and own:
            return self._subscriptions(call, account)
        if edge == "" and own:
            return json_answer(_fields_of(_self_of(account, self.accounts), call))
        if edge == "" and node in self.customers:
            return json_answer(_fields_of(_profile_of(self.customers[node], account), call))
        words = f"Unsupported {call.method.lower()} request. Object with ID '{node}' does not exist"
        return refusal(100, words, 33, kind="GraphMethodException")

    def _send(self, call: Call, account: Account) -> Answer:
        if not call.recipient:
            return bad("The parameter recipient is required")
        customer = self.customers.get(call.recipient)
        if problem := why_not_taken(account, customer, call.fields, time.time()):
            return problem
        call.accepted = True
        if "sender_action" in call.fields:
            return json_answer({"recipient_id": call.recipient})
        call.message_id = _message_id(account, len(self.calls))
        if call.mode == "no_message_id":
            return json_answer({"recipient_id": call.recipient})
        return json_answer({"recipient_id": call.recipient, "message_id": call.message_id})

    def _subscriptions(self, call: Call, account: Account) -> Answer:
        if call.method == "GET":
            app = {"id": "1", "name": "Deskbell", "subscribed_fields": account.subscribed}
            return json_answer({"data": [app] if account.subscribed else []})
        fields = str(call.query.get("subscribed_fields") or "").split(",")
        fields = [name for name in fields if name] if call.method == "POST" else []
        if call.method == "POST" and (problem := why_not_subscribed(account, fields)):
            return problem
        call.accepted, account.subscribed = True, fields
        return json_answer({"success": True})

    def _refresh(self, call: Call, account: Account) -> Answer:
        if account.kind != "instagram" or call.query.get("grant_type") != "ig_refresh_token":
            return bad("Unsupported grant_type")
        if problem := why_not_refreshed(account, time.time()):
            return problem
        call.accepted = True
        now, life = time.time(), TOKEN_LIFE.total_seconds()
        fresh = f"{account.token.partition('+')[0]}+{len(self.calls)}"
        del self.accounts[account.token]
        account.token, account.issued_at, account.expires_at = fresh, now, now + life
        self.accounts[fresh] = account
        return json_answer({"access_token": fresh, "token_type": "bearer", "expires_in": int(life)})

    def _file(self, asked: Asked) -> Answer:
        file = self.files.get(asked.path.removeprefix("/cdn/"))
        if file is None:
            return Answer(404, b"Gone", "text/plain")
        headers = (f"Location: {file.location}",) if file.location else ()
        return Answer(file.status, file.content, file.mime, headers, file.sized)

    async def _echo(self, call: Call, moment: str) -> None:
        if self.echo and self.echo_when == moment and call.accepted and call.text:
            await asyncio.to_thread(self.echo, self.echo_of(call))

    def echo_of(self, call: Call) -> Json:
        """The webhook's body that tells of an accepted send."""
        account = next(one for one in self.accounts.values() if one.id == call.account)
        by_page = self.customers[call.recipient].platform(account) == "page"
        ours = account.id if by_page or account.kind == "instagram" else account.linked_instagram
        now = int(time.time() * 1000)
        message: Json = {"mid": call.message_id, "text": call.text, "is_echo": True}
        event = {
            "sender": {"id": ours},
            "recipient": {"id": call.recipient},
            "timestamp": now,
            "message": message | ({"app_id": 1} if by_page else {}),
        }
        entry = {"id": ours, "time": now, "messaging": [event]}
        return {"object": "page" if by_page else "instagram", "entry": [entry]}

    def _record(self, call: Call) -> None:
        if self._ledger:
            self._ledger.write(call.line())
        self.tell(lambda: self.calls.append(call))

    def _control(self, asked: Asked) -> Answer:
        """`/_ctl` steers, `/_ledger` shows."""
        if asked.path == "/_ledger":
            return json_answer([orjson.loads(call.line()) for call in self.calls])
        order = asked.json() or {}
        if order.get("mode", "ok") not in MODES:
            return json_answer({"detail": f"mode is one of {sorted(MODES)}"}, 400)
        if "mode" in order:
            more = {k: order[k] for k in ("edge", "recipient") if k in order}
            self.plan(order["mode"], times=int(order.get("times", 1)), **more)
        if "account" in order:
            self.add_account(**order["account"])
        if customer := order.get("customer"):
            self.heard_from(customer.pop("id"), ago=_ago(customer.pop("ago", 0)), **customer)
        if echo := order.get("echo"):
            self.echo, self.echo_when = deliverer(echo["url"], echo["secret"]), echo["when"]
        self.latency = float(order.get("latency", self.latency))
        return json_answer({"ok": True})


def deliverer(url: str, secret: str) -> EchoHook:
    """Signs what it is given and delivers it once, as Meta does at first."""

    def deliver(payload: Json) -> None:
        body = orjson.dumps(payload)
        headers = {"X-Hub-Signature-256": signature(body, secret)}
        httpx.post(url, content=body, headers=headers, timeout=20, trust_env=False)

    return deliver


def _ago(seconds: Any) -> timedelta:
    return timedelta(seconds=float(seconds))


def _message_id(account: Account, number: int) -> str:
    """Opaque and long, as Meta's are."""
    start = "aWdfZAG1faXRlbToxOklHTWVzc2FnZA" if account.kind == "instagram" else "m_"
    return f"{start}{account.id}{number:06d}".ljust(160, "Z") + "ZD"


def _self_of(account: Account, accounts: dict[str, Account]) -> Json:
    about: Json = {"id": account.id, "name": account.name or None, "username": account.username}
    if account.kind == "instagram":
        scoped = account.app_scoped_id or account.id
        return about | {"id": scoped, "user_id": account.id, "account_type": "BUSINESS"}
    if account.linked_instagram:
        linked = {"id": account.linked_instagram, "username": account.username}
        about["instagram_business_account"] = linked
    return about


def _profile_of(customer: Customer, account: Account) -> Json:
    if customer.platform(account) == "instagram":
        return {"id": customer.id, "name": customer.name, "username": customer.username}
    first, _, last = (customer.name or "").partition(" ")
    return {"id": customer.id, "first_name": first, "last_name": last}


def _fields_of(about: Json, call: Call) -> Json:
    """Only what was asked for, and the id; the API leaves out what is null in some cases."""
    wanted = {name.partition("{")[0] for name in call.query.get("fields", "").split(",")} | {"id"}
    return {name: value for name, value in about.items() if name in wanted}


async def serve_until_told(server: GraphServer) -> None:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await server.start()
    print(server.url, flush=True)
    await told.wait()
    await server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="A Graph API on loopback, for drills and trials.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ledger", default="")
    given = parser.parse_args()
    asyncio.run(serve_until_told(GraphServer(given.port, given.ledger)))


if __name__ == "__main__":
    main()
