"""Drills of Instagram: one delivery for many accounts, echoes, and a token that dies."""

import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from bench.stacks import ROOT
from bench.stubs import Stub, graph_stub
from drill.businesses import owner_of
from drill.client import ClientLog
from drill.drills import Outcome, built_stack, settle, warm_up
from drill.faults import Scene
from drill.meta_load import (
    FIRST_ACCOUNT,
    Thread,
    Writer,
    body_of,
    post_at_once,
    say_more,
    write_batch,
)
from drill.oracle import Findings, Row, judge_answers, judge_sends

APP_SECRET = "drill-app-secret"
ACCOUNTS, TOKEN_ACCOUNTS = 20, 3
PER_WAVE = 3  # threads of each account that write once more
SLOWEST_ANSWER = 2.0
STILL_SECONDS = 6.0  # longer than the sweeper takes to come round


@dataclass
class Stage:
    """A stack with connected accounts, and all that was written to it."""

    scene: Scene
    graph: Stub
    writer: Writer
    dice: random.Random
    accounts: list[str]
    log: ClientLog = field(default_factory=ClientLog)
    threads: list[Thread] = field(default_factory=list)
    echoes: int = 0
    broken: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.scene.stack.port}/webhooks/instagram/"

    def post(self, threads: Sequence[Thread]) -> None:
        for customer in {thread.customer for thread in threads}:
            self.graph.control(customer={"id": customer, "name": f"Customer {customer}"})
        self.threads += threads
        post_at_once(self.url, body_of(threads, self.dice), APP_SECRET, self.log)

    def settle(self) -> Row:
        """Wait until nothing is due and no echo waits any more; everything that stands there."""
        left, _ = settle(self.scene.stack)
        if left.get("unanswered") or left.get("unsent"):
            self.broken.append(f"not settled: {left}")
        until = time.monotonic() + 15
        census = self.scene.stack.census("all")
        while any(e["fate"] == "waiting" for e in census["events"]) and time.monotonic() < until:
            time.sleep(0.5)
            census = self.scene.stack.census("all")
        return census

    def expect(self, held: bool, otherwise: str) -> None:
        if not held:
            self.broken.append(otherwise)

    def sends(self) -> list[Row]:
        """What was asked of Meta to send, in the words of the judge."""
        return [
            {
                "method": "sendMessage",
                "accepted": call["accepted"],
                "mode": call["mode"],
                "at": call["at"],
                "fields": {
                    "chat_id": call["fields"]["recipient"]["id"],
                    "text": call["fields"]["message"]["text"],
                },
            }
            for call in self.graph.ledger()
            if "message" in call["fields"]
        ]


@contextmanager
def stage(database: str, *, seed: int, keep: Path | None, accounts: int) -> Iterator[Stage]:
    graph = graph_stub()
    meta = {"INSTAGRAM_GRAPH_BASE": graph.url, "INSTAGRAM_APP_SECRET": APP_SECRET}
    dice = random.Random(seed)
    ids = [str(FIRST_ACCOUNT + number) for number in range(accounts)]
    try:
        with built_stack(database, seed=seed, keep=keep, **meta) as scene:
            scene.stack.run("manage.py", "migrate", "-v0")
            _connect(scene, graph, ids)
            scene.stack.start()
            scene.stack.wait_for_worker()
            scene.model.control(mode="delay", seconds=0.2)
            graph.control(latency=0.05)
            writer = Writer(dice, f"{graph.url}/cdn")
            made = Stage(scene, graph, writer, dice, ids)
            warm_up(made.url)
            yield made
    finally:
        graph.stop()


