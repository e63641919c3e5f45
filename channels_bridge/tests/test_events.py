"""What watchers are told, from the service that writes to the frame on the socket."""

import multiprocessing
import os
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.db import transaction

from accounts.models import User
from channels_bridge.events import SCHEMAS
from channels_bridge.tests.sockets import Opener, bearer, next_event
from messaging.models import Channel, Conversation
from messaging.services.conversations import send_support_message, take_over
from messaging.services.receive import receive_events
from messaging.signals import typing
from messaging.types import EventKind, InboundMessage
from messaging.webchat.tokens import issue_token, read_token

pytestmark = pytest.mark.django_db(transaction=True)

MESSAGE_FIELDS = {
    *("id", "conversation_id", "type", "text", "attachments", "created_at"),
    *("delivery", "failure", "citations", "options", "verdict"),
}
CONVERSATION_FIELDS = {
    *("id", "status", "channel", "customer", "assigned_to", "unread", "needs_a_look"),
    *("handover_reason", "last_message", "window", "created_at", "updated_at"),
}


def write(channel: Channel, text: str, key: str, sender: str = "4711") -> None:
    event = InboundMessage(
        kind=EventKind.MESSAGE,
        dedupe_key=key,
        conversation_key=sender,
        customer_key=sender,
        external_id=key,
        text=text,
    )
    receive_events(channel=channel, events=[event], raw=b"{}")


async def test_a_customers_message_reaches_the_inbox_with_all_public_fields(
    open_socket: Opener, agent: User, telegram_channel: Channel
) -> None:
    inbox = await open_socket("/ws/inbox/", headers=await bearer(agent))
    await database_sync_to_async(write)(telegram_channel, "Is it open?", "1")
    created = await next_event(inbox, "message.created")
    changed = await next_event(inbox, "conversation.changed")
    assert set(created["message"]) == MESSAGE_FIELDS
    assert set(changed["conversation"]) == CONVERSATION_FIELDS
    assert created["message"]["text"] == "Is it open?"
    assert changed["conversation"]["unread"] == 1
    assert created["conversation_id"] == changed["conversation_id"]
    assert created["id"] == changed["id"] == 1
    assert created["at"]


async def test_another_business_hears_nothing(
    open_socket: Opener, agent: User, stranger: User, telegram_channel: Channel
) -> None:
    ours = await open_socket("/ws/inbox/", headers=await bearer(agent))
    theirs = await open_socket("/ws/inbox/", headers=await bearer(stranger))
    await next_event(theirs, "presence")
    await database_sync_to_async(write)(telegram_channel, "Hello", "1")
    await next_event(ours, "message.created")
    assert await theirs.receive_nothing(timeout=0.3)


async def test_a_conversations_socket_hears_that_conversation_only(
    open_socket: Opener, agent: User, telegram_channel: Channel, conversation: Conversation
) -> None:
    path = f"/ws/conversations/{conversation.id}/"
    socket = await open_socket(path, headers=await bearer(agent))
    await database_sync_to_async(write)(telegram_channel, "of somebody else", "1", "999")
    await database_sync_to_async(write)(telegram_channel, "mine", "2")
    assert (await next_event(socket, "message.created"))["message"]["text"] == "mine"


async def test_event_ids_grow_within_a_conversation(
    open_socket: Opener, agent: User, telegram_channel: Channel
) -> None:
    inbox = await open_socket("/ws/inbox/", headers=await bearer(agent))
    for number in range(3):
        await database_sync_to_async(write)(telegram_channel, "again", str(number))
    ids = [(await next_event(inbox, "message.created"))["id"] for _ in range(3)]
    assert ids == sorted(set(ids))


async def test_nothing_is_told_of_a_write_that_was_rolled_back(
    open_socket: Opener, agent: User, telegram_channel: Channel
) -> None:
    inbox = await open_socket("/ws/inbox/", headers=await bearer(agent))

    def write_and_fail() -> None:
        with pytest.raises(RuntimeError), transaction.atomic():
            write(telegram_channel, "never", "1")
            raise RuntimeError

    await database_sync_to_async(write_and_fail)()
    await database_sync_to_async(write)(telegram_channel, "kept", "2")
    assert (await next_event(inbox, "message.created"))["message"]["text"] == "kept"


