"""API keys: what they open, what they never open, and what ends them."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import ApiKey, Business, SettingChange, User
from accounts.services.keys import make_key
from core.lib.rest import ApiView
from core.lib.scopes import AREAS, PEOPLE_ONLY, SCOPES
from core.testing.routes import PLACE, snapshot

pytestmark = pytest.mark.django_db
ApiFor = Callable[[User], APIClient]


def with_key(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def key_of(user: User, *scopes: str, **more: Any) -> tuple[APIClient, ApiKey]:
    key, secret = make_key(user=user, name="Script", scopes=list(scopes or SCOPES), **more)
    return with_key(secret), key


def api_views() -> Iterator[tuple[str, type[Any]]]:
    """Every REST view under /api/v1/ and /auth/, with its pattern."""

    def walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[Any]:
        for item in patterns:
            here = prefix + str(item.pattern)
            if isinstance(item, URLResolver):
                yield from walk(item.url_patterns, here)
            elif here.startswith(("api/v1/", "auth/")):
                yield here, item.callback.cls  # type: ignore[attr-defined]

    return walk(get_resolver().url_patterns, "")


def test_an_owner_makes_a_key_which_is_shown_once_and_stored_as_a_digest(
    owner_api: APIClient, owner: User
) -> None:
    body = {"name": "Shop", "scopes": ["conversations:read"]}
    made = owner_api.post("/api/v1/keys/", body, format="json")
    assert made.status_code == 201
    secret = made.json()["key"]
    assert secret.startswith("dk_") and len(secret) >= 43
    listed = owner_api.get("/api/v1/keys/")
    assert listed.json()["results"][0]["name"] == "Shop" and secret not in listed.content.decode()
    assert secret not in str(snapshot()["accounts.ApiKey"])
    assert with_key(secret).get("/api/v1/conversations/").status_code == 200


def test_agents_and_other_businesses_see_and_make_no_keys(
    agent_api: APIClient, owner: User, other_api: APIClient
) -> None:
    _, key = key_of(owner)
    body = {"name": "Mine", "scopes": ["usage:read"]}
    assert agent_api.get("/api/v1/keys/").status_code == 403
    assert agent_api.post("/api/v1/keys/", body, format="json").status_code == 403
    assert agent_api.delete(f"/api/v1/keys/{key.pk}/").status_code == 403
    assert other_api.get("/api/v1/keys/").json()["count"] == 0
    assert other_api.delete(f"/api/v1/keys/{key.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": " ", "scopes": ["usage:read"]}, "name"),
        ({"name": "x" * 81, "scopes": ["usage:read"]}, "name"),
        ({"name": "Shop", "scopes": []}, "scopes"),
        ({"name": "Shop", "scopes": ["everything"]}, "scopes"),
        ({"name": "Shop", "scopes": ["usage:read"], "expires_at": "2020-01-01"}, "expires_at"),
        ({"name": "Shop", "scopes": ["usage:read"], "business": "x"}, "business"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(
    owner_api: APIClient, body: dict[str, Any], field: str
) -> None:
    answer = owner_api.post("/api/v1/keys/", body, format="json")
    assert answer.status_code == 400 and field in answer.json()["fields"]
    assert not ApiKey.objects.exists()


def test_a_revoked_key_opens_nothing_from_then_on(owner: User, owner_api: APIClient) -> None:
    script, key = key_of(owner)
    assert script.get("/api/v1/conversations/").status_code == 200
    assert owner_api.delete(f"/api/v1/keys/{key.pk}/").status_code == 204
    refused = script.get("/api/v1/conversations/")
    assert refused.status_code == 401 and refused.json()["code"] == "token_not_valid"


def test_a_key_ends_with_its_time_its_maker_and_the_makers_place(
    owner: User, other_business: Business
) -> None:
    script, _ = key_of(owner, expires_at=timezone.now() + timedelta(hours=1))
    lasting, _ = key_of(owner)
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=False):
        assert script.get("/api/v1/conversations/").status_code == 401
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert lasting.get("/api/v1/conversations/").status_code == 401
    User.objects.filter(pk=owner.pk).update(is_active=True, business=other_business)
    assert lasting.get("/api/v1/conversations/").status_code == 401


@pytest.mark.parametrize("secret", ["dk_", "dk_unknown", "dk_" + "x" * 5000, "dk_\xff"])
def test_what_is_no_key_is_refused(db: None, secret: str) -> None:
    assert with_key(secret).get("/api/v1/conversations/").status_code == 401


def test_a_key_without_the_scope_hears_which_it_needs(owner: User) -> None:
    script, _ = key_of(owner, "conversations:read", "channels:write")
    assert script.get("/api/v1/conversations/").status_code == 200
    for method, path, scope in [
        ("post", "/api/v1/conversations/none/close/", "conversations:write"),
        ("get", "/api/v1/channels/", "channels:read"),
        ("get", "/api/v1/ai/config/", "settings:read"),
        ("put", "/api/v1/ai/config/", "settings:write"),
        ("put", "/api/v1/ai/conversations/bulk-status/", "ai:write"),
    ]:
        refused = getattr(script, method)(path)
        assert refused.status_code == 403 and refused.json()["code"] == "scope_missing"
        assert scope in refused.json()["detail"]


def test_every_rest_view_names_its_area() -> None:
    found = dict(api_views())
    assert len(found) > 30
    unnamed = [
        pattern
        for pattern, view in found.items()
        if getattr(view, "scope_area", "") not in {*AREAS, PEOPLE_ONLY}
        and getattr(view, "authentication_classes", None) != ()
    ]
    assert unnamed == [], "set scope_area, one of core.lib.scopes.AREAS or PEOPLE_ONLY"
    assert all(issubclass(view, ApiView) for view in found.values())
    assert {view.scope_area for view in found.values()} >= {*AREAS} - {"usage"}


def test_no_key_ever_manages_keys_or_people_or_logs_in(owner: User) -> None:
    script, key = key_of(owner)
    closed = [pattern for pattern, view in api_views() if view.scope_area == PEOPLE_ONLY]
    assert {"api/v1/keys/", "api/v1/keys/<str:key_id>/", "auth/me", "auth/ws-ticket"} <= set(closed)
    before = snapshot()
    for pattern in closed:
        path = "/" + PLACE.sub(key.pk, pattern)
        for method in ("get", "post", "put", "patch", "delete"):
            refused = getattr(script, method)(path, {}, format="json")
            assert refused.status_code in {403, 405}, (method, path)
            assert refused.status_code == 405 or refused.json()["code"] == "people_only"
    before["accounts.ApiKey"][0]["last_used_at"] = ApiKey.objects.get().last_used_at
    assert snapshot() == before


def test_a_key_costs_one_statement_and_its_use_is_noted_once_a_minute(
    owner: User, owner_api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    script, key = key_of(owner, "channels:read")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        script.get("/api/v1/conversations/")
        used_at = ApiKey.objects.get(pk=key.pk).last_used_at
        assert used_at is not None
        with django_assert_num_queries(1):
            assert script.get("/api/v1/conversations/").status_code == 403
        clock.shift(61)
        script.get("/api/v1/conversations/")
        assert ApiKey.objects.get(pk=key.pk).last_used_at > used_at  # type: ignore[operator]


def test_a_key_does_what_its_maker_may_and_no_more(owner: User) -> None:
    script, _ = key_of(owner)
    assert script.put("/api/v1/ai/config/", {"tone": "dry"}, format="json").status_code == 200
    User.objects.filter(pk=owner.pk).update(role="agent")
    assert script.put("/api/v1/ai/config/", {"tone": "wet"}, format="json").status_code == 403


def test_a_key_opens_no_page(owner: User, client: Client) -> None:
    _, secret = make_key(user=owner, name="Script", scopes=list(SCOPES))
    for path in ("/inbox/", "/admin/", "/accounts/team/"):
        assert client.get(path, HTTP_AUTHORIZATION=f"Bearer {secret}").status_code == 302


def test_the_admin_shows_a_new_key_once_and_revokes_it(client: Client, owner: User) -> None:
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    where = "/admin/accounts/apikey/"
    refused = client.post(f"{where}add/", {"name": "Shop", "scopes": ["everything"]})
    assert refused.status_code == 200 and not ApiKey.objects.exists()
    made = client.post(f"{where}add/", {"name": "Shop", "scopes": ["conversations:read"]})
    assert "no-store" in made.headers["Cache-Control"]
    found = re.search(r"dk_[\w-]{40,}", made.content.decode())
    assert found is not None
    secret = found[0]
    assert with_key(secret).get("/api/v1/conversations/").status_code == 200
    key = ApiKey.objects.get()
    shown = [client.get(page).content.decode() for page in (where, f"{where}{key.pk}/change/")]
    assert not [page for page in shown if secret in page or key.digest in page]
    client.post(where, {"action": "revoke", "_selected_action": [key.pk]})
    assert with_key(secret).get("/api/v1/conversations/").status_code == 401
    changes = SettingChange.objects.filter(subject="API key", via="page")
    assert set(changes.values_list("field", flat=True)) >= {"name", "scopes", "revoked"}


def test_platform_staff_makes_no_keys_for_others(client: Client, staff: User) -> None:
    client.force_login(staff, backend="accounts.backends.UsernameOrEmailBackend")
    assert client.get("/admin/accounts/apikey/add/").status_code == 403
