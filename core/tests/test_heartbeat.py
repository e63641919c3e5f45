"""The thread that keeps leases alive."""

import threading
from collections.abc import Collection

from core.lib.heartbeat import Heartbeat


def test_a_beat_that_fails_in_whatever_way_is_followed_by_the_next() -> None:
    beats: list[Collection[str]] = []
    again = threading.Event()

    def extend(tokens: Collection[str]) -> None:
        beats.append(tokens)
        if len(beats) == 1:
            raise RuntimeError
        again.set()

    with Heartbeat(extend, seconds=0.01).keep("mine"):
        assert again.wait(20)
    assert beats[:2] == [["mine"], ["mine"]]