async def test_a_visitor_learns_who_answers_but_no_name_and_no_note(
    open_socket: Opener, agent: User, webchat_channel: Channel
) -> None:
    token = issue_token(webchat_channel.id)
    visitor = read_token(token)
    assert visitor
    socket = await open_socket(
        f"/ws/widget/{webchat_channel.id}/", subprotocols=["deskbell.widget", token]
    )

    def talk() -> None:
        write(webchat_channel, "Hello", "1", visitor.id)
        conversation = Conversation.objects.get()
        take_over(conversation=conversation, user=agent)
        send_support_message(conversation=conversation, user=agent, text="not sent yet")

    await database_sync_to_async(talk)()
    heard: list[dict[str, Any]] = []
    while not heard or heard[-1].get("conversation", {}).get("handled_by") != "person":
        heard.append(await socket.receive_json_from(timeout=10))
    assert heard[0]["message"]["text"] == "Hello"
    assert [event["type"] for event in heard].count("message.created") == 1
    assert agent.username not in str(heard)


async def test_typing_of_the_ai_reaches_people_and_the_visitor(
    open_socket: Opener, agent: User, visitor_chat: Conversation
) -> None:
    inbox = await open_socket("/ws/inbox/", headers=await bearer(agent))
    path = f"/ws/conversations/{visitor_chat.id}/"
    watcher = await open_socket(path, headers=await bearer(agent))
    await database_sync_to_async(typing.send)(sender=None, conversation=visitor_chat, by="AI")
    for socket in (inbox, watcher):
        event = await next_event(socket, "agent.typing")
        assert (event["by"], event["conversation_id"]) == ("AI", visitor_chat.id)


async def test_typing_of_an_agent_is_told_but_not_in_another_business(
    open_socket: Opener, agent: User, stranger: User, visitor_chat: Conversation
) -> None:
    path = f"/ws/conversations/{visitor_chat.id}/"
    watcher = await open_socket(path, headers=await bearer(agent))
    inbox = await open_socket("/ws/inbox/", headers=await bearer(agent))
    foreign = await open_socket("/ws/inbox/", headers=await bearer(stranger))
    frame = {"type": "typing", "conversation_id": visitor_chat.id}
    await foreign.send_json_to(frame)
    await foreign.send_json_to({"type": "ping"})
    await next_event(foreign, "pong")
    await inbox.send_json_to(frame)
    event = await next_event(watcher, "agent.typing")
    assert (event["by"], event["user"]["id"]) == ("agent", agent.pk)


async def test_presence_says_who_opened_a_conversation(
    open_socket: Opener, owner: User, agent: User, conversation: Conversation
) -> None:
    inbox = await open_socket("/ws/inbox/", headers=await bearer(owner))
    await open_socket(f"/ws/conversations/{conversation.id}/", headers=await bearer(agent))
    event = await next_event(inbox, "presence")
    while event["conversation_id"] is None:
        event = await next_event(inbox, "presence")
    assert (event["user"]["id"], event["here"]) == (agent.pk, True)


def test_every_event_type_of_the_contract_has_a_schema_of_its_own() -> None:
    types = [schema.type for schema in SCHEMAS]
    assert sorted(types) == [
        *("agent.typing", "conversation.changed", "message.changed", "message.created"),
        "presence",
    ]


async def test_a_process_forked_after_a_broadcast_can_broadcast_too(
    open_socket: Opener, agent: User, telegram_channel: Channel
) -> None:
    inbox = await open_socket("/ws/inbox/", headers=await bearer(agent))
    await database_sync_to_async(write)(telegram_channel, "from the parent", "1")
    await next_event(inbox, "message.created")
    child = multiprocessing.get_context("fork").Process(target=broadcast_and_leave, args=(agent,))
    child.start()
    event = await next_event(inbox, "presence")
    while event["user"]["name"] != "from the child":
        event = await next_event(inbox, "presence")
    await database_sync_to_async(child.join)(10)


def broadcast_and_leave(agent: User) -> None:
    import time

    from channels_bridge.broadcast import send
    from channels_bridge.events import Presence
    from channels_bridge.groups import inbox_group
    from core.lib.on_commit import background

    user = {"id": 0, "name": "from the child"}
    event = Presence(id=0, conversation_id=None, user=user, here=True)
    message = {"type": "live.events", "events": [event.to_dict()]}
    background.submit(send(inbox_group(agent.business_id or ""), message), what="test")
    time.sleep(2)
    os._exit(0)
