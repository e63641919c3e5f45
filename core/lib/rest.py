"""What every REST view and serializer stands on."""

from collections.abc import Callable
from functools import cache
from typing import Any, NoReturn, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils.module_loading import import_string
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.lib.errors import DomainError, NotFound
from core.lib.scopes import check_key

M = TypeVar("M", bound=Model)


def refuse(field: str, problem: str) -> NoReturn:
    """Answer 400 naming one field."""
    raise DomainError(f"{field}: {problem}", code="invalid", fields={field: [problem]})


class ApiView(APIView):
    """Refuses what no database can hold before a query is made of it, and keys without the scope.

    `scope_area`: one of `core.lib.scopes.AREAS`, or PEOPLE_ONLY. No key is let in without one.
    """

    scope_area = ""

    def check_permissions(self, request: Request) -> None:
        check_key(request.auth, area=self.scope_area, method=str(request.method))
        super().check_permissions(request)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if any("\0" in str(value) for value in kwargs.values()):
            raise NotFound("There is nothing at this address.")
        super().initial(request, *args, **kwargs)
        for name, values in request.query_params.lists():
            if "\0" in name or any("\0" in value for value in values):
                raise DomainError(
                    "The query string holds a null character.",
                    fields={name.replace("\0", ""): ["Null characters are not allowed."]},
                )


# Comments, not docstrings: the schema would show them as the description of every subclass.
# Names every field it does not know instead of ignoring it.
class StrictSerializer(serializers.Serializer[Any]):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        for field in fields.values():
            # REST framework reads a yes/no that a form leaves out as no.
            if isinstance(field, serializers.BooleanField):
                field.default_empty_html = empty
        return fields

    def to_internal_value(self, data: Any) -> Any:
        known = {*self.fields, "csrfmiddlewaretoken"}
        unknown = sorted(set(data) - known) if hasattr(data, "keys") else []
        if unknown:
            raise serializers.ValidationError(
                {name: ["There is no such field."] for name in unknown}
            )
        return super().to_internal_value(data)


# A query: what is empty is left out, what is unknown is refused.
class FilterSerializer(StrictSerializer):
    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        given = {name: value for name, value in request.query_params.items() if value != ""}
        serializer = cls(data=given)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


# The query of a list that comes in pages.
class QuerySerializer(FilterSerializer):
    page = serializers.IntegerField(min_value=1, required=False)
    page_size = serializers.IntegerField(
        min_value=1, required=False, help_text="At most 100; 50 when left out."
    )


@cache
def page_of(item: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The shape of a list of items, for the schema."""
    fields = {
        "count": serializers.IntegerField(),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": item(many=True),
    }
    return type(
        item.__name__.replace("Serializer", "PageSerializer"), (serializers.Serializer,), fields
    )


def paged(request: Request, rows: "QuerySet[M]", form: Callable[[M], Any]) -> Response:
    """One page of rows, each put into its form."""
    dotted_path = str(settings.REST_FRAMEWORK["DEFAULT_PAGINATION_CLASS"])
    paginator: BasePagination = import_string(dotted_path)()
    found = paginator.paginate_queryset(rows, request) or []
    return Response(paginator.get_paginated_response([form(row) for row in found]).data)


def read_body(
    request: Request, serializer_class: type[serializers.Serializer[Any]]
) -> dict[str, Any]:
    """The checked body; DRF's ValidationError names what is wrong."""
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
