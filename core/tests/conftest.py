"""A server with a model behind it, for programs that chat over the network.

Models are imported late: this file loads before Django.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from core.testing.fixtures import PASSWORD
from core.testing.serving import serving

if TYPE_CHECKING:
    from accounts.models import User
    from AI_model.testing.model_server import ModelServer


@pytest.fixture
def vendor(settings: Any) -> Iterator[ModelServer]:
    """An OpenAI on loopback, and no other vendor; this process knows it too."""
    from AI_model.testing.model_server import ModelServer

    with ModelServer() as server:
        for name, value in server.settings("openai").items():
            setattr(settings, name, value)
        yield server


@pytest.fixture
def chat_host(settings: Any, vendor: ModelServer, owner: User, other_owner: User) -> Iterator[str]:
    """Its people log in with PASSWORD; the tests hash more cheaply than it does."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    for user in (owner, other_owner):
        user.set_password(PASSWORD)
        user.save()
    with serving(vendor.settings("openai")) as url:
        yield url
