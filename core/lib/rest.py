"""What every REST view and serializer stands on."""

from typing import Any, NoReturn

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from core.lib.errors import DomainError, NotFound


def refuse(field: str, problem: str) -> NoReturn:
    """Answer 400 naming one field."""
    raise DomainError(f"{field}: {problem}", code="invalid", fields={field: [problem]})


class ApiView(APIView):
    """Refuses what no database can hold before a query is made of it."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if any("\0" in str(value) for value in kwargs.values()):
            raise NotFound("There is nothing at this address.")
        super().initial(request, *args, **kwargs)
        for name, values in request.query_params.lists():
            if "\0" in name or any("\0" in value for value in values):
                raise DomainError("The query string holds a null character.", fields={
                    name.replace("\0", ""): ["Null characters are not allowed."]
                })


class StrictSerializer(serializers.Serializer[Any]):
    """Names every field it does not know instead of ignoring it."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if hasattr(data, "keys") else []
        if unknown:
            raise serializers.ValidationError({name: ["There is no such field."] for name in unknown})
        return super().to_internal_value(data)


class ErrorSerializer(serializers.Serializer[Any]):
    """The one shape of every error."""

    detail = serializers.CharField()
    code = serializers.CharField()
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), required=False
    )
