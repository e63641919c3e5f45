"""Who may open a socket, from which page, and for how long."""

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from django.conf import LazySettings
from django.urls import path

from accounts.models import SocketTicket, User
from accounts.services import issue_ticket
from channels_bridge.auth import SocketAuthMiddleware, is_own_origin
from channels_bridge.consumers import InboxConsumer, WidgetConsumer
from channels_bridge.tests.sockets import (
    OWN_ORIGIN,
    Opener,
    bearer,
    close_code,
    next_event,
    session_of,
)
from messaging.models import Channel
from messaging.webchat.tokens import issue_token

pytestmark = pytest.mark.django_db(transaction=True)

Header = tuple[bytes, bytes]
SOON = 0.05


def quick_inbox() -> URLRouter:
    """The inbox, looking again at who holds it after moments instead of a minute."""
    inbox = InboxConsumer.as_asgi(recheck_seconds=SOON, settle_seconds=0)
    return URLRouter([path("ws/inbox/", SocketAuthMiddleware(inbox))])  # type: ignore[arg-type]


async def test_a_session_opens_the_inbox_from_our_own_page(
    open_socket: Opener, agent: User
) -> None:
    _, cookie = await session_of(agent)
    socket = await open_socket("/ws/inbox/", headers=[*cookie, *OWN_ORIGIN])
    await socket.send_json_to({"type": "ping"})
    await next_event(socket, "pong")


@pytest.mark.parametrize(
    "origin",
    [
        [(b"origin", b"https://evil.example")],
        [(b"origin", b"null")],
        [(b"origin", b"")],
        [(b"origin", b"http://testserver.evil.example")],
        [(b"origin", b"http://testserver:9999")],
        [(b"origin", b"http://testserver"), (b"origin", b"https://evil.example")],
        [],
    ],
)
async def test_a_session_is_refused_from_any_other_page(
    open_socket: Opener, agent: User, origin: list[Header]
) -> None:
    _, cookie = await session_of(agent)
    socket = await open_socket("/ws/inbox/", headers=[*cookie, *origin])
    assert not socket.accepted


async def test_a_bearer_token_needs_no_origin_but_no_foreign_one_either(
    open_socket: Opener, agent: User
) -> None:
    header = await bearer(agent)
    assert (await open_socket("/ws/inbox/", headers=header)).accepted
    foreign = [*header, (b"origin", b"https://evil.example")]
    assert not (await open_socket("/ws/inbox/", headers=foreign)).accepted


@pytest.mark.parametrize("value", [b"Bearer nonsense", b"Bearer ", b"Basic YTpi", b"\xff\xfe"])
async def test_a_wrong_authorization_is_not_logged_in(
    open_socket: Opener, agent: User, value: bytes
) -> None:
    socket = await open_socket("/ws/inbox/", headers=[(b"authorization", value)])
    assert await close_code(socket) == 4401


async def test_a_ticket_opens_one_socket_once(open_socket: Opener, agent: User) -> None:
    ticket = await database_sync_to_async(issue_ticket)(user=agent)
    first = await open_socket(f"/ws/inbox/?ticket={ticket}")
    await next_event(first, "presence")
    second = await open_socket(f"/ws/inbox/?ticket={ticket}")
    assert await close_code(second) == 4401


async def test_an_old_ticket_opens_nothing(open_socket: Opener, agent: User) -> None:
    ticket = await database_sync_to_async(issue_ticket)(user=agent)
    await SocketTicket.objects.aupdate(expires_at="2020-01-01T00:00:00Z")
    socket = await open_socket(f"/ws/inbox/?ticket={ticket}")
    assert await close_code(socket) == 4401


async def test_logging_out_closes_the_sockets_of_that_session(
    open_socket: Opener, agent: User
) -> None:
    client, cookie = await session_of(agent)
    socket = await open_socket("/ws/inbox/", headers=[*cookie, *OWN_ORIGIN], app=quick_inbox())
    await next_event(socket, "presence")
    await database_sync_to_async(client.logout)()
    assert await close_code(socket) == 4401


