"""Gemini through the library that its maker gave up: chosen, sent, missing."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django import Settings

from accounts.models import User
from AI_model.breaker import forget_breakers
from AI_model.providers.base import CompletionRequest, Turn
from AI_model.providers.gemini import GeminiProvider
from AI_model.providers.google_generativeai import GoogleGenerativeAIProvider
from AI_model.providers.registry import LEGACY_PACKAGE, configured_chain
from AI_model.testing.model_server import ModelServer
from AI_model.testing.requests import a_request
from core.lib.clock import Deadline


@pytest.fixture
def server(settings: Settings) -> Iterator[ModelServer]:
    forget_breakers()
    with ModelServer() as running:
        for name, value in running.settings("gemini").items():
            setattr(settings, name, value)
        settings.GEMINI_SDK = "google-generativeai"
        yield running


@pytest.mark.parametrize(
    ("sdk", "provider"),
    [("google-genai", GeminiProvider), ("google-generativeai", GoogleGenerativeAIProvider)],
)
def test_the_setting_chooses_the_library(
    server: ModelServer, settings: Settings, sdk: str, provider: type
) -> None:
    settings.GEMINI_SDK = sdk
    gemini = configured_chain()[0]
    assert type(gemini) is provider
    assert gemini.complete(a_request()).provider == "gemini"


def test_turns_and_limits_go_out_as_the_api_wants_them(server: ModelServer) -> None:
    turns = (Turn("user", "Hi"), Turn("assistant", "Hello"), Turn("user", "Are you open?"))
    request = CompletionRequest("Be brief.", turns, 200, 0.3, Deadline.after(20))
    GoogleGenerativeAIProvider(
        model="gemini-3.5-flash-lite", api_key="one-key", base_url=server.url
    ).complete(request)
    call = server.calls[0]
    assert call.path == "/v1beta/models/gemini-3.5-flash-lite:generateContent"
    assert call.headers["x-goog-api-key"] == "one-key"
    assert call.texts == [
        ("system", "Be brief."),
        ("user", "Hi"),
        ("model", "Hello"),
        ("user", "Are you open?"),
    ]
    assert call.body["generationConfig"] == {"maxOutputTokens": 200 + 1024}


def test_a_model_that_heeds_temperature_gets_it(server: ModelServer) -> None:
    provider = GoogleGenerativeAIProvider(
        model="gemini-2.5-flash-lite", api_key="key", base_url=server.url
    )
    provider.complete(a_request())
    assert server.calls[0].body["generationConfig"]["temperature"] == pytest.approx(0.3)


def test_each_key_keeps_to_itself(server: ModelServer) -> None:
    """The SDK alone would hold one key for the whole process."""
    one, other = (
        GoogleGenerativeAIProvider(model="gemini-x", api_key=key, base_url=server.url)
        for key in ("one", "other")
    )
    for provider in (one, other, one):
        provider.complete(a_request())
    assert [call.headers["x-goog-api-key"] for call in server.calls] == ["one", "other", "one"]


@pytest.mark.django_db
def test_a_missing_library_is_named_with_its_remedy(
    server: ModelServer, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "google.generativeai", None)
    for command in (["ai_control", "validate"], ["ai_control", "test"], ["test_ai_setup"]):
        out = StringIO()
        with pytest.raises(SystemExit) as stopped:
            call_command(*command, stdout=out)
        assert stopped.value.code == 1
        assert f"pip install {LEGACY_PACKAGE}" in out.getvalue()
    assert server.calls == []


def test_the_remedy_names_the_version_that_is_tested(settings: Settings) -> None:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    assert project["project"]["optional-dependencies"]["legacy-gemini"] == [LEGACY_PACKAGE]
    assert LEGACY_PACKAGE in project["dependency-groups"]["dev"]
    assert "google-generativeai==" not in (settings.BASE_DIR / "requirements.txt").read_text()


SCRIPT = """
import sys, warnings, django
django.setup()
from AI_model.providers.registry import LEGACY_PACKAGE, configured_chain
from AI_model.testing.requests import a_request
gemini = configured_chain()[0]
print("google.generativeai" in sys.modules)
print(gemini.complete(a_request()).text)
print("google.generativeai" in sys.modules)
try:
    warnings.warn("Another one", FutureWarning)
except FutureWarning:
    print("heard")
"""


def python(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **env, "DJANGO_SETTINGS_MODULE": "core.settings"}
    return subprocess.run([sys.executable, *words], env=env, capture_output=True, text=True)


@pytest.mark.once
def test_it_is_imported_at_the_first_question_and_only_its_own_warnings_are_silenced() -> None:
    with ModelServer() as server:
        env = server.settings("gemini") | {"GEMINI_SDK": "google-generativeai"}
        done = python("-W", "error::FutureWarning", "-c", SCRIPT, **env)
    assert done.stdout.splitlines() == ["False", "Answer to: When do you open?", "True", "heard"]
    assert "FutureWarning" not in done.stderr


@pytest.mark.once
def test_an_unknown_library_stops_the_start_with_one_line() -> None:
    done = python("-c", "import core.settings", GEMINI_SDK="google-gemini")
    assert done.returncode == 1
    assert done.stderr == (
        "Setting GEMINI_SDK: “google-gemini” is not one of google-genai, google-generativeai.\n"
    )
