"""Starts the real engines, then lets pytest-django read the settings."""

import os

import pytest
from django.conf import settings

from core.testing.engines import ENGINES, Engines

pytest_plugins = ["core.testing.fixtures", "core.testing.sharing"]


def pytest_addoption(parser: pytest.Parser) -> None:
    default = "postgresql" if os.environ.get("TEST_DATABASE_URL") else "sqlite"
    parser.addoption(
        "--database",
        choices=["sqlite", "postgresql"],
        default=default,
        help="the engine that every test runs on",
    )


def pytest_configure(config: pytest.Config) -> None:
    if settings.configured:
        raise pytest.UsageError(
            "Unset DJANGO_SETTINGS_MODULE: the tests choose their own settings."
        )
    engines = Engines(config.getoption("--database"))
    config.stash[ENGINES] = engines
    config.add_cleanup(engines.stop)
    engines.start()
    os.environ["DJANGO_SETTINGS_MODULE"] = "core.settings"
    use_test_settings()


def use_test_settings() -> None:
    """Cheap password hashes, and static files straight from their sources."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    settings.STATIC_ROOT.mkdir(exist_ok=True)
