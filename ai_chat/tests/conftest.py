"""A person's chat and a model to ask. Models are imported late: this file loads before Django."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from AI_model.testing.model_server import ModelServer


@pytest.fixture
def model(settings: Any) -> Iterator[ModelServer]:
    """An OpenAI on loopback, and no other vendor."""
    from AI_model.testing.model_server import ModelServer

    with ModelServer() as server:
        for name, value in server.settings("openai").items():
            setattr(settings, name, value)
        yield server
