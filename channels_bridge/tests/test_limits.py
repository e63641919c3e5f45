"""What one holder of a socket may ask for, and what becomes of a socket that asks for more."""

import asyncio
from typing import Any

import pytest
from channels.routing import URLRouter
from django.urls import path

from accounts.models import User
from channels_bridge.auth import SocketAuthMiddleware
from channels_bridge.broadcast import broadcast
from channels_bridge.consumers import InboxConsumer
from channels_bridge.events import Presence
from channels_bridge.groups import inbox_group
from channels_bridge.limits import FrameBudget
from channels_bridge.tests.sockets import Opener, bearer, close_code, next_event

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_frame_over_64_kb_closes_the_socket(open_socket: Opener, agent: User) -> None:
    socket = await open_socket("/ws/inbox/", headers=await bearer(agent))
    await socket.send_to(text_data='{"type":"ping","x":"' + "y" * 65_536 + '"}')
    assert await close_code(socket) == 1009


@pytest.mark.parametrize("text", ["hello", "[1]", "{", '{"type": NaN}', "[" * 500, '"\\u0000"'])
async def test_a_frame_that_is_no_json_object_closes_the_socket(
    open_socket: Opener, agent: User, text: str
) -> None:
    socket = await open_socket("/ws/inbox/", headers=await bearer(agent))
    await socket.send_to(text_data=text)
    assert await close_code(socket) == 1008


async def test_a_binary_frame_closes_the_socket(open_socket: Opener, agent: User) -> None:
    socket = await open_socket("/ws/inbox/", headers=await bearer(agent))
    await socket.send_to(bytes_data=b"\x00\x01")
    assert await close_code(socket) == 1008


@pytest.mark.parametrize("frame", [{}, {"type": "subscribe"}, {"type": ["ping"]}, {"type": None}])
async def test_an_unknown_frame_is_answered_with_what_is_known(
    open_socket: Opener, agent: User, frame: dict[str, object]
) -> None:
    socket = await open_socket("/ws/inbox/", headers=await bearer(agent))
    await socket.send_json_to({**frame, "x": 1})
    assert (await next_event(socket, "error"))["code"] == "unknown_type"
    await socket.send_json_to({"type": "ping"})
    await next_event(socket, "pong")


async def test_the_hundred_and_first_frame_of_a_minute_closes_the_socket(
    open_socket: Opener, agent: User
) -> None:
    socket = await open_socket("/ws/inbox/", headers=await bearer(agent))
    for _ in range(100):
        await socket.send_json_to({"type": "ping"})
        await next_event(socket, "pong")
    await socket.send_json_to({"type": "ping"})
    assert await close_code(socket) == 1008


async def test_a_user_holds_ten_sockets_and_gets_the_place_of_a_closed_one(
    open_socket: Opener, agent: User
) -> None:
    header = await bearer(agent)
    sockets = [await open_socket("/ws/inbox/", headers=header) for _ in range(10)]
    assert await close_code(await open_socket("/ws/inbox/", headers=header)) == 4429
    await sockets[0].disconnect(timeout=10)
    another = await open_socket("/ws/inbox/", headers=header)
    await another.send_json_to({"type": "ping"})
    await next_event(another, "pong")


def test_a_frame_budget_fills_up_again_as_time_goes_by() -> None:
    now = 0.0
    budget = FrameBudget(frames=2, seconds=60, clock=lambda: now)
    assert [budget.take(), budget.take(), budget.take()] == [True, True, False]
    now = 59.9
    assert not budget.take()
    now = 60.0
    assert [budget.take(), budget.take(), budget.take()] == [True, True, False]


async def test_a_reader_that_takes_nothing_is_kept_nothing_and_sent_away_once_it_reads(
    open_socket: Opener, agent: User
) -> None:
    reads = asyncio.Event()
    inbox = SocketAuthMiddleware(InboxConsumer.as_asgi(send_seconds=0.05))
    routes = URLRouter([path("ws/inbox/", inbox)])  # type: ignore[arg-type]

    async def behind_a_full_pipe(scope: Any, receive: Any, send: Any) -> None:
        async def push(message: dict[str, Any]) -> None:
            if message["type"] != "websocket.accept":
                await reads.wait()
            await send(message)

        await routes(scope, receive, push)

    socket = await open_socket("/ws/inbox/", headers=await bearer(agent), app=behind_a_full_pipe)
    group = inbox_group(agent.business_id or "")
    user = {"id": agent.pk, "name": "somebody"}
    for _ in range(20):
        await broadcast(group, Presence(id=0, conversation_id=None, user=user, here=True))
    await asyncio.sleep(0.3)
    reads.set()
    output = await socket.receive_output(timeout=10)
    assert (output["type"], output.get("code")) == ("websocket.close", 1013)
