"""Many wait, few work.

A worker's threads mostly wait for models and platforms. Where all want to compute at once they take
the interpreter from each other, often from the one that holds the database's lock. So as many as
there are hands go on, and the others stand in line. Who begins to wait gives the hand, and the
pool's connection, to somebody else.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from core.lib.pool import release_connection

HANDS: int = settings.WORKER_HANDS
hands = threading.BoundedSemaphore(HANDS)
_mine = threading.local()


@contextmanager
def working() -> Iterator[None]:
    """Hold a hand until the block ends; whoever has one already needs no second."""
    if getattr(_mine, "held", False):
        yield
        return
    with _held():
        yield


@contextmanager
def waiting() -> Iterator[None]:
    """For a call to somewhere else: meanwhile hand and connection are others'."""
    release_connection()
    if not getattr(_mine, "held", False):
        yield
        return
    _mine.held = False
    hands.release()
    try:
        yield
    finally:
        hands.acquire()
        _mine.held = True


@contextmanager
def _held() -> Iterator[None]:
    hands.acquire()
    _mine.held = True
    try:
        yield
    finally:
        _mine.held = False
        hands.release()
