"""A wrong setting stops the start with one clear line."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core.env import ROOT, embedded_socket, write_once


def start_with(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder), **variables}
    command = [sys.executable, "manage.py", "check"]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("PORT", "eighty", "“eighty” is not a number."),
        ("PORT", "70000", "70000 is not between 1 and 65535."),
        ("DEBUG", "maybe", "“maybe” is neither on nor off; use 1 or 0."),
        ("REDIS_URL", "localhost:6379", "is not an address starting with redis or rediss or unix."),
        ("FIELD_ENCRYPTION_KEYS", "short", "holds something that is not a Fernet key."),
        ("LOG_LEVEL", "loud", "“loud” is not one of debug, info, warning, error."),
        (
            "DATABASE_URL",
            "postgres://db/x",
            "is required when DATABASE_URL names a production database.",
        ),
    ],
)
def test_a_wrong_value_is_one_line_that_names_it(
    tmp_path: Path, name: str, value: str, problem: str
) -> None:
    finished = start_with(tmp_path, **{name: value})
    lines = finished.stderr.strip().splitlines()
    assert finished.returncode == 1
    assert len(lines) == 1
    assert lines[0].startswith("Setting ")
    assert problem in lines[0]


def test_a_secret_is_kept_whole_and_for_the_owner_alone(tmp_path: Path) -> None:
    kept = tmp_path / "secret_key.txt"
    write_once(kept, "first")
    write_once(kept, "second")
    assert kept.read_text() == "first"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [kept]


def test_a_socket_path_that_is_too_long_moves_to_a_short_place() -> None:
    deep = Path("/srv") / ("d" * 120)
    assert embedded_socket(Path("/srv/deskbell")) == Path("/srv/deskbell/valkey.sock")
    assert len(str(embedded_socket(deep))) <= 100
    assert embedded_socket(deep) == embedded_socket(deep)
    assert embedded_socket(deep) != embedded_socket(deep / "other")