def _connect(scene: Scene, graph: Stub, ids: Sequence[str]) -> None:
    lines = []
    for account_id in ids:
        account = {"id": account_id, "token": f"IGAA{account_id}"}
        graph.control(account=account | {"username": f"shop{account_id}"})
        lines.append(orjson.dumps(account))
    subprocess.run(
        [sys.executable, "-m", "drill.businesses"],
        input=b"\n".join(lines) + b"\n",
        cwd=ROOT,
        env={**scene.stack.environment},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def run_batch(database: str, *, seed: int, keep: Path | None = None) -> Outcome:
    """1,000 events of 20 accounts in one POST, twice at once; then echoes, ours and a person's."""
    with stage(database, seed=seed, keep=keep, accounts=ACCOUNTS) as made:
        batch = write_batch(made.writer, made.accounts)
        made.post(batch)
        took = [seconds for _, seconds in made.log.seconds]
        events = sum(len(thread.events) for thread in batch)
        shown = ", ".join(f"{seconds:.2f}" for seconds in took)
        made.notes.append(f"{events} events in one POST, twice at once: {shown} s")
        made.expect(max(took) <= SLOWEST_ANSWER, f"the POSTs took {shown} s")
        census = made.settle()
        _judge_threads(made, census, "of the POST")
        _judge_events(made, census)
        _judge_gone(made)
        _echo_our_sends(made, [t for t in batch if t.answered])
        _echo_a_person(made, [t for t in batch if t.answered])
        return _outcome("instagram-batch", made)


def _echo_our_sends(made: Stage, threads: Sequence[Thread]) -> None:
    """Meta tells of our own sends, after its answer to them or even before."""
    by_account: dict[str, list[Thread]] = defaultdict(list)
    for thread in threads:
        by_account[thread.account].append(thread)
    for number, moment in enumerate(("after", "before")):
        made.graph.control(echo={"url": made.url, "secret": APP_SECRET, "when": moment})
        start = PER_WAVE * number
        chosen = [t for own in by_account.values() for t in own[start : start + PER_WAVE]]
        made.post(say_more(made.writer, chosen))
        made.echoes += len(chosen)
        census = made.settle()
        _judge_threads(made, census, f"with echoes {moment} the answer")
        _judge_events(made, census)
    settled = Counter(e["reason"] or e["fate"] for e in census["events"])
    ours = settled["our own send"] + settled["shows that our send arrived"]
    made.notes.append(f"{made.echoes} echoes of our own sends: {ours} known as ours")
    made.expect(ours == made.echoes, f"{ours} of {made.echoes} echoes known as ours")


def _echo_a_person(made: Stage, threads: Sequence[Thread]) -> None:
    """Somebody answers in Instagram's own app, and then the customer writes again."""
    firsts = list({thread.account: thread for thread in threads}.values())
    spoken = []
    for thread in firsts:
        thread.with_people = True
        words = Thread(thread.account, thread.customer, answered=False, with_people=True)
        made.writer.says(words, "Ines here, I have it.", ours=True)
        spoken.append(words)
    made.post(spoken)
    made.post(say_more(made.writer, firsts))
    census = made.settle()
    time.sleep(2)
    _judge_threads(made, census, "after a person's words")
    _judge_events(made, census)
    made.notes.append(f"{len(firsts)} threads taken over by a person's echo")


def _judge_threads(made: Stage, census: Row, when: str) -> None:
    """Each thread has as many answers as it should have, and is whose it should be."""
    chats = {row["external_id"]: row for row in census["conversations"]}
    said: Counter[str] = Counter(
        m["conversation_id"] for m in census["messages"] if m["type"] == "AI"
    )
    sent = Counter(c["fields"]["chat_id"] for c in made.sends() if c["accepted"])
    wanted, people = Counter[str](), set()
    for thread in made.threads:
        wanted[thread.customer] += thread.answered
        if thread.with_people:
            people.add(thread.customer)
    wrong = []
    for customer in wanted:
        chat = chats.get(customer, {"id": "", "status": "active"})
        found = (said[chat["id"]], sent[customer])
        if found != (wanted[customer],) * 2:
            wrong.append(f"{customer} got {found} answers, not {wanted[customer]}")
        if (chat["status"] == "support_active") != (customer in people):
            wrong.append(f"{customer} is {chat['status']}")
    made.expect(not wrong, f"{len(wrong)} threads {when} are wrong, some: {wrong[::40][:5]}")


def _judge_events(made: Stage, census: Row) -> None:
    """Every event has one row with the fate that it should have; of our echoes either will do."""
    wanted: Counter[str] = sum((t.fates for t in made.threads), Counter())
    ours = {"our own send", "shows that our send arrived"}
    found = Counter(e["fate"] for e in census["events"] if e["reason"] not in ours)
    made.expect(found == wanted, f"fates {dict(found)}, wanted {dict(wanted)}")


def _judge_gone(made: Stage) -> None:
    """What was taken back or edited reached no model and no customer."""
    gone = [words for thread in made.threads for words in thread.gone]
    shown = orjson.dumps(made.scene.model.ledger()) + orjson.dumps(made.sends())
    seen = [words for words in gone if words.encode() in shown]
    made.notes.append(f"{len(gone)} texts taken back or edited, the model saw {len(seen)} of them")
    made.expect(not seen, f"{len(seen)} taken back or edited but answered, one: {seen[:1]}")


def run_token(database: str, *, seed: int, keep: Path | None = None) -> Outcome:
    """An account's token dies while answers go out; its answers wait for the next token."""
    with stage(database, seed=seed, keep=keep, accounts=TOKEN_ACCOUNTS) as made:
        made.graph.control(latency=0.2)
        threads = write_batch(made.writer, made.accounts)
        made.post(threads)
        _wait_for_sends(made, made.accounts[0], 2)
        dead, token = made.accounts[0], f"IGAA{made.accounts[0]}"
        made.graph.control(account={"id": dead, "token": token, "expires_at": 1})
        made.post(say_more(made.writer, [t for t in threads if t.answered]))
        census = _until_answers_wait(made, dead)
        _judge_waiting(made, census, dead)
        made.graph.control(account={"id": dead, "token": f"{token}new"})
        command = ["connect_channel", "instagram", "--user", owner_of(dead)]
        made.scene.stack.run("manage.py", *command, "--account-id", dead, "--token", f"{token}new")
        census = made.settle()
        health = next(c["health"] for c in census["channels"] if c["external_id"] == dead)
        made.expect(health == "ok", f"the channel is {health} after it was connected again")
        _judge_events(made, census)
        return _outcome("instagram-token", made)


def _wait_for_sends(made: Stage, account: str, count: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        sends = [c for c in made.graph.ledger() if c["account"] == account and c["message_id"]]
        if len(sends) >= count:
            return
        time.sleep(0.05)
    made.broken.append(f"{account} did not begin to answer")


def _until_answers_wait(made: Stage, dead: str) -> Row:
    """Until everything is answered but what waits for this account, and then still a while."""
    stack, until = made.scene.stack, time.monotonic() + 60
    while time.monotonic() < until:
        left, census = stack.census("open"), stack.census("all")
        others = [c for c in _unsent(census) if c["account"] != dead]
        if not left.get("unanswered", 1) and not others:
            break
        time.sleep(0.5)
    time.sleep(1.0)
    before = len(made.sends())
    time.sleep(STILL_SECONDS)
    made.expect(len(made.sends()) == before, "sends were tried while the token was dead")
    return stack.census("all")


def _unsent(census: Row) -> list[Row]:
    accounts = {row["id"]: row["external_id"] for row in census["channels"]}
    chats = {row["id"]: accounts[row["channel_id"]] for row in census["conversations"]}
    return [
        {**chunk, "account": chats[chunk["conversation_id"]]}
        for chunk in census["chunks"]
        if chunk["state"] in {"queued", "sending"}
    ]


def _judge_waiting(made: Stage, census: Row, dead: str) -> None:
    waiting = _unsent(census)
    elsewhere = [chunk for chunk in waiting if chunk["account"] != dead]
    refused = [c for c in made.sends() if not c["accepted"]]
    health = {row["external_id"]: row["health"] for row in census["channels"]}
    made.notes.append(
        f"{len(waiting)} answers waited for the token, after {len(refused)} refused sends; "
        f"channel {health[dead]}"
    )
    made.expect(bool(waiting), "no answer waited")
    made.expect(not elsewhere, f"{len(elsewhere)} answers of other accounts waited too")
    made.expect(health[dead] == "dead", f"the channel is {health[dead]}")
    alive = {health[account] for account in made.accounts if account != dead}
    made.expect(alive == {"ok"}, f"the other channels are {alive}")
    failed = [c for c in census["chunks"] if c["state"] == "failed"]
    made.expect(not failed, f"{len(failed)} answers failed")


def _outcome(name: str, made: Stage) -> Outcome:
    census, calls = made.scene.stack.census("all"), made.sends()
    events = sum(len(thread.events) for thread in made.threads) + made.echoes
    findings = Findings(updates=events, stored=len(census["events"]))
    findings.lost = findings.note("events without a row", range(events - findings.stored))
    chats = {row["id"]: row for row in census["conversations"]}
    silent = {t.customer for t in made.threads} - {t.customer for t in made.threads if t.answered}
    said: dict[str, list[Row]] = defaultdict(list)
    for message in census["messages"]:
        said[message["conversation_id"]].append(message)
    for key, messages in said.items():
        if chats[key]["external_id"] not in silent or chats[key]["status"] != "active":
            judge_answers(findings, chats[key], messages)
    judge_sends(findings, chats, census["chunks"], calls)
    left = made.scene.stack.census("open")
    notes = [*made.notes, f"answers to the sender: {dict(made.log.statuses)}", *findings.notes]
    counts = {
        "lost": findings.lost,
        "double": findings.double,
        "out of order": findings.out_of_order,
        "uncertain": findings.uncertain,
        "answers to the sender that were no 2xx": made.log.refused,
    }
    broken = [f"{count} {kind}" for kind, count in counts.items() if count]
    return Outcome(
        *(name, made.log, findings, census, calls, left),
        broken=[*broken, *made.broken],
        notes=notes,
    )


INSTAGRAM: dict[str, Callable[..., Outcome]] = {
    "instagram-batch": run_batch,
    "instagram-token": run_token,
}
