"""Sockets opened against the real routing and the real Valkey layer."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client

from accounts.models import User
from accounts.services import issue_tokens
from channels_bridge.routing import websocket_application
from messaging.models import Channel, Conversation, Customer

HOST = [(b"host", b"testserver")]
OWN_ORIGIN = [(b"origin", b"http://testserver")]


class Socket(WebsocketCommunicator):
    accepted: bool
    code: int | str | None  # the close code, or the subprotocol of an accepted socket


Opener = Callable[..., Awaitable[Socket]]


@asynccontextmanager
async def opening_sockets() -> AsyncIterator[Opener]:
    """`await open_socket(path, headers=…, app=…)`; every socket is closed at the end."""
    opened: list[Socket] = []

    async def start(
        path: str,
        *,
        headers: list[tuple[bytes, bytes]] | None = None,
        subprotocols: list[str] | None = None,
        app: Any = websocket_application,
    ) -> Socket:
        socket = Socket(app, path, [*HOST, *(headers or [])], subprotocols)
        opened.append(socket)
        socket.accepted, socket.code = await socket.connect(timeout=10)
        return socket

    yield start
    for socket in opened:
        await socket.disconnect(timeout=10)


def make_conversation(channel: Channel, key: str) -> Conversation:
    customer = Customer.objects.create(
        business_id=channel.business_id, channel=channel, external_id=key, name="Mara"
    )
    return Conversation.objects.create(
        business_id=channel.business_id,
        channel=channel,
        customer=customer,
        external_id=key,
        status="active",
    )


@database_sync_to_async
def bearer(user: User) -> list[tuple[bytes, bytes]]:
    token = issue_tokens(user=user).access
    return [(b"authorization", f"Bearer {token}".encode())]


@database_sync_to_async
def session_of(user: User) -> tuple[Client, list[tuple[bytes, bytes]]]:
    """A browser that is logged in, and the header with its cookie."""
    client = Client()
    client.force_login(user, backend="accounts.backends.UsernameOrEmailBackend")
    return client, [(b"cookie", f"session={client.cookies['session'].value}".encode())]


async def close_code(socket: Socket) -> int:
    """The code that the server closes with, whatever it says before."""
    while True:
        output = await socket.receive_output(timeout=10)
        if output["type"] == "websocket.close":
            return int(output["code"])


async def next_event(socket: Socket, kind: str) -> dict[str, Any]:
    """The next event of this type."""
    while True:
        event: dict[str, Any] = await socket.receive_json_from(timeout=10)
        if event["type"] == kind:
            return event
