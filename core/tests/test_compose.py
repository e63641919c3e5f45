"""The production file starts the same processes as the supervisor, and leaves no queue alone."""

from importlib.util import find_spec
from typing import Any

import pytest
import yaml
from django.conf import settings

from core.env import ROOT


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return found


def test_every_queue_has_a_worker_and_nothing_is_started_twice(services: dict[str, Any]) -> None:
    commands = [service.get("command", []) for service in services.values()]
    queues = [name for command in commands if "core.worker" in command for name in command[3:]]
    assert sorted(queues) == sorted(settings.QUEUES)
    assert sum("core.clock" in command for command in commands) == 1


def test_every_command_exists(services: dict[str, Any]) -> None:
    modules = [
        part for s in services.values() for part in s.get("command", []) if part.startswith("core.")
    ]
    assert modules
    assert all(find_spec(module) for module in modules)


def test_the_proxy_limits_how_slow_and_how_large_a_request_may_be() -> None:
    config = (ROOT / "deploy" / "nginx.conf").read_text()
    for line in (
        "client_header_timeout 10s;",
        "client_body_timeout 10s;",
        "client_max_body_size 1m;",
    ):
        assert line in config


def test_the_example_names_every_setting_that_compose_requires() -> None:
    example = (ROOT / ".env.example").read_text()
    for name in ("SECRET_KEY=", "FIELD_ENCRYPTION_KEYS=", "POSTGRES_PASSWORD=", "PUBLIC_URL="):
        assert f"\n{name}" in example
