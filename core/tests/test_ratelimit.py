"""Limits hold for all processes together, and for each alone while Redis is away."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from pytest_django import Settings
from redis import Redis

from core.lib.ids import new_id
from core.lib.ratelimit import RateState, breaker, forget, hit, reserve


@pytest.fixture(autouse=True)
def _breaker_closed_again() -> Iterator[None]:
    yield
    breaker.closed()


@pytest.fixture
def key() -> str:
    return new_id()


@pytest.fixture
def redis_refuses(settings: Settings) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.REDIS_URL = f"redis://127.0.0.1:{unused.getsockname()[1]}"


@pytest.fixture
def frozen_redis(settings: Settings) -> Iterator[list[socket.socket]]:
    """A server that takes connections and never answers; yields them."""
    listener, taken = socket.create_server(("127.0.0.1", 0)), []

    def accept() -> None:
        while True:
            try:
                taken.append(listener.accept()[0])
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    settings.REDIS_URL = f"redis://127.0.0.1:{listener.getsockname()[1]}"
    yield taken
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for connection in taken:
        connection.close()


def waits(key: str, count: int, **limits: float) -> list[int]:
    """Reserved waits in whole slots of a slow clock, so that the test's own speed can't matter."""
    return [round(reserve(key, per_second=0.01, **limits) / 100) for _ in range(count)]


def test_each_reservation_waits_one_slot_longer(key: str) -> None:
    assert waits(key, 4) == [0, 1, 2, 3]


def test_a_burst_goes_first_without_waiting(key: str) -> None:
    assert waits(key, 5, burst=3) == [0, 0, 0, 1, 2]


def test_a_wait_longer_than_wanted_reserves_nothing(key: str) -> None:
    assert waits(key, 4, max_wait=150) == [0, 1, 2, 2]


def test_keys_do_not_wait_for_each_other(key: str) -> None:
    assert waits(key, 2) + waits(key + "other", 2) == [0, 1, 0, 1]


def test_another_process_takes_its_place_in_the_same_line(key: str) -> None:
    reserve(key, per_second=0.01)
    code = (
        "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'core.settings'; django.setup();"
        f"from core.lib.ratelimit import reserve; print(reserve('{key}', per_second=0.01))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env=os.environ
    )
    assert round(float(done.stdout) / 100) == 1
    assert waits(key, 1) == [2]


def test_a_slot_is_forgotten_once_it_is_past(key: str, valkey: Redis) -> None:
    reserve(key, per_second=100)
    assert 0 < valkey.pttl(f"rate:{key}") <= 12


def test_of_two_hundred_at_once_only_the_limit_passes(key: str) -> None:
    states: list[RateState] = []
    threads = [threading.Thread(target=lambda: states.append(hit(key, 10, 60))) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(state.allowed for state in states) == 10
    assert all(0 < state.retry_after <= 60 for state in states if not state.allowed)


def test_a_throttle_can_be_forgotten(key: str) -> None:
    assert [hit(key, 1, 60).allowed for _ in range(2)] == [True, False]
    forget(key)
    assert hit(key, 1, 60).allowed


@pytest.mark.usefixtures("redis_refuses")
def test_without_redis_a_process_limits_alone(key: str) -> None:
    assert waits(key, 3) == [0, 1, 2]
    assert [hit(key, 2, 60).allowed for _ in range(3)] == [True, True, False]


def test_a_frozen_redis_is_asked_once_and_then_left_alone(
    key: str, frozen_redis: list[socket.socket]
) -> None:
    assert waits(key, 20) == list(range(20))
    assert len(frozen_redis) == 1


def test_a_key_of_the_wrong_type_does_not_stop_anything(key: str, valkey: Redis) -> None:
    valkey.lpush(f"rate:{key}", "x")
    assert waits(key, 2) == [0, 1]
