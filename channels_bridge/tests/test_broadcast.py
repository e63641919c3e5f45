"""A layer that is dead or frozen is a lost hint, never an error of the one who wrote."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.conf import LazySettings

from channels_bridge.broadcast import send
from messaging.models import Channel, Message
from messaging.tests.inbox_data import customer_says


def use_layer_at(settings: LazySettings, port: int) -> None:
    layer: Any = settings.CHANNEL_LAYERS["default"]
    config = {**layer["CONFIG"], "hosts": [f"redis://127.0.0.1:{port}"]}
    settings.CHANNEL_LAYERS = {"default": {**layer, "CONFIG": config}}


@pytest.fixture
async def frozen_port() -> AsyncIterator[int]:
    """A server that takes connections and says nothing."""
    gone = asyncio.Event()

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    gone.set()
    server.close()


async def test_a_frozen_layer_ends_the_attempt_without_an_error(
    settings: LazySettings, frozen_port: int
) -> None:
    use_layer_at(settings, frozen_port)
    hints = [send("inbox.x", {"type": "live.events", "events": [{}]}) for _ in range(50)]
    await asyncio.wait_for(asyncio.gather(*hints), timeout=30)


@pytest.mark.django_db(transaction=True)
async def test_a_message_is_stored_though_the_layer_is_frozen(
    settings: LazySettings, frozen_port: int, telegram_channel: Channel
) -> None:
    use_layer_at(settings, frozen_port)
    await database_sync_to_async(customer_says)(telegram_channel, "Hello")
    assert await Message.objects.filter(text="Hello").aexists()


async def test_a_dead_layer_is_no_error_either(settings: LazySettings) -> None:
    use_layer_at(settings, 1)
    await asyncio.wait_for(send("inbox.x", {"type": "live.events", "events": [{}]}), timeout=30)
