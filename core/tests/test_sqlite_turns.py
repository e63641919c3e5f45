"""Writers to SQLite take turns, in threads and processes, and whoever dies gives its turn back."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import OperationalError, connection, transaction

from accounts.models import Business
from core.sqlite import base
from core.sqlite.base import Turnstile

HOLD = """
import sys
from core.sqlite.base import Turnstile
turnstile = Turnstile(sys.argv[1])
turnstile.enter()
print("in", flush=True)
sys.stdin.readline()
turnstile.leave()
"""
PATIENCE = 10.0


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "some.sqlite3")


@pytest.fixture
def only_sqlite() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no need of turns")


def hold_in_another_process(path: str) -> subprocess.Popen[bytes]:
    root = Path(base.__file__).resolve().parents[2]
    argv = [sys.executable, "-c", HOLD, path]
    pipe = subprocess.PIPE
    process = subprocess.Popen(argv, cwd=root, stdin=pipe, stdout=pipe)
    assert process.stdout is not None and process.stdout.readline() == b"in\n"
    return process


def in_a_thread(do: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=do)
    thread.start()
    return thread


def test_threads_take_turns_and_nobody_is_forgotten(path: str) -> None:
    turnstile, inside, seen = Turnstile(path), [], []

    def write() -> None:
        for _ in range(20):
            turnstile.enter()
            inside.append(1)
            seen.append(len(inside))
            inside.pop()
            turnstile.leave()

    for thread in [in_a_thread(write) for _ in range(20)]:
        thread.join(PATIENCE)
    assert seen == [1] * 400


@pytest.mark.parametrize("end", ["leave", "killed"])
def test_another_process_s_turn_ends_with_it(path: str, end: str) -> None:
    process = hold_in_another_process(path)
    turnstile, entered = Turnstile(path), threading.Event()

    def write() -> None:
        turnstile.enter()
        entered.set()
        turnstile.leave()

    thread = in_a_thread(write)
    try:
        assert not entered.wait(0.2)
        if end == "killed":
            process.send_signal(signal.SIGKILL)
        else:
            assert process.stdin is not None
            process.stdin.close()
        assert entered.wait(PATIENCE)
    finally:
        process.kill()
        process.wait(PATIENCE)
        thread.join(PATIENCE)


def test_who_waits_too_long_is_told_and_the_next_one_is_called(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "LONGEST_WAIT", 0.1)
    process, turnstile = hold_in_another_process(path), Turnstile(path)
    try:
        for _ in range(2):
            with pytest.raises(OperationalError, match="locked"):
                turnstile.enter()
    finally:
        process.communicate(b"\n")
    turnstile.enter()
    turnstile.leave()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", ["commit", "rollback", "close", "no transaction"])
def test_a_turn_ends_with_its_transaction(only_sqlite: None, end: str) -> None:
    def write_badly() -> None:
        try:
            if end == "no transaction":
                Business.objects.create(name="One")
                return
            with transaction.atomic():
                Business.objects.create(name="One")
                if end == "close":
                    connection.close()
                if end == "rollback":
                    raise ZeroDivisionError
        except Exception:
            return
        finally:
            still.append(connection.in_turn)  # type: ignore[attr-defined]
            connection.close()

    still: list[bool] = []
    in_a_thread(write_badly).join(PATIENCE)
    assert still == [False]
    Business.objects.create(name="Two")
    kept = {"commit", "no transaction"}
    assert Business.objects.count() == (2 if end in kept else 1)
