"""`make bench`: ours beside the tutorial way, on the same machine, engines and minute.

Prints one table; exits 1 when a promise of the README is broken. `--quick` measures less.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.chat import CHATS, measure_chats
from bench.idle import measure_idle
from bench.load import send_updates
from bench.million import LIMIT_MS, measure_million
from bench.stacks import Deskbell, Engines, Stack, Tutorial
from bench.stubs import Stub, accepted_sends, model_stub, telegram_stub, wait_for_sends

RATE = 50.0


@dataclass
class Figures:
    """Milliseconds and messages per second of one system on one database."""

    webhook: list[float] = field(default_factory=list)
    added: list[float] = field(default_factory=list)
    sustained: float = 0.0
    sustained_slow: float = 0.0
    lost: int = 0


@dataclass
class Promise:
    text: str
    value: float
    limit: float
    at_least: bool = False

    @property
    def kept(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def line(self) -> str:
        sign = "≥" if self.at_least else "≤"
        mark = "ok " if self.kept else "NO "
        return f"  {mark} {self.text}: {self.value:.2f} ({sign} {self.limit:.2f})"


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def measure(stack: Stack, path: str, telegram: Stub, model: Stub, *, scale: float) -> Figures:
    url = f"http://127.0.0.1:{stack.port}{path}"
    figures = Figures()
    send_updates(url, count=40, per_second=20, first_chat=1_000)
    wait_for_sends(telegram, 40, seconds=30)

    count = int(RATE * 20 * scale)
    sent = send_updates(url, count=count, per_second=RATE, first_chat=10_000)
    sends = wait_for_sends(telegram, 40 + count, seconds=60)
    arrived = {c["fields"]["chat_id"]: c["at"] for c in sends}
    figures.webhook = [took * 1000 for took in sent.took.values()]
    figures.added = [(arrived[c] - at) * 1000 for c, at in sent.at.items() if c in arrived]
    figures.lost = count - len(figures.added)

    figures.sustained, lost = sustain(url, telegram, int(1200 * scale), first_chat=100_000)
    figures.lost += lost
    model.control(mode="delay", seconds=0.5)
    slow = int((900 if isinstance(stack, Deskbell) else 80) * scale)
    figures.sustained_slow, lost = sustain(url, telegram, slow, first_chat=200_000)
    figures.lost += lost
    model.control(reset=True)
    return figures


def sustain(url: str, telegram: Stub, count: int, *, first_chat: int) -> tuple[float, int]:
    """Messages answered per second when they come at full speed; and how many weren't."""
    before = len(accepted_sends(telegram))
    started = time.monotonic()
    send_updates(url, count=count, per_second=None, first_chat=first_chat)
    sends = wait_for_sends(telegram, before + count, seconds=120)[before:]
    last = max((c["at"] for c in sends), default=started)
    return len(sends) / max(0.001, last - started), count - len(sends)


def answers_at_once(database: str) -> int:
    """The most answers that one worker process held at a time with a model that takes a second."""
    engines, telegram, model = Engines(database), telegram_stub(), model_stub()
    model.control(mode="delay", seconds=1.0)
    stack = Deskbell(engines, telegram=telegram, model=model)
    path = stack.prepare()
    stack.start()
    try:
        url = f"http://127.0.0.1:{stack.port}{path}"
        send_updates(url, count=200, per_second=None, first_chat=1)
        wait_for_sends(telegram, 200, seconds=60)
        return int(model.ledger()["peak"])
    finally:
        stack.stop()
        telegram.stop()
        model.stop()
        engines.stop()


def run_system(kind: type[Stack], database: str, *, scale: float) -> Figures:
    engines, telegram, model = Engines(database), telegram_stub(), model_stub()
    stack = kind(engines, telegram=telegram, model=model)  # type: ignore[call-arg]
    path = stack.prepare()  # type: ignore[attr-defined]
    stack.start()
    try:
        return measure(stack, path, telegram, model, scale=scale)
    finally:
        stack.stop()
        telegram.stop()
        model.stop()
        engines.stop()


