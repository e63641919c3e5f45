"""The socket of a staff chat, from the frame that asks to the words that come."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from django.urls import path

from accounts.models import User
from ai_chat.answering.live import overlay
from ai_chat.answering.run import write
from ai_chat.models import AIChat, AIMessage
from ai_chat.services.chats import delete_chat
from AI_model.testing.model_server import ModelServer
from channels_bridge.auth import SocketAuthMiddleware
from channels_bridge.broadcast import send
from channels_bridge.consumers_ai_chat import AIChatConsumer
from channels_bridge.events_ai_chat import CHAT_SCHEMAS
from channels_bridge.groups import ai_chat_group
from channels_bridge.tests.sockets import OWN_ORIGIN, Opener, Socket, bearer, close_code, session_of

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "one two three four five six seven eight nine ten"
Frame = dict[str, Any]


@pytest.fixture
def model(settings: Any) -> Iterator[ModelServer]:
    with ModelServer() as server:
        for name, value in server.settings("openai").items():
            setattr(settings, name, value)
        yield server


async def open_chat(open_socket: Opener, user: User, chat: AIChat, **options: Any) -> Socket:
    return await open_socket(f"/ws/ai-chat/{chat.pk}/", headers=await bearer(user), **options)


async def frames_until(socket: Socket, kind: str) -> list[Frame]:
    frames: list[Frame] = []
    while not frames or frames[-1]["type"] != kind:
        frames.append(await socket.receive_json_from(timeout=20))
    return frames


async def say(socket: Socket, content: str = "Count", **options: Any) -> str:
    """The id of the answer that will be written."""
    await socket.send_json_to({"type": "message", "content": content, **options})
    asked, answer = [(await frames_until(socket, "message.created"))[-1] for _ in range(2)]
    assert (asked["message"]["content"], answer["message"]["state"]) == (content, "pending")
    return str(answer["message"]["id"])


def writing(answer_id: str) -> "asyncio.Task[None]":
    """As a worker does, in a thread of its own."""

    async def work() -> None:
        await database_sync_to_async(write, thread_sensitive=False)(answer_id)

    return asyncio.create_task(work())


async def test_words_come_as_the_model_says_them_and_then_the_whole_answer(
    open_socket: Opener, agent: User, ai_chat: AIChat, model: ModelServer
) -> None:
    model.behave("ok", text=WORDS, pause=0.02)
    socket = await open_chat(open_socket, agent, ai_chat)
    answer_id = await say(socket)
    work = writing(answer_id)
    *deltas, done = await frames_until(socket, "assistant.done")
    await work
    assert {frame["type"] for frame in deltas} == {"assistant.delta"}
    assert "".join(frame["text"] for frame in deltas) == WORDS
    assert deltas[0]["offset"] == 0 and len(deltas) > 1
    assert (done["message"]["id"], done["message"]["content"]) == (answer_id, WORDS)
    assert done["message"]["state"] == "done"
    for frame in [*deltas, done]:
        assert frame["at"] and frame["ai_chat_id"] == ai_chat.pk
    ids = [frame["id"] for frame in [*deltas, done]]
    assert ids == sorted(ids) and ids[0] > 0


async def test_no_frame_waits_for_the_thread_that_speaks_to_the_database(
    open_socket: Opener, agent: User, ai_chat: AIChat
) -> None:
    socket = await open_chat(open_socket, agent, ai_chat)
    busy, free = threading.Barrier(2), threading.Event()

    def speak() -> None:
        busy.wait(20)
        free.wait(20)

    speaking = asyncio.create_task(database_sync_to_async(speak)())
    await asyncio.to_thread(busy.wait, 20)
    try:
        await socket.send_json_to({"type": "ping"})
        assert await socket.receive_json_from(timeout=10) == {"type": "pong"}
        event = {"type": "live.events", "events": [{"type": "assistant.delta"}]}
        await send(ai_chat_group(ai_chat.pk), event)
        assert await socket.receive_json_from(timeout=10) == {"type": "assistant.delta"}
    finally:
        free.set()
        await speaking


async def test_all_sockets_of_the_user_hear_it_and_nobody_elses(
    open_socket: Opener, agent: User, owner: User, ai_chat: AIChat, model: ModelServer
) -> None:
    first = await open_chat(open_socket, agent, ai_chat)
    second = await open_chat(open_socket, agent, ai_chat)
    inbox = await open_socket("/ws/inbox/", headers=await bearer(owner))
    answer_id = await say(first)
    await writing(answer_id)
    for socket in (first, second):
        assert (await frames_until(socket, "assistant.done"))[-1]["message"]["state"] == "done"
    while not await inbox.receive_nothing(timeout=0.3):
        assert (await inbox.receive_json_from())["type"] == "presence"


async def test_nobody_else_opens_it_not_even_the_owner_of_the_business(
    open_socket: Opener, owner: User, stranger: User, staff: User, ai_chat: AIChat
) -> None:
    for other in (owner, stranger, staff):
        socket = await open_chat(open_socket, other, ai_chat)
        assert await close_code(socket) == 4404


@pytest.mark.parametrize("identity", ["nothing", "a\0b", "x" * 300])
async def test_a_chat_that_does_not_exist_looks_like_one_of_others(
    identity: str, open_socket: Opener, agent: User
) -> None:
    socket = await open_socket(f"/ws/ai-chat/{identity}/", headers=await bearer(agent))
    assert await close_code(socket) == 4404


async def test_a_page_of_another_site_is_refused(
    open_socket: Opener, agent: User, ai_chat: AIChat
) -> None:
    _, cookie = await session_of(agent)
    foreign = [*cookie, (b"origin", b"https://evil.example")]
    assert not (await open_socket(f"/ws/ai-chat/{ai_chat.pk}/", headers=foreign)).accepted
    own = [*cookie, *OWN_ORIGIN]
    socket = await open_socket(f"/ws/ai-chat/{ai_chat.pk}/", headers=own)
    await socket.send_json_to({"type": "ping"})
    assert (await frames_until(socket, "pong"))[-1] == {"type": "pong"}


async def test_who_leaves_the_business_loses_the_socket(
    open_socket: Opener, agent: User, ai_chat: AIChat
) -> None:
    socket = await open_chat(open_socket, agent, ai_chat)
    await socket.send_json_to({"type": "ping"})
    await frames_until(socket, "pong")
    agent.is_active = False
    await agent.asave()
    assert await close_code(socket) == 4401


async def test_a_deleted_chat_closes_its_sockets(
    open_socket: Opener, agent: User, ai_chat: AIChat
) -> None:
    quick = AIChatConsumer.as_asgi(recheck_seconds=0.05, settle_seconds=0)
    route = path("ws/ai-chat/<str:ai_chat_id>/", SocketAuthMiddleware(quick))  # type: ignore[arg-type]
    socket = await open_chat(open_socket, agent, ai_chat, app=URLRouter([route]))
    await database_sync_to_async(delete_chat)(chat=ai_chat)
    assert await close_code(socket) == 4404


@pytest.mark.parametrize(
    ("frame", "code", "word"),
    [
        ({"type": "message"}, "invalid", "content"),
        ({"type": "message", "content": "  "}, "invalid", "content"),
        ({"type": "message", "content": ["a"]}, "invalid", "content"),
        (
            {"type": "message", "content": "a", "include_related_chat_context": "yes"},
            "invalid",
            "include_related_chat_context",
        ),
        (
            {"type": "message", "content": "a", "context_message_limit": 0},
            "invalid",
            "context_message_limit",
        ),
        (
            {"type": "message", "content": "a", "context_message_limit": True},
            "invalid",
            "context_message_limit",
        ),
        ({"type": "message", "content": "a", "client_key": 7}, "invalid", "client_key"),
        ({"type": "shout"}, "unknown_type", "message"),
        ({}, "unknown_type", "message"),
    ],
)
async def test_what_we_cannot_take_is_an_error_and_the_socket_stays(
    frame: Frame, code: str, word: str, open_socket: Opener, agent: User, ai_chat: AIChat
) -> None:
    socket = await open_chat(open_socket, agent, ai_chat)
    await socket.send_json_to(frame)
    [error] = await frames_until(socket, "error")
    assert error["code"] == code and word in error["detail"]
    assert not await AIMessage.objects.aexists()
    await socket.send_json_to({"type": "ping"})
    await frames_until(socket, "pong")


async def test_a_message_while_an_answer_is_written_is_an_error(
    open_socket: Opener, agent: User, ai_chat: AIChat
) -> None:
    socket = await open_chat(open_socket, agent, ai_chat)
    await say(socket)
    await socket.send_json_to({"type": "message", "content": "And more"})
    assert (await frames_until(socket, "error"))[-1]["code"] == "answering"


async def test_a_failed_answer_is_an_error_with_its_message_and_then_the_row(
    open_socket: Opener, agent: User, ai_chat: AIChat, model: ModelServer
) -> None:
    model.behave("bad_key")
    socket = await open_chat(open_socket, agent, ai_chat)
    answer_id = await say(socket)
    await writing(answer_id)
    error, done = await frames_until(socket, "assistant.done")
    assert (error["type"], error["code"], error["message_id"]) == (
        *("error", "key_rejected"),
        answer_id,
    )
    assert "key" in error["detail"]
    assert (done["message"]["state"], done["message"]["failure"]["code"]) == (
        *("failed", "key_rejected"),
    )


async def test_stop_ends_the_answer_at_once_keeps_what_came_and_closes_the_call(
    open_socket: Opener, agent: User, ai_chat: AIChat, model: ModelServer
) -> None:
    model.behave("ok", text=WORDS * 100, pause=0.02)
    socket = await open_chat(open_socket, agent, ai_chat)
    answer_id = await say(socket)
    work = writing(answer_id)
    await frames_until(socket, "assistant.delta")
    await socket.send_json_to({"type": "stop"})
    done = (await frames_until(socket, "assistant.done"))[-1]["message"]
    assert done["state"] == "stopped" and done["content"]
    await asyncio.wait_for(work, timeout=10)
    row = await AIMessage.objects.aget(pk=answer_id)
    assert row.state == "stopped" and row.content.startswith(done["content"])
    assert row.claim_token == "" and row.total_tokens is not None
    assert len(model.calls) == 1
    async with asyncio.timeout(10):  # the vendor notices a moment later
        while model.in_flight:
            await asyncio.sleep(0.01)


async def test_stop_does_not_wait_for_a_first_word(
    open_socket: Opener, agent: User, ai_chat: AIChat, model: ModelServer
) -> None:
    model.behave("thinks", seconds=30.0)
    socket = await open_chat(open_socket, agent, ai_chat)
    work = writing(await say(socket))
    while not model.calls:
        await asyncio.sleep(0.01)
    await socket.send_json_to({"type": "stop"})
    done = (await frames_until(socket, "assistant.done"))[-1]["message"]
    assert (done["state"], done["content"]) == ("stopped", "")
    await asyncio.wait_for(work, timeout=10)


async def test_a_page_that_comes_back_reads_what_came_and_goes_on_from_there(
    open_socket: Opener, agent: User, ai_chat: AIChat, model: ModelServer
) -> None:
    model.behave("ok", text=WORDS * 5, pause=0.03)
    before = await open_chat(open_socket, agent, ai_chat)
    answer_id = await say(before)
    work = writing(answer_id)
    for _ in range(3):
        await frames_until(before, "assistant.delta")
    await before.disconnect()
    after = await open_chat(open_socket, agent, ai_chat)
    row = await AIMessage.objects.aget(pk=answer_id)
    await database_sync_to_async(overlay)([row])
    text = row.content
    assert row.state == "streaming" and text
    for frame in (await frames_until(after, "assistant.done"))[:-1]:
        assert frame["offset"] <= len(text), "no word is missing in between"
        text = text[: frame["offset"]] + frame["text"]
    await work
    assert text == WORDS * 5


async def test_a_second_page_sees_what_the_first_one_asks(
    open_socket: Opener, agent: User, ai_chat: AIChat
) -> None:
    first = await open_chat(open_socket, agent, ai_chat)
    second = await open_chat(open_socket, agent, ai_chat)
    answer_id = await say(first, "Hello")
    asked, answer = [(await frames_until(second, "message.created"))[-1] for _ in range(2)]
    assert (asked["message"]["role"], answer["message"]["id"]) == ("user", answer_id)
    assert asked["message"]["siblings"] == [asked["message"]["id"]]


def test_every_event_type_of_the_contract_has_a_schema() -> None:
    assert [schema.type for schema in CHAT_SCHEMAS] == [
        *("message.created", "assistant.delta", "assistant.done", "error", "chat.changed"),
    ]
