"""The REST edge that all rooms share: decoding, pages, and one shape for errors.

REST framework reads these names while it loads its own views, so nothing here may import them.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.lib.decoding import DecodeError, decode_object
from core.lib.errors import DomainError

MAX_BODY_BYTES = 1_000_000


class StrictJSONParser(JSONParser):
    """JSON through the hardened decoder: no NaN, no null characters, no bottomless nesting."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        raw: bytes = stream.read(MAX_BODY_BYTES + 1)
        if not raw.strip():
            return {}
        try:
            return decode_object(raw, max_bytes=MAX_BODY_BYTES)
        except DecodeError as error:
            raise exceptions.ParseError(f"The body can't be used: {error.reason}.") from error


class PagePagination(PageNumberPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 100

    def paginate_queryset(
        self, queryset: "QuerySet[Any] | Sequence[Any]", request: Request, view: Any = None
    ) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except exceptions.NotFound as error:
            raise exceptions.ValidationError({"page": ["There is no such page."]}) from error


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer `{"detail", "code"[, "fields"][, "reasons"]}`; None for what we don't know."""
    known = _known(error)
    if known is None:
        return None
    code, body, headers = known
    return Response(body, status=code, headers=headers)


def _known(error: Exception) -> tuple[int, dict[str, Any], dict[str, str]] | None:
    if isinstance(error, DomainError):
        return error.status, _domain_body(error), _headers(error)
    if isinstance(error, Http404):
        error = exceptions.NotFound("There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, OperationalError | InterfaceError):
        body = {"detail": "The database can't be reached; try again soon.", "code": "unavailable"}
        return status.HTTP_503_SERVICE_UNAVAILABLE, body, {"Retry-After": "3"}
    if isinstance(error, exceptions.APIException):
        return error.status_code, _api_body(error), _headers(error)
    return None


def _domain_body(error: DomainError) -> dict[str, Any]:
    body: dict[str, Any] = {"detail": error.detail, "code": error.code}
    if error.fields:
        body["fields"] = error.fields
    if error.reasons:
        body["reasons"] = error.reasons
    return body


def _api_body(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        fields = _flat(error.detail)
        name, problems = next(iter(fields.items()))
        return {"detail": f"{name}: {problems[0]}", "code": "invalid", "fields": fields}
    detail = error.detail.get("detail", "") if isinstance(error.detail, dict) else error.detail
    return {"detail": str(detail), "code": _code(error)}


def _code(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    if isinstance(codes, dict):
        codes = codes.get("code", error.default_code)
    return str(codes)


def _flat(detail: Any) -> dict[str, list[str]]:
    """Serializer errors as `{"field": ["problem", …]}`; deeper ones say where within the field."""
    if not isinstance(detail, dict):
        return {"non_field_errors": list(_problems(detail))}
    return {str(name): list(_problems(inner)) for name, inner in detail.items()}


def _problems(detail: Any, where: str = "") -> Iterator[str]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _problems(inner, f"{where}{name}: ")
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            yield from _problems(inner, f"{where}{number}: " if isinstance(inner, dict) else where)
    else:
        yield f"{where}{detail}"


def _headers(error: Exception) -> dict[str, str]:
    headers: dict[str, str] = {}
    if (challenge := getattr(error, "auth_header", None)) is not None:
        headers["WWW-Authenticate"] = challenge
    wait = getattr(error, "wait", None) or getattr(error, "retry_after", None)
    if wait is not None:
        headers["Retry-After"] = str(int(wait))
    return headers
