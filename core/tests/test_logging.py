"""Log lines: one each, whole, and without anything secret."""

import json
import logging
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog
from rest_framework.test import APIClient

from accounts.models import User
from core.logging import HIDDEN, configure, hide
from core.testing.fixtures import PASSWORD

TOKEN = "700100200:AAE-abcdefghijklmnopqrstuvwxyz0123456"


@pytest.fixture
def lines() -> Iterator[StringIO]:
    """What the real handler writes."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    configure({"level": "INFO"})
    written = StringIO()
    root.handlers[0].setStream(written)  # type: ignore[attr-defined]
    yield written
    root.handlers, root.level = before, level


def only(written: StringIO) -> dict[str, str]:
    said = written.getvalue().splitlines()
    assert len(said) == 1
    found: dict[str, str] = json.loads(said[0])
    return found


@pytest.mark.parametrize(
    "text",
    [
        f"POST https://api.example/bot{TOKEN}/sendMessage",
        f"token is {TOKEN}",
        "Malformed access token IGAAabcdef0123456789abcdef",
        "Malformed access token EAABabcdef0123456789abcdef",
        "Authorization: Bearer abcdef0123456789",
        "key sk-proj-abcdef0123456789",
        "GET /ws/inbox/?ticket=abcdef0123456789",
        "redis://user:abcdef0123456789@host/0",
        "jwt eyJhbGciOiJIUzI1NiJ9.abcdef0123456789.sig",
    ],
)
def test_a_secret_inside_a_text_is_hidden(text: str) -> None:
    hidden = hide(text)
    assert HIDDEN in hidden
    assert "abcdef" not in hidden


def test_a_field_with_a_secret_name_is_hidden_and_ids_stay(lines: StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r1", conversation_id="c1"):
        structlog.get_logger("x").info(
            "connected", api_key="abcdef", inner={"password": "abcdef"}, kind="telegram"
        )
    line = only(lines)
    assert line["event"] == "connected"
    assert (line["request_id"], line["conversation_id"], line["kind"]) == ("r1", "c1", "telegram")
    assert "abcdef" not in json.dumps(line)


def test_a_line_break_can_not_forge_a_second_line(lines: StringIO) -> None:
    structlog.get_logger("x").info('fine\r\n{"event": "forged"}')
    assert only(lines)["event"].startswith("fine")


def test_a_foreign_library_with_a_traceback_is_one_clean_line(lines: StringIO) -> None:
    try:
        raise RuntimeError(f"could not call bot{TOKEN}")
    except RuntimeError:
        logging.getLogger("some.library").exception("failed for %s", TOKEN)
    line = only(lines)
    assert line["level"] == "error"
    assert "RuntimeError" in line["exception"]
    assert TOKEN not in json.dumps(line)


def test_http_clients_do_not_log_addresses(lines: StringIO) -> None:
    for name in ("httpx", "httpx2", "httpcore", "telegram.ext"):
        logging.getLogger(name).info("POST %s", "https://api.example/")
    assert lines.getvalue() == ""


@pytest.mark.django_db(transaction=True)
def test_a_log_in_leaves_no_line(api_client: APIClient, owner: User, lines: StringIO) -> None:
    words = {"username": owner.username, "password": PASSWORD}
    assert api_client.post("/auth/login", words).status_code == 200
    assert "AXES" not in lines.getvalue()
