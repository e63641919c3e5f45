"""One shape for every error, wherever it happens."""

from typing import Any

import pytest
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import PagePagination
from core.lib.errors import Conflict, NotFound
from core.urls import urlpatterns as real


class Body(serializers.Serializer[Any]):
    count = serializers.IntegerField()


ERRORS: dict[str, Exception] = {
    "conflict": Conflict("AI can't answer now.", reasons=["No model is configured."]),
    "missing": NotFound("There is no conversation with this id."),
    "http404": Http404(),
    "database": OperationalError("gone"),
    "bug": RuntimeError("a secret in the text"),
}


class Failing(APIView):
    permission_classes = ()
    authentication_classes = ()

    def get(self, request: Request, name: str) -> Response:
        raise ERRORS[name]

    def post(self, request: Request, name: str) -> Response:
        body = Body(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(body.data)


class Numbers(APIView):
    permission_classes = ()
    authentication_classes = ()

    def get(self, request: Request) -> Response:
        pages = PagePagination()
        page = pages.paginate_queryset(list(range(250)), request, self)
        return pages.get_paginated_response(page)


def page_with_a_bug(request: HttpRequest) -> HttpResponse:
    raise ERRORS["bug"]


urlpatterns = [
    path("api/failing/<str:name>/", Failing.as_view()),
    path("failing/bug/", page_with_a_bug),
    path("api/numbers/", Numbers.as_view()),
    *real,
]
handler400 = "core.error_pages.bad_request"
handler404 = "core.error_pages.not_found"
handler500 = "core.error_pages.server_error"

pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("conflict", 409, "conflict"),
        ("missing", 404, "not_found"),
        ("http404", 404, "not_found"),
        ("database", 503, "unavailable"),
        ("bug", 500, "server_error"),
    ],
)
def test_every_error_has_a_detail_and_a_code(
    browser: Client, name: str, status: int, code: str
) -> None:
    answer = browser.get(f"/api/failing/{name}/")
    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert answer.json()["detail"]
    assert "secret" not in answer.content.decode()


def test_a_conflict_tells_its_reasons(browser: Client) -> None:
    assert browser.get("/api/failing/conflict/").json()["reasons"] == ["No model is configured."]


def test_a_wrong_field_is_named(browser: Client) -> None:
    answer = browser.post("/api/failing/x/", {"count": "many"}, content_type="application/json")
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["count"]


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b'{"count": NaN}',
        b'{"a":' * 200 + b"1" + b"}" * 200,
        b'"\xff"',
        b'{"count": "\\u0000"}',
    ],
)
def test_hostile_json_is_a_400(browser: Client, raw: bytes) -> None:
    answer = browser.post("/api/failing/x/", raw, content_type="application/json")
    assert answer.status_code == 400
    assert set(answer.json()) >= {"detail", "code"}


def test_a_list_comes_in_pages_of_at_most_100(browser: Client) -> None:
    answer = browser.get("/api/numbers/?page_size=5000").json()
    assert set(answer) == {"count", "next", "previous", "results"}
    assert answer["count"] == 250
    assert len(answer["results"]) == 100


@pytest.mark.django_db
def test_an_unknown_address_is_json_for_programs_and_a_page_for_people(browser: Client) -> None:
    program = browser.get("/api/nothing/", headers={"accept": "text/html"})
    person = browser.get("/nothing/", headers={"accept": "text/html"})
    assert program.json()["code"] == "not_found"
    assert person.status_code == 404
    page = person.content.decode()
    assert "<h1" in page and "belong to another business" in page


@pytest.mark.django_db
def test_a_form_that_is_out_of_date_is_no_missing_page() -> None:
    strict = Client(enforce_csrf_checks=True, headers={"accept": "text/html"})
    answer = strict.post("/accounts/login/")
    page = answer.content.decode()
    assert answer.status_code == 403 and "out of date" in page
    assert "belong to another business" not in page


def test_a_bug_shows_people_a_page_without_inline_style(browser: Client) -> None:
    answer = browser.get("/failing/bug/", headers={"accept": "text/html"})
    assert answer.status_code == 500
    assert "<h1" in answer.content.decode()
    assert "style=" not in answer.content.decode()
