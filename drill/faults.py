"""What goes wrong, as functions that run beside the load."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.stubs import Stub
from drill.stack import DrillStack

RETRY_AFTER = 2.0
LOST_ANSWERS = (
    *("gateway_502", "reset_after_read", "own_bad_gateway", "half_an_answer", "gateway_504"),
    *("close_after_read", "server_error", "odd_json"),
)


@dataclass
class Scene:
    """What a fault may touch, and what it noted down."""

    stack: DrillStack
    telegram: Stub
    model: Stub
    dice: random.Random
    kills: int = 20
    longest_life: float = 4.0
    load_ended: threading.Event = field(default_factory=threading.Event)
    frozen: tuple[float, float] = (0.0, 0.0)
    in_flight: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def pause(self, shortest: float, longest: float) -> None:
        time.sleep(self.dice.uniform(shortest, longest))

    def remember_in_flight(self) -> None:
        """The sends that had begun and whose sender is gone now."""
        self.in_flight.update(self.stack.census("open")["sending"])


Fault = Callable[[Scene], None]


def nothing(scene: Scene) -> None:
    """The load alone."""


def kill_worker_once(scene: Scene) -> None:
    scene.pause(0.2, scene.longest_life)
    scene.stack.kill("worker")
    scene.remember_in_flight()
    scene.stack.launch("worker")
    if not scene.stack.wait_for_worker():
        scene.notes.append("a worker did not come up within 20 s")


def kill_worker(scene: Scene) -> None:
    for _ in range(scene.kills):
        kill_worker_once(scene)
    scene.notes.append(f"{scene.kills} kills, {len(scene.in_flight)} sends in flight at them")


def kill_and_flush(scene: Scene) -> None:
    """Both in one short run: the worker dies between two flushes of everything it was told."""
    for _ in range(scene.kills):
        kill_worker_once(scene)
        scene.stack.redis().flushall()
    scene.notes.append(f"{scene.kills} kills, {len(scene.in_flight)} sends in flight at them")


def kill_web(scene: Scene) -> None:
    for _ in range(max(2, scene.kills // 4)):
        scene.pause(1.0, 3.0)
        scene.stack.kill("web")
        scene.stack.launch("web")
        scene.stack.wait_for_port()


def kill_sweeper(scene: Scene) -> None:
    """Two at once, each killed in turn; the worker too, so that there is something to sweep."""
    scene.stack.launch("sweeper-2")
    for turn in range(max(2, scene.kills // 4)):
        scene.pause(1.5, 3.5)
        name = "sweeper" if turn % 2 else "sweeper-2"
        scene.stack.kill(name)
        scene.stack.kill("worker")
        scene.remember_in_flight()
        scene.stack.launch("worker")
        scene.stack.launch(name)


def flush_valkey(scene: Scene) -> None:
    while not scene.load_ended.wait(3.0):
        scene.stack.redis().flushall()


def freeze_valkey(scene: Scene) -> None:
    scene.pause(2.0, 4.0)
    started = time.monotonic()
    scene.stack.freeze_valkey()
    before = len(scene.telegram.ledger())
    time.sleep(15)
    after = len(scene.telegram.ledger())
    scene.stack.thaw_valkey()
    scene.frozen = (started, time.monotonic())
    scene.notes.append(f"{after - before} calls to Telegram while Valkey stood still")
    if after == before:
        scene.notes.append("BROKEN: nobody was answered while Valkey stood still")


def restart_valkey(scene: Scene) -> None:
    for away in (0.0, 1.0, 5.0):
        scene.pause(1.0, 3.0)
        scene.stack.restart_valkey(away=away)


def deploy(scene: Scene) -> None:
    for name in ("worker", "web", "sweeper", "worker", "web"):
        scene.pause(1.0, 2.5)
        scene.stack.replace(name)
        if name == "web":
            scene.stack.wait_for_port()


def no_model(scene: Scene) -> None:
    scene.model.control(mode="500")


def misbehave(scene: Scene) -> None:
    """Slow-downs, gateways' errors and broken lines, some of each, mixed into the run."""
    while not scene.load_ended.wait(1.0):
        scene.telegram.control(mode="slow_down", times=3, retry_after=RETRY_AFTER)
        scene.telegram.control(mode=scene.dice.choice(LOST_ANSWERS), times=2)
