"""The drills: which fault, and what may come of it."""

import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from bench.stacks import Engines
from bench.stubs import model_stub, telegram_stub
from drill import faults
from drill.client import ClientLog, Size, send_load
from drill.oracle import Findings, Row, early_retries, judge
from drill.stack import DrillStack

SETTLE_SECONDS = 30.0
SLOWEST_P99_MS = 300.0
FULL = Size(updates=1000, chats=200, per_second=50)
QUICK = Size(updates=120, chats=30, per_second=20, longest_life=2.0)
UNCERTAIN_MODES = {
    *("gateway_502", "gateway_504", "reset_after_read", "half_an_answer", "close_after_read"),
    "odd_json",
}
Check = Callable[["Outcome", faults.Scene], list[str]]


@dataclass
class Outcome:
    """One drill's result; `broken` says which promises did not hold."""

    name: str
    log: ClientLog
    findings: Findings
    census: Row
    calls: list[Row]
    left: Row
    broken: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def none_uncertain(outcome: Outcome, scene: faults.Scene) -> list[str]:
    count = outcome.findings.uncertain
    return [f"{count} uncertain without a reason"] if count else []


def only_in_flight(outcome: Outcome, scene: faults.Scene) -> list[str]:
    """Only sends that had begun when their sender was killed may be uncertain."""
    more = outcome.findings.uncertain_ids - scene.in_flight
    return [f"{len(more)} uncertain that were not in flight at a kill"] if more else []


def one_hand_over_each(outcome: Outcome, scene: faults.Scene) -> list[str]:
    broken = none_uncertain(outcome, scene)
    answers: dict[str, int] = {row["id"]: 0 for row in outcome.census["conversations"]}
    for message in outcome.census["messages"]:
        answers[message["conversation_id"]] += message["type"] == "AI"
    if wrong := [key for key, count in answers.items() if count != 1]:
        broken.append(f"{len(wrong)} chats without exactly one hand-over text")
    active = [c for c in outcome.census["conversations"] if c["status"] != "support_active"]
    return [*broken, f"{len(active)} chats not with people"] if active else broken


def honest_about_telegram(outcome: Outcome, scene: faults.Scene) -> list[str]:
    """As many uncertain as fates that nobody can know, and no pause cut short."""
    sends = [c for c in outcome.calls if c["method"] == "sendMessage"]
    unknown = sum(call["mode"] in UNCERTAIN_MODES for call in sends)
    slowed = sum(call["mode"] == "slow_down" for call in sends)
    outcome.notes.append(f"{unknown} sends of unknown fate, {slowed} asked to slow down")
    broken = []
    if outcome.findings.uncertain != unknown:
        broken.append(f"{outcome.findings.uncertain} uncertain, {unknown} of unknown fate")
    if early := early_retries(outcome.calls, pause=faults.RETRY_AFTER):
        broken.append(f"{len(early)} sends before their pause was over")
    return broken


def webhooks_unhurt(outcome: Outcome, scene: faults.Scene) -> list[str]:
    """A frozen broker costs webhooks nothing; a machine that is slow anyway is not its fault."""
    start, end = scene.frozen
    during = outcome.log.p99_ms(within=scene.frozen)
    before = outcome.log.p99_ms(within=(0.0, start))
    after = outcome.log.p99_ms(within=(end + 5.0, float("inf")))
    times = f"p99 before, while frozen, after: {before:.0f}, {during:.0f}, {after:.0f} ms"
    outcome.notes.append(f"webhooks' {times}")
    broken = none_uncertain(outcome, scene)
    if during > max(SLOWEST_P99_MS, 2 * before, 2 * after):
        broken.append(f"webhooks were held up: {times}")
    return broken


@dataclass(frozen=True)
class Drill:
    """`web_dies`: connections may break, as the sender's would; otherwise every answer is a 2xx.

    `pace`: the share of the usual rate, where times are measured and not only outcomes.
    """

    name: str
    fault: faults.Fault
    check: Check = none_uncertain
    web_dies: bool = False
    model_seconds: float = 0.2
    send_seconds: float = 0.05
    pace: float = 1.0


DRILLS = (
    Drill("burst", faults.nothing),
    Drill("kill", faults.kill_worker, only_in_flight, send_seconds=0.2),
    Drill("flush", faults.flush_valkey),
    Drill("redis-frozen", faults.freeze_valkey, webhooks_unhurt, pace=0.3),
    Drill("redis-killed", faults.restart_valkey),
    Drill("web-killed", faults.kill_web, web_dies=True),
    Drill("sweeper-killed", faults.kill_sweeper, only_in_flight),
    Drill("deploy", faults.deploy, web_dies=True, pace=0.5),
    Drill("model-dead", faults.no_model, one_hand_over_each, model_seconds=0),
    Drill("telegram", faults.misbehave, honest_about_telegram),
)


