"""Which providers the settings bring, and that none costs anything before its first use."""

import os
import subprocess
import sys

import pytest
from pytest_django import Settings

from AI_model.providers.registry import configured_chain, configured_names, model_choices

KEYS = {"gemini": "GEMINI_API_KEY", "openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}


def configure(settings: Settings, *vendors: str, embedded: bool = True) -> None:
    for vendor, name in KEYS.items():
        setattr(settings, name, "key" if vendor in vendors else "")
    settings.EMBEDDED_ANSWERS = embedded
    settings.GEMINI_MODEL, settings.OPENAI_MODEL = "gemini-x", "gpt-x"
    settings.ANTHROPIC_MODEL = "claude-x"


@pytest.mark.parametrize(
    ("vendors", "embedded", "names"),
    [
        ((), True, ["embedded"]),
        ((), False, []),
        (("anthropic", "gemini"), True, ["gemini", "anthropic", "embedded"]),
        (("openai", "gemini", "anthropic"), False, ["gemini", "openai", "anthropic"]),
    ],
)
def test_only_what_is_configured_stands_in_the_chain(
    settings: Settings, vendors: tuple[str, ...], embedded: bool, names: list[str]
) -> None:
    configure(settings, *vendors, embedded=embedded)
    assert configured_names() == names
    assert [provider.kind for provider in configured_chain()] == names


@pytest.mark.parametrize(
    ("model_name", "models"),
    [
        ("", ["gemini-x", "gpt-x", "embedded"]),
        ("gpt-x", ["gpt-x", "gemini-x", "embedded"]),
        ("embedded", ["embedded", "gemini-x", "gpt-x"]),
        ("gone", ["gemini-x", "gpt-x", "embedded"]),
    ],
)
def test_the_chosen_model_comes_first_and_the_others_follow(
    settings: Settings, model_name: str, models: list[str]
) -> None:
    configure(settings, "gemini", "openai")
    assert [provider.model for provider in configured_chain(model_name=model_name)] == models
    assert model_choices() == ["gemini-x", "gpt-x", "embedded"]


SCRIPT = """
import sys, django
django.setup()
import AI_model.models, AI_model.generation, AI_model.providers.registry as registry
registry.configured_names(), registry.model_choices(), registry.configured_chain()
import core.serve, core.worker
from django.urls import get_resolver
get_resolver().url_patterns
heavy = ["openai", "anthropic", "google.genai", "httpx2"]
heavy += ["numpy", "onnxruntime", "tokenizers", "pypdf", "docx", "trafilatura"]
print([name for name in heavy if name in sys.modules])
"""


@pytest.mark.once
def test_no_sdk_and_no_arithmetic_is_imported_before_it_is_used(settings: Settings) -> None:
    unset = dict.fromkeys(KEYS.values(), "")
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, **unset, "DJANGO_SETTINGS_MODULE": "core.settings"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "[]"
