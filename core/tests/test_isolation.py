"""Two businesses share a server and nothing else. Generated from the URLconf: a new route that
names an object and has no rule here fails the test."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Business, Invitation, User
from AI_model.models import AIModelConfig, AIRun
from core.lib.ids import new_id
from core.testing.routes import (
    METHODS,
    Route,
    all_routes,
    comparable,
    routes_with_ids,
    snapshot,
)
from messaging.media.store import place_of, write_file
from messaging.models import Channel, Conversation, Customer, MediaFile, Message, OutboundChunk
from settings_app.models import AIPrompts, AIPromptsVersion, KnowledgeEntry

pytestmark = pytest.mark.django_db
CANARY = "quetzalcoatlus"
MISSING = {"member_id": "99999999", "version": "99999999"}
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
    "status/": {"status": "closed"},
    "knowledge/<str:entry_id>/": {"question": "ours", "answer": "hello"},
}
WORLD_PARAMETERS = {
    "conversation_id",
    "message_id",
    "channel_id",
    "customer_id",
    "member_id",
    "invitation_id",
    "media_id",
    "entry_id",
    "version",
}


@dataclass(frozen=True, slots=True)
class World:
    """One of every object that a business owns, and its ids by the name of their place."""

    owner: User
    ids: dict[str, str]


def make_world(business: Business, owner: User, word: str) -> World:
    """Every text in it holds `word`."""
    common: dict[str, Any] = {"business": business}
    member = User.objects.create_user(f"{word}-agent", f"{word}@example.com", "x" * 12, **common)
    channel = Channel.objects.create(
        kind="webchat", name=word, settings={"greeting": word}, **common
    )
    customer = Customer.objects.create(channel=channel, external_id=word, name=word, **common)
    conversation = Conversation.objects.create(
        channel=channel,
        customer=customer,
        external_id=word,
        status="active",
        unread=1,
        last_text=word,
        last_type="customer",
        revision=2,
        last_customer_seq=1,
        **common,
    )
    said = Message.objects.create(
        conversation=conversation, seq=1, revision=1, type="customer", text=word, **common
    )
    message = Message.objects.create(
        conversation=conversation,
        seq=2,
        revision=2,
        type="AI",
        text=word,
        delivery="failed",
        failure={"code": word, "detail": word},
        **common,
    )
    media = MediaFile.objects.create(
        message=said, position=0, kind="document", name=word, state="stored", size=4, **common
    )
    media.file.name = place_of(business.pk, media.pk)
    media.save()
    write_file(media.file.name, b"file")
    OutboundChunk.objects.create(
        conversation=conversation,
        message=message,
        seq=2,
        number=1,
        text=word,
        state="failed",
        **common,
    )
    AIRun.objects.create(
        conversation=conversation, message=message, upto_seq=1, epoch=0, model=word, **common
    )
    AIModelConfig.objects.create(handover_text=word, **common)
    AIPrompts.objects.create(manual_prompt=word, **common)
    entry = KnowledgeEntry.objects.create(question=word, answer=word, **common)
    # Versions are counted within a business: the words' lengths make the two differ.
    kept = AIPromptsVersion.objects.create(
        version=1000 + len(word), texts={"manual_prompt": word}, **common
    )
    invitation = Invitation.objects.create(
        email=f"{word}@example.com",
        token_hash=word,
        invited_by=owner,
        expires_at=timezone.now() + timedelta(days=1),
        **common,
    )
    rows = {
        "conversation_id": conversation,
        "message_id": message,
        "channel_id": channel,
        "customer_id": customer,
        "member_id": member,
        "invitation_id": invitation,
        "media_id": media,
        "entry_id": entry,
    }
    ids = {name: str(row.pk) for name, row in rows.items()}
    return World(owner, ids | {"version": str(kept.version)})


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
    assert unknown == [], "give these a rule: an object in make_world, or a reason in PUBLIC"
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
