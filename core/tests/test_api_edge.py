"""What every address of the API promises: plain refusals, one schema, our own docs page."""

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from core.testing.routes import all_routes, routes_with_ids

pytestmark = pytest.mark.django_db
SECOND_FACE = ("/chat/conversations", "/chat/messages", "/chat/stats", "/chat/health", "/personas")
OF_THE_API = ("/api/v1/", "/api/ai/", "/auth/", *SECOND_FACE)


def test_the_schema_is_made_without_a_warning_and_is_valid(tmp_path: Any) -> None:
    call_command(
        "spectacular", "--fail-on-warn", "--validate", "--file", str(tmp_path / "schema.yml")
    )


def test_the_schema_names_every_address_of_the_api(client: Client) -> None:
    paths = set(client.get("/api/schema/?format=json").json()["paths"])
    ours = {"/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route.pattern) for route in all_routes()}
    expected = {path for path in ours if path.startswith(OF_THE_API)}
    assert {path.rstrip("/") for path in paths} == {path.rstrip("/") for path in expected}


def test_the_docs_page_shows_each_operation_with_a_command(client: Client) -> None:
    answer = client.get("/api/docs/")
    text = answer.content.decode()
    operations = client.get("/api/schema/?format=json").json()["paths"]
    for path, methods in operations.items():
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in text, path
    assert text.count("curl -X") == sum(len(methods) for methods in operations.values())
    assert not re.search(r'(src|href)="https?://', text)
    assert "<script>" not in text
    assert " style=" not in text


def test_the_docs_page_shows_what_lies_within_and_what_is_needed(client: Client) -> None:
    text = client.get("/api/docs/").content.decode()
    for shown in (
        "<code>results[].last_message.text</code>",
        "<code>citations[].entry_id</code>",
        "<code>Idempotency-Key</code>",
        "analytics/conversations/?metric=…",
        "list of lists of integers",
    ):
        assert shown in text
    assert "`" not in text


@pytest.mark.parametrize("route", routes_with_ids(), ids=lambda route: route.pattern)
def test_a_null_character_in_an_address_is_just_not_there(owner_api: APIClient, route: Any) -> None:
    path = route.path(dict.fromkeys(route.parameters, "%00"))
    for method in ("GET", "POST"):
        answer = owner_api.generic(method, path)
        assert answer.status_code in {302, 403, 404, 405}, (method, answer.content)


@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/auth/nothing"])
def test_an_unknown_address_of_the_api_is_refused_in_its_own_shape(
    client: Client, path: str
) -> None:
    answer = client.get(path, HTTP_ACCEPT="text/html")
    assert answer.status_code == 404
    assert set(answer.json()) == {"detail", "code"}


@pytest.mark.parametrize("raw", [b"[]", b"{", b"\xff", b'{"text": "\\u0000"}', b'{"text": NaN}'])
def test_a_body_that_is_no_proper_json_is_refused(owner_api: APIClient, raw: bytes) -> None:
    answer = owner_api.put("/api/v1/ai/config/", raw, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")


def test_a_body_of_another_kind_is_refused(owner_api: APIClient) -> None:
    answer = owner_api.put("/api/v1/ai/config/", b"<a/>", content_type="text/xml")
    assert answer.status_code == 415
    assert {"detail", "code"} <= set(answer.json())


def test_one_address_can_not_make_businesses_by_the_dozen(api_client: APIClient) -> None:
    codes = [api_client.post("/auth/register", {}).status_code for _ in range(62)]
    assert codes == [400] * 60 + [429] * 2
    refused = api_client.post("/auth/register", {})
    assert int(refused["Retry-After"]) > 0
    assert refused.json()["code"] == "too_many_tries"
