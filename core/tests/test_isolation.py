"""Two businesses share a server and nothing else. Generated from the URLconf: a new route that
names an object and has no rule here fails the test."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts.models import Business, User
from core.lib.ids import new_id
from core.testing.routes import (
    METHODS,
    Route,
    all_routes,
    comparable,
    routes_with_ids,
    snapshot,
)
from core.testing.world import WORLD_PARAMETERS, World, make_world

pytestmark = pytest.mark.django_db
CANARY = "quetzalcoatlus"
MISSING = {
    **dict.fromkeys(("member_id", "version", "number", "position"), "99999999"),
    "session_id": "msg_0000000000000000",
}
# Open to the world on purpose: what each checks instead of membership.
PUBLIC = {
    "webhooks/telegram/<slug:channel_id>/": "the channel's webhook secret",
    "accounts/invitation/<str:token>/": "the token is the secret",
    "widget/<str:channel_id>/widget.js": "the script of a web chat is on public pages",
    "widget/<str:channel_id>/visitors/": "a visitor begins without being known",
    "widget/<str:channel_id>/messages/": "the visitor's own token",
}
# What a body must hold so that only the id in the address is wrong.
BODIES: dict[str, dict[str, Any]] = {
    "messages/": {"text": "hello"},
    "answer/": {"text": "hello"},
    "assign/": {"assignee": None},
    "verdict/": {"right": True},
    "status/": {"status": "closed"},
    "sessions/<str:session_id>/send/": {"message": "hello"},
    "knowledge/<str:entry_id>/": {"question": "ours", "answer": "hello"},
}


@pytest.fixture
def ours(business: Business, owner: User) -> World:
    return make_world(business, owner, "ours")


@pytest.fixture
def theirs(other_business: Business, other_owner: User) -> World:
    return make_world(other_business, other_owner, CANARY)


@pytest.fixture
def browser(ours: World) -> Client:
    """A session opens pages and the API alike."""
    client = Client(raise_request_exception=True)
    client.force_login(ours.owner, backend="accounts.backends.UsernameOrEmailBackend")
    return client


def missing_ids() -> dict[str, str]:
    return {name: MISSING.get(name, new_id()) for name in WORLD_PARAMETERS}


def ask(client: Client, route: Route, method: str, values: dict[str, str]) -> tuple[int, bytes]:
    sent = next((body for end, body in BODIES.items() if route.pattern.endswith(end)), {})
    answer = client.generic(
        method,
        route.path(values),
        *_encoded(route, sent),
        HTTP_ACCEPT="text/html, application/json",
    )
    body = b"".join(answer) if answer.streaming else answer.content
    return answer.status_code, comparable(body)


def _encoded(route: Route, body: dict[str, Any]) -> tuple[bytes, str]:
    if route.pattern.startswith("api/"):
        return json.dumps(body).encode(), "application/json"
    return urlencode(
        {k: v or "" for k, v in body.items()}
    ).encode(), "application/x-www-form-urlencoded"


def test_every_route_that_names_an_object_has_a_rule() -> None:
    routes = routes_with_ids()
    unknown = [
        route.pattern
        for route in routes
        if route.pattern not in PUBLIC and not set(route.parameters) <= WORLD_PARAMETERS
    ]
    assert unknown == [], "give these an object in core.testing.world, or a reason in PUBLIC"
    assert set(PUBLIC) <= {route.pattern for route in routes}
    assert len(routes) > 20


def guarded_routes() -> list[Route]:
    return [route for route in routes_with_ids() if route.pattern not in PUBLIC]


@pytest.mark.parametrize("route", guarded_routes(), ids=lambda route: route.pattern)
def test_another_businesss_object_is_as_missing_as_no_object(
    browser: Client, ours: World, theirs: World, route: Route
) -> None:
    before = snapshot()
    for place in route.parameters:
        foreign = ours.ids | {place: theirs.ids[place]}
        missing = ours.ids | {place: missing_ids()[place]}
        for method in METHODS:
            answers = [ask(browser, route, method, values) for values in (foreign, missing)]
            assert answers[0] == answers[1], (method, place)
            assert answers[0][0] in {404, 405} or method == "OPTIONS", (method, answers[0])
            assert CANARY.encode() not in answers[0][1]
    assert snapshot() == before


@pytest.mark.parametrize("route", guarded_routes(), ids=lambda route: route.pattern)
def test_the_walk_reaches_what_it_guards(browser: Client, ours: World, route: Route) -> None:
    """One's own object is not 404 with the same bodies: otherwise the walk would prove nothing."""
    statuses = {method: ask(browser, route, method, ours.ids)[0] for method in METHODS}
    assert any(
        status not in {404, 405} for name, status in statuses.items() if name != "OPTIONS"
    ), statuses


@pytest.mark.parametrize("route", guarded_routes(), ids=lambda route: route.pattern)
def test_nobody_gets_in_without_logging_in(client: Client, ours: World, route: Route) -> None:
    before = snapshot()
    for method in METHODS:
        status, body = ask(client, route, method, ours.ids)
        assert status in {302, 401, 403, 404, 405}, method
        assert b"ours-agent" not in body
    assert snapshot() == before


def test_no_list_or_page_shows_anything_of_another_business(
    browser: Client, ours: World, theirs: World
) -> None:
    for route in all_routes():
        if route.parameters:
            continue
        answer = browser.get(route.path({}), HTTP_ACCEPT="text/html, application/json")
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        assert CANARY.encode() not in body, route.pattern
        assert answer.status_code < 500 or route.pattern == "health/ready/", route.pattern
    for ending in ("conversations/", "messages/", "channels/"):
        assert b"ours" in browser.get(f"/api/v1/{ending}").content