async def test_a_deactivated_user_loses_the_socket_without_waiting_for_the_minute(
    open_socket: Opener, agent: User
) -> None:
    socket = await open_socket("/ws/inbox/", headers=await bearer(agent))
    await next_event(socket, "presence")
    agent.is_active = False
    await agent.asave()
    assert await close_code(socket) == 4401


async def test_a_user_moved_to_another_business_loses_the_socket(
    open_socket: Opener, agent: User, stranger: User
) -> None:
    ticket = await database_sync_to_async(issue_ticket)(user=agent)
    socket = await open_socket(f"/ws/inbox/?ticket={ticket}", app=quick_inbox())
    await next_event(socket, "presence")
    await User.objects.filter(pk=agent.pk).aupdate(business=stranger.business)
    assert await close_code(socket) == 4401


async def test_a_visitor_may_come_from_any_page_unless_the_owner_listed_some(
    open_socket: Opener, webchat_channel: Channel
) -> None:
    address = f"/ws/widget/{webchat_channel.id}/?token={issue_token(webchat_channel.id)}"
    foreign: list[Header] = [(b"origin", b"https://shop.example")]
    assert (await open_socket(address, headers=foreign)).accepted
    webchat_channel.settings = {"allowed_origins": ["https://other.example"]}
    await webchat_channel.asave()
    assert not (await open_socket(address, headers=foreign)).accepted
    listed: list[Header] = [(b"origin", b"https://other.example")]
    assert (await open_socket(address, headers=listed)).accepted


async def test_a_visitors_token_may_come_as_a_subprotocol(
    open_socket: Opener, webchat_channel: Channel
) -> None:
    socket = await open_socket(
        f"/ws/widget/{webchat_channel.id}/",
        subprotocols=["deskbell.widget", issue_token(webchat_channel.id)],
    )
    assert (socket.accepted, socket.code) == (True, "deskbell.widget")
    await socket.send_json_to({"type": "ping"})
    await next_event(socket, "pong")


@pytest.mark.parametrize("forge", ["", "x", "a.b.c", "é", "y" * 5000])
async def test_a_forged_visitor_is_not_logged_in(
    open_socket: Opener, webchat_channel: Channel, forge: str
) -> None:
    socket = await open_socket(f"/ws/widget/{webchat_channel.id}/?token={forge}")
    assert await close_code(socket) == 4401


async def test_a_channel_switched_off_closes_its_visitors(
    open_socket: Opener, webchat_channel: Channel
) -> None:
    widget = WidgetConsumer.as_asgi(recheck_seconds=SOON)
    app = URLRouter([path("ws/widget/<str:channel_id>/", widget)])
    address = f"/ws/widget/{webchat_channel.id}/?token={issue_token(webchat_channel.id)}"
    socket = await open_socket(address, app=app)
    webchat_channel.is_active = False
    await webchat_channel.asave()
    assert await close_code(socket) == 4404


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("http://testserver", "testserver", True),
        ("http://TESTSERVER", "testserver", True),
        ("http://localhost:8000", "localhost:8000", True),
        ("http://localhost:8000", "localhost:9000", False),
        ("http://127.0.0.1:8000", "testserver", True),
        ("http://evil.example", "evil.example", False),
        ("file://testserver", "testserver", False),
        ("testserver", "testserver", False),
        ("null", "testserver", False),
    ],
)
def test_which_origins_are_our_own(
    origin: str, host: str, own: bool, settings: LazySettings
) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    assert is_own_origin(origin, host) is own


def test_a_page_without_tls_is_not_ours_once_we_have_tls(settings: LazySettings) -> None:
    settings.HTTPS, settings.PUBLIC_URL = True, "https://desk.example"
    settings.CSRF_TRUSTED_ORIGINS = []
    assert not is_own_origin("http://testserver", "testserver")
    assert is_own_origin("https://testserver", "testserver")
