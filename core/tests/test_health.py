"""Alive, ready, and the numbers behind it."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings
from redis import Redis

from core.health import PROBES, beat_heart, inspect
from core.heart import KEPT_MS
from core.testing.engines import Engines

EVERYONE = (
    "worker.inbound",
    "worker.ai",
    "worker.outbound",
    "worker.maintenance",
    "beat",
    "sweeper",
)


def all_alive() -> None:
    for name in EVERYONE:
        assert beat_heart(name)


def grow_old(valkey: Redis, name: str, seconds: float) -> None:
    valkey.pexpire(f"heart:{name}", KEPT_MS - int(seconds * 1000))


@pytest.mark.django_db
def test_alive_asks_nothing_of_the_database(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert client.get("/health/").json() == {"status": "ok"}


@pytest.mark.django_db(transaction=True)
def test_ready_names_every_part_with_its_state_and_age(client: Client) -> None:
    all_alive()
    answer = client.get("/health/ready/")
    parts = answer.json()["parts"]
    assert answer.status_code == 200
    assert set(parts) == {"database", "broker", "channel_layer", "worker", "beat", "sweeper"}
    assert all(part["state"] == "ok" and part["age"] >= 0 for part in parts.values())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("silent", ["worker.ai", "beat", "sweeper"])
def test_a_part_that_fell_silent_makes_it_503(client: Client, valkey: Redis, silent: str) -> None:
    all_alive()
    grow_old(valkey, silent, 60)
    answer = client.get("/health/ready/")
    part = answer.json()["parts"][silent.partition(".")[0]]
    assert answer.status_code == 503
    assert part["state"] == "down"
    assert part["age"] == pytest.approx(60, abs=2)


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_nobody_takes_from_is_named(valkey: Redis) -> None:
    all_alive()
    valkey.delete("heart:worker.outbound")
    assert inspect()["worker"].detail == "no worker takes from: outbound"


@contextmanager
def frozen(engines: Engines) -> Iterator[None]:
    assert engines.server is not None
    os.kill(engines.server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(engines.server.pid, signal.SIGCONT)


@pytest.mark.django_db(transaction=True)
def test_a_frozen_redis_is_a_503_and_not_a_hanging_request(
    client: Client, engines: Engines
) -> None:
    all_alive()
    with frozen(engines):
        answer = client.get("/health/ready/")
    parts = answer.json()["parts"]
    assert answer.status_code == 503
    assert parts["database"]["state"] == "ok"
    assert {name for name, part in parts.items() if part["state"] == "down"} == set(PROBES) - {
        "database"
    }
    wait_for_ready(client)


def wait_for_ready(client: Client) -> None:
    for _ in range(50):
        all_alive()
        if client.get("/health/ready/").status_code == 200:
            return
        time.sleep(0.1)
    pytest.fail("it did not get ready again")


@pytest.mark.django_db
def test_metrics_count_what_waits(client: Client) -> None:
    text = client.get("/metrics").content.decode()
    assert 'deskbell_queue_tasks{queue="ai"} 0.0' in text
    assert "deskbell_conversations_unanswered 0.0" in text
    assert 'deskbell_up{part="broker"} 1.0' in text and 'deskbell_up{part="database"} 1.0' in text


@pytest.mark.django_db
def test_metrics_leave_out_what_a_frozen_redis_would_say(client: Client, engines: Engines) -> None:
    with frozen(engines):
        answer = client.get("/metrics")
    text = answer.content.decode()
    assert answer.status_code == 200 and "deskbell_conversations_unanswered 0.0" in text
    assert 'deskbell_up{part="broker"} 0.0' in text and 'deskbell_up{part="database"} 1.0' in text
    assert "deskbell_queue_tasks{" not in text


@pytest.mark.usefixtures("database_away")
def test_metrics_leave_out_what_a_missing_database_would_say(client: Client) -> None:
    answer = client.get("/metrics")
    text = answer.content.decode()
    assert answer.status_code == 200 and 'deskbell_queue_tasks{queue="ai"} 0.0' in text
    assert 'deskbell_up{part="broker"} 1.0' in text and 'deskbell_up{part="database"} 0.0' in text
    assert "deskbell_outbound_chunks{" not in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers",
    [{"x-forwarded-for": "127.0.0.1"}, {"x-real-ip": "127.0.0.1"}, {"forwarded": "for=127.0.0.1"}],
)
def test_metrics_are_not_for_whoever_comes_through_a_proxy(
    client: Client, headers: dict[str, str]
) -> None:
    assert client.get("/metrics", headers=headers).status_code == 404
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.1").status_code == 404


@pytest.mark.django_db
def test_metrics_open_to_whoever_holds_the_token(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "scrape-me"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"authorization": "Bearer wrong-é"}).status_code == 404
    right = {"authorization": "Bearer scrape-me"}
    assert client.get("/metrics", headers=right, REMOTE_ADDR="192.0.2.1").status_code == 200
