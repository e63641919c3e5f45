"""Nothing of one business is visible to another: one rule for every route there is."""

from collections.abc import Callable

import pytest

from accounts.models import User
from ai_chat.models import AIChat
from channels_bridge.routing import websocket_urlpatterns
from channels_bridge.tests.sockets import Opener, bearer, close_code
from messaging.models import Channel, Conversation
from messaging.webchat.tokens import issue_token

pytestmark = pytest.mark.django_db(transaction=True)

ROUTES = [str(pattern.pattern) for pattern in websocket_urlpatterns]

# How a stranger asks for our object on each route. Events of the inbox: test_events.
Rule = Callable[[Conversation, Channel, AIChat], str]
RULES: dict[str, Rule | None] = {
    "ws/inbox/": None,
    "ws/conversations/<str:conversation_id>/": lambda talk, *_: f"/ws/conversations/{talk.id}/",
    "ws/ai-chat/<str:ai_chat_id>/": lambda *ours: f"/ws/ai-chat/{ours[2].id}/",
    "ws/widget/<str:channel_id>/": lambda _, channel, __: (
        f"/ws/widget/{channel.id}/?token={issue_token('another-channel')}"
    ),
    "": lambda *_: "/ws/of-a-later-issue/",
}


def test_every_route_has_a_rule() -> None:
    assert set(ROUTES) == set(RULES)


@pytest.mark.parametrize("route", ROUTES)
async def test_what_is_not_yours_is_closed_with_4404(
    route: str,
    open_socket: Opener,
    stranger: User,
    conversation: Conversation,
    webchat_channel: Channel,
    ai_chat: AIChat,
) -> None:
    rule = RULES[route]
    if rule is None:
        return
    path = rule(conversation, webchat_channel, ai_chat)
    socket = await open_socket(path, headers=await bearer(stranger))
    assert socket.accepted
    assert await close_code(socket) == 4404


@pytest.mark.parametrize("route", [route for route in ROUTES if route])
async def test_without_any_proof_of_who_one_is_every_route_closes_with_4401(
    route: str,
    open_socket: Opener,
    conversation: Conversation,
    webchat_channel: Channel,
    ai_chat: AIChat,
) -> None:
    path = "/" + route.replace("<str:conversation_id>", conversation.id).replace(
        "<str:channel_id>", webchat_channel.id
    ).replace("<str:ai_chat_id>", ai_chat.id)
    socket = await open_socket(path)
    assert socket.accepted
    assert await close_code(socket) == 4401


@pytest.mark.parametrize("identity", ["nothing", "a\0b", "x" * 300])
async def test_a_conversation_that_does_not_exist_looks_like_one_of_others(
    identity: str, open_socket: Opener, agent: User
) -> None:
    socket = await open_socket(f"/ws/conversations/{identity}/", headers=await bearer(agent))
    assert await close_code(socket) == 4404


async def test_platform_staff_has_no_inbox(open_socket: Opener, staff: User) -> None:
    socket = await open_socket("/ws/inbox/", headers=await bearer(staff))
    assert await close_code(socket) == 4404