def run_drill(
    drill: Drill, database: str, *, size: Size, kills: int, seed: int, keep: Path | None = None
) -> Outcome:
    """Bring up a fresh stack, hurt it under load, wait until all is settled, and judge."""
    with built_stack(database, seed=seed, keep=keep) as scene:
        scene.kills, scene.longest_life = kills, size.longest_life
        path = scene.stack.prepare()
        scene.stack.start()
        scene.stack.wait_for_worker()
        url = f"http://127.0.0.1:{scene.stack.port}{path}"
        warm_up(url)
        paced = replace(size, per_second=size.per_second * drill.pace)
        return _run(drill, scene, url, paced, seed)


@contextmanager
def built_stack(
    database: str, *, seed: int, keep: Path | None, **environment: str
) -> Iterator[faults.Scene]:
    """Engines and vendors that run, and a stack that can be started; stopped at the end."""
    engines, telegram, model = Engines(database), telegram_stub(), model_stub()
    vendors = {
        "GEMINI_API_KEY": "drill",
        "GEMINI_API_BASE": model.url,
        "ANTHROPIC_API_KEY": "drill",
        "ANTHROPIC_BASE_URL": model.url,
    }
    stack = DrillStack(engines, telegram=telegram, model=model, **vendors | environment)
    try:
        yield faults.Scene(stack, telegram, model, random.Random(seed))
    finally:
        stack.stop()
        telegram.stop()
        model.stop()
        if keep is not None:
            _keep_logs(engines, keep)
        engines.stop()


def warm_up(url: str) -> None:
    """Forged deliveries, so that no figure holds what a process loads at its first request."""
    for _ in range(5):
        httpx.post(url, content=b"{}", timeout=20, trust_env=False)


def _run(drill: Drill, scene: faults.Scene, url: str, size: Size, seed: int) -> Outcome:
    scene.telegram.control(latency=drill.send_seconds)
    if drill.model_seconds:
        scene.model.control(mode="delay", seconds=drill.model_seconds)
    started = time.monotonic()
    log = _send_beside(drill.fault, scene, url, size, seed)
    left, waited = settle(scene.stack)
    census, calls = scene.stack.census("all"), scene.telegram.ledger()
    findings = judge(log, census, calls)
    outcome = Outcome(drill.name, log, findings, census, calls, left)
    seconds = time.monotonic() - started
    outcome.notes.append(f"{seconds:.0f} s, settled {waited:.0f} s after the fault's end")
    outcome.notes.append(f"answers to the sender: {dict(log.statuses)}")
    outcome.notes += [*scene.notes, *findings.notes]
    outcome.broken = _broken(drill, outcome, scene)
    return outcome


def _send_beside(
    fault: faults.Fault, scene: faults.Scene, url: str, size: Size, seed: int
) -> ClientLog:
    """The load in a thread for as long as the fault lasts, the fault here: parts that it starts
    die with the thread that started them."""
    ended = threading.Event()
    waits_for_load = fault in {faults.flush_valkey, faults.misbehave}

    def keep_on() -> bool:
        return not (waits_for_load or ended.is_set())

    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send_load, url, size, seed=seed, keep_on=keep_on)
        sending.add_done_callback(lambda _: scene.load_ended.set())
        try:
            fault(scene)
        finally:
            ended.set()
        return sending.result()


def settle(stack: DrillStack) -> tuple[dict[str, Any], float]:
    """Wait until nothing is due, at most SETTLE_SECONDS; what is left, and how long it took."""
    started = time.monotonic()
    left = stack.census("open")
    while (left.get("unanswered", 1) or left.get("unsent", 1)) and (
        time.monotonic() - started < SETTLE_SECONDS
    ):
        time.sleep(0.5)
        left = stack.census("open")
    waited = time.monotonic() - started
    time.sleep(1.0)
    return left, waited


def _broken(drill: Drill, outcome: Outcome, scene: faults.Scene) -> list[str]:
    findings, log = outcome.findings, outcome.log
    counts = {
        "lost": findings.lost + len(log.given_up),
        "double": findings.double,
        "out of order": findings.out_of_order,
        "answers to the sender that were no 2xx": log.refused,
    }
    broken = [f"{count} {name}" for name, count in counts.items() if count]
    torn = sum(n for status, n in log.statuses.items() if not status.isdigit())
    if torn and not drill.web_dies:
        broken.append(f"{torn} connections broken")
    if outcome.left.get("unanswered") or outcome.left.get("unsent"):
        broken.append(f"not settled in {SETTLE_SECONDS:g} s: {outcome.left}")
    broken += [note for note in scene.notes if note.startswith("BROKEN")]
    return [*broken, *drill.check(outcome, scene)]


def _keep_logs(engines: Engines, folder: Path) -> None:
    place = Path(tempfile.mkdtemp(prefix="drill-", dir=folder))
    for log in engines.folder.glob("*.log"):
        (place / log.name).write_bytes(log.read_bytes())
    print(f"  logs in {place}")
