"""Models are imported late: this file loads before Django."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from accounts.models import User
    from ai_chat.models import AIChat
    from channels_bridge.tests.sockets import Opener
    from messaging.models import Channel, Conversation


@pytest.fixture
async def open_socket() -> AsyncIterator[Opener]:
    from channels_bridge.tests.sockets import opening_sockets

    async with opening_sockets() as opener:
        yield opener


@pytest.fixture
def conversation(telegram_channel: Channel) -> Conversation:
    from channels_bridge.tests.sockets import make_conversation

    return make_conversation(telegram_channel, "4711")


@pytest.fixture
def visitor_chat(webchat_channel: Channel) -> Conversation:
    from channels_bridge.tests.sockets import make_conversation

    return make_conversation(webchat_channel, "visitor1")


@pytest.fixture
def ai_chat(agent: User) -> AIChat:
    from ai_chat.services.chats import start_chat

    return start_chat(user=agent)
