"""Endpoints in the admin: the key goes in and never comes out."""

from collections.abc import Iterator

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from AI_model.models import Endpoint, LanguageModel
from AI_model.testing.model_server import ModelServer

pytestmark = pytest.mark.django_db
LIST = reverse("admin:AI_model_endpoint_changelist")
ADD = reverse("admin:AI_model_endpoint_add")
GIVEN = {"name": "Ours", "kind": "openai", "base_url": "https://93.184.216.34/v1", "enabled": "on"}
KEY = "sk-canary-0123456789"


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    return client


@pytest.fixture
def server(settings: Settings) -> Iterator[ModelServer]:
    settings.TRUST_PRIVATE_ENDPOINTS = True
    with ModelServer() as running:
        yield running


def one(endpoint: Endpoint) -> str:
    return reverse("admin:AI_model_endpoint_change", args=[endpoint.pk])


def test_an_endpoint_is_made_changed_and_deleted(page: Client, owner: User) -> None:
    page.post(ADD, GIVEN | {"api_key": KEY})
    made = Endpoint.objects.get()
    assert (made.business, made.secrets) == (owner.business, {"api_key": KEY})
    shown = page.get(one(made)).content.decode()
    assert KEY not in shown and "••••6789" in shown
    page.post(one(made), GIVEN | {"name": "Other"})
    made.refresh_from_db()
    assert (made.name, made.secrets) == ("Other", {"api_key": KEY})
    page.post(one(made), GIVEN | {"base_url": "https://93.184.216.35/v1"})
    made.refresh_from_db()
    assert (made.base_url, made.secrets) == ("https://93.184.216.35/v1", {})
    page.post(reverse("admin:AI_model_endpoint_delete", args=[made.pk]), {"post": "yes"})
    assert not Endpoint.objects.exists()


def test_an_address_that_leads_inside_is_refused_in_the_form(page: Client) -> None:
    answer = page.post(ADD, GIVEN | {"base_url": "https://127.0.0.1/v1"})
    assert b"not allowed" in answer.content
    assert not Endpoint.objects.exists()


def test_the_test_tells_on_the_page_how_it_went(page: Client, server: ModelServer) -> None:
    page.post(ADD, GIVEN | {"base_url": f"{server.url}/v1", "api_key": KEY})
    made = Endpoint.objects.get()
    add = reverse("admin:AI_model_languagemodel_add")
    words = {"endpoint": made.pk, "name": "House", "model_id": "house-1", "enabled": "on"}
    page.post(add, words)
    assert LanguageModel.objects.get().business == made.business
    assert b"operator has a model" in page.post(add, words | {"name": "embedded"}).content
    server.behave("bad_key")
    answer = page.post(LIST, {"action": "try_them", "_selected_action": [made.pk]})
    [told] = get_messages(answer.wsgi_request)
    assert str(told) == "Ours: The key was rejected. Enter a valid one."
    assert server.calls[0].body["model"] == "house-1"
