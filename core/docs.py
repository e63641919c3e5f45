"""`/api/docs/`: the generated schema as a page of our own, without foreign scripts."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

Schema = dict[str, Any]
TITLES = {"ai": "AI", "auth": "Logging in"}


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: str
    note: str
    required: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path, as the page shows it."""

    id: str
    method: str
    path: str
    text: str
    query: list[Field]
    body: list[Field]
    answer: list[Field]
    status: str
    curl: str


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    return render(request, "docs.html", {"groups": operations_by_tag()})


@cache
def operations_by_tag() -> dict[str, list[Operation]]:
    """Operations under the first part of their path, in the order of the paths."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    groups: dict[str, list[Operation]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            tag = operation["tags"][0]
            group = groups.setdefault(TITLES.get(tag, tag.capitalize()), [])
            group.append(describe(schema, path, method, operation))
    return groups


def describe(schema: Schema, path: str, method: str, operation: Schema) -> Operation:
    parameters = operation.get("parameters", [])
    query = [
        _field(schema, item["name"], item["schema"], item)
        for item in parameters
        if item["in"] == "query"
    ]
    body = _shape(schema, operation.get("requestBody", {}))
    status = next(iter(operation["responses"]))
    answer = list(_fields(schema, _shape(schema, operation["responses"][status])))
    is_public = not operation.get("security") or {} in operation["security"]
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        text=operation.get("description", ""),
        query=query,
        body=list(_fields(schema, body)),
        answer=answer,
        status=status,
        curl=_curl(schema, path, method, body, is_public=is_public),
    )


def _shape(schema: Schema, holder: Schema) -> Schema:
    content = holder.get("content", {}).get("application/json", {})
    return _resolve(schema, content.get("schema", {}))


def _resolve(schema: Schema, part: Schema) -> Schema:
    """Follow `$ref`, also where it stands alone in an `allOf`."""
    while True:
        if "$ref" in part:
            part = schema["components"]["schemas"][part["$ref"].rpartition("/")[2]]
        elif len(part.get("allOf", [])) == 1:
            part = {**part["allOf"][0], **{k: v for k, v in part.items() if k != "allOf"}}
        else:
            return part


def _fields(schema: Schema, shape: Schema) -> Iterator[Field]:
    required = shape.get("required", [])
    for name, part in shape.get("properties", {}).items():
        yield _field(schema, name, part, {"required": name in required})


def _field(schema: Schema, name: str, part: Schema, about: Schema) -> Field:
    part = _one_of(schema, part)
    note = part.get("description") or about.get("description") or ""
    if "enum" in part:
        note = ", ".join(str(value) for value in part["enum"] if value not in (None, ""))
    return Field(name, _kind(schema, part), note.strip(), bool(about.get("required")))


def _one_of(schema: Schema, part: Schema) -> Schema:
    part = _resolve(schema, part)
    return _resolve(schema, part["oneOf"][0]) if "oneOf" in part else part


def _kind(schema: Schema, part: Schema) -> str:
    if part.get("type") == "array":
        return f"list of {_kind(schema, _one_of(schema, part['items']))}s"
    kind = str(part.get("type", "value"))
    return {"string": "text", "boolean": "yes/no"}.get(kind, kind)


def _curl(schema: Schema, path: str, method: str, body: Schema, *, is_public: bool) -> str:
    lines = [f"curl -X {method.upper()} '{settings.PUBLIC_URL}{path}'"]
    if not is_public:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if fields := body.get("properties", {}):
        wanted = [name for name in fields if name in body.get("required", [])] or list(fields)[:1]
        example = {name: _example(schema, fields[name]) for name in wanted}
        lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(example)}'"]
    return " \\\n  ".join(lines)


def _example(schema: Schema, part: Schema) -> Any:
    part = _one_of(schema, part)
    if "enum" in part:
        return part["enum"][0]
    match part.get("type"):
        case "integer" | "number":
            return part.get("minimum", 1)
        case "boolean":
            return True
        case "array":
            return [_example(schema, part["items"])]
        case "object":
            return {}
        case _:
            return "…"