def compare(database: str, *, scale: float) -> list[Promise]:
    tutorial = run_system(Tutorial, database, scale=scale)
    ours = run_system(Deskbell, database, scale=scale)
    print(f"\n{database:<34}{'tutorial':>12}{'Deskbell':>12}")
    rows: list[tuple[str, float, float]] = [
        ("webhook p50 ms", statistics.median(tutorial.webhook), statistics.median(ours.webhook)),
        ("webhook p99 ms", percentile(tutorial.webhook, 0.99), percentile(ours.webhook, 0.99)),
        ("added p50 ms", statistics.median(tutorial.added), statistics.median(ours.added)),
        ("added p99 ms", percentile(tutorial.added, 0.99), percentile(ours.added, 0.99)),
        ("sustained /s, model 0 ms", tutorial.sustained, ours.sustained),
        ("sustained /s, model 500 ms", tutorial.sustained_slow, ours.sustained_slow),
        ("not answered", tutorial.lost, ours.lost),
    ]
    for name, theirs, mine in rows:
        print(f"{name:<34}{theirs:>12.1f}{mine:>12.1f}", flush=True)
    return [
        Promise(f"{database}: webhook p99, times the tutorial's", rows[1][2] / rows[1][1], 1.5),
        Promise(f"{database}: added p50, times the tutorial's", rows[2][2] / rows[2][1], 2.0),
        Promise(f"{database}: added p99, ms", rows[3][2], 120.0),
        Promise(
            f"{database}: sustained at 0 ms, times", rows[4][2] / rows[4][1], 0.6, at_least=True
        ),
        Promise(
            f"{database}: sustained at 500 ms, times", rows[5][2] / rows[5][1], 15.0, at_least=True
        ),
        Promise(f"{database}: not answered", ours.lost, 0.0),
    ]


def read_a_million() -> list[Promise]:
    """A table of a year's figures on both databases; heavy, so only when asked for."""
    databases = ("sqlite", "postgresql")
    found = {database: measure_million(database) for database in databases}
    print(f"\n{'ms: median, p95':<34}" + "".join(f"{database:>20}" for database in databases))
    for name in found["sqlite"]:
        times = [found[database][name] for database in databases]
        print(f"{name:<34}" + "".join(f"{median:>12.1f}{p95:>8.1f}" for median, p95 in times))
    return [
        Promise(f"{database}: {name}, ms at the median", median, LIMIT_MS)
        for database in databases
        for name, (median, _) in found[database].items()
    ]


def stream_chats(*, scale: float) -> list[Promise]:
    found = measure_chats("postgresql", scale=scale)
    median, p95 = statistics.median(found.first_word), percentile(found.first_word, 0.95)
    print(f"\nstaff chat: {found.asked} answers, at most {found.peak} at once")
    print(f"{'first word p50, p95 ms':<34}{median:>12.1f}{p95:>12.1f}", flush=True)
    name = f"staff chat: first word at the socket after the provider's, {CHATS} chats, p95 ms"
    return [
        Promise(name, p95, 50.0),
        Promise("staff chat: answers without an end", found.lost, 0.0),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of the messages")
    parser.add_argument("--only", choices=["sqlite", "postgresql", "idle", "million", "chat"])
    given = parser.parse_args()
    scale = 0.25 if given.quick else 1.0
    promises: list[Promise] = []
    for database in ("sqlite", "postgresql"):
        if given.only in (None, database):
            promises += compare(database, scale=scale)
    if given.only in (None, "sqlite"):
        held = answers_at_once("sqlite")
        promises.append(Promise("answers held at once by one worker", held, 64, at_least=True))
    if given.only in (None, "idle"):
        idle = measure_idle()
        promises += [
            Promise("idle memory of the whole stack, MB resident", idle.megabytes, 400),
            Promise("idle processor, % of one core", idle.percent, 3),
            Promise("from a fresh clone to Ready, s", idle.first_start, 60),
            Promise("second start to Ready, s", idle.second_start, 10),
        ]
    if given.only in (None, "chat"):
        promises += stream_chats(scale=scale)
    if given.only == "million":
        promises += read_a_million()
    print("\nPromises")
    for promise in promises:
        print(promise.line())
    return 0 if all(promise.kept for promise in promises) else 1


if __name__ == "__main__":
    sys.exit(main())
