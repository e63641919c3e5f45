"""As many threads compute at once as there are hands; who waits gives the hand to others."""

import threading
import time
from collections.abc import Callable

from core.lib.hands import HANDS, hands, waiting, working


class Gauge:
    """Counts how many threads are inside at once."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self._lock = threading.Lock()

    def pass_through(self) -> None:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        time.sleep(0.01)
        with self._lock:
            self.inside -= 1


def run_at_once(work: Callable[[], None], *, threads: int) -> None:
    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def free_hands() -> int:
    taken = sum(hands.acquire(blocking=False) for _ in range(HANDS))
    hands.release(taken)
    return taken


def test_no_more_compute_than_there_are_hands() -> None:
    computing = Gauge()

    def work() -> None:
        with working():
            computing.pass_through()

    run_at_once(work, threads=HANDS * 3)
    assert computing.most == HANDS


def test_all_may_wait_at_once() -> None:
    everyone = HANDS * 3
    together = threading.Barrier(everyone, timeout=20)

    def work() -> None:
        with working(), waiting():
            together.wait()

    run_at_once(work, threads=everyone)
    assert not together.broken


def test_a_hand_comes_back_after_a_failure_and_is_counted_once() -> None:
    for _ in range(HANDS * 2):
        try:
            with working(), working(), waiting():
                raise ConnectionError
        except ConnectionError:
            pass
    assert free_hands() == HANDS


def test_who_holds_no_hand_waits_without_one() -> None:
    with waiting():
        assert free_hands() == HANDS
