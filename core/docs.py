"""`/api/docs/`: the generated schema as a page of our own, without foreign scripts."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

Schema = dict[str, Any]
TITLES = {"ai": "AI", "auth": "Logging in"}
PLACES = ("query", "header")
FORMATS = {"date": "date", "date-time": "time", "binary": "file"}
DEEPEST = 2


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: str
    note: SafeString
    required: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path, as the page shows it."""

    id: str
    method: str
    path: str
    text: SafeString
    query: list[Field]
    headers: list[Field]
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
    asked = {place: [item for item in parameters if item["in"] == place] for place in PLACES}
    query, headers = (
        [_field(schema, item["name"], item["schema"], item) for item in asked[place]]
        for place in PLACES
    )
    body = _shape(schema, operation.get("requestBody", {}))
    status = next(iter(operation["responses"]))
    answer = list(_fields(schema, _shape(schema, operation["responses"][status])))
    is_public = not operation.get("security") or {} in operation["security"]
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        text=_with_code(operation.get("description", "")),
        query=query,
        headers=headers,
        body=list(_fields(schema, body)),
        answer=answer,
        status=status,
        curl=_curl(schema, path + _needed(asked["query"]), method, body, is_public=is_public),
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


def _fields(schema: Schema, shape: Schema, prefix: str = "", depth: int = 0) -> Iterator[Field]:
    """Each field, and after an object or a list of objects the fields within."""
    required = shape.get("required", [])
    for name, part in shape.get("properties", {}).items():
        yield _field(schema, prefix + name, part, {"required": name in required})
        inner, mark = _within(schema, part)
        if depth < DEEPEST and inner.get("properties"):
            yield from _fields(schema, inner, f"{prefix}{name}{mark}.", depth + 1)


def _within(schema: Schema, part: Schema) -> tuple[Schema, str]:
    """What a field is made of, and the mark that says it is a list of them."""
    part = _one_of(schema, part)
    if part.get("type") == "array":
        return _one_of(schema, part["items"]), "[]"
    return part, ""


def _field(schema: Schema, name: str, part: Schema, about: Schema) -> Field:
    or_null = " or null" if _resolve(schema, part).get("nullable") else ""
    told = part.get("description") or about.get("description") or ""
    part = _one_of(schema, part)
    note = told or ("" if "enum" in part else part.get("description") or "")
    if "enum" in part:
        choices = ", ".join(f"`{value}`" for value in part["enum"] if value not in (None, ""))
        note = f"{choices}. {note}" if note else choices
    kind = _kind(schema, part) + _limits(part) + or_null
    return Field(name, kind, _with_code(note.strip()), bool(about.get("required")))


def _with_code(text: str) -> SafeString:
    """Escaped; what stands between backticks is code."""
    parts = enumerate(text.split("`"))
    return format_html_join("", "{}", ((_piece(number, part),) for number, part in parts))


def _piece(number: int, part: str) -> str:
    return format_html("<code>{}</code>", part) if number % 2 else part


def _limits(part: Schema) -> str:
    lowest, highest = part.get("minimum"), part.get("maximum")
    if lowest is not None and highest is not None:
        return f", {lowest} to {highest}"
    if lowest is not None:
        return f", at least {lowest}"
    longest = part.get("maxLength")
    return f", up to {longest}" if longest else ""


def _needed(query: list[Schema]) -> str:
    """The part of an address that can't be left out."""
    needed = "&".join(f"{item['name']}=…" for item in query if item.get("required"))
    return f"?{needed}" if needed else ""


def _one_of(schema: Schema, part: Schema) -> Schema:
    part = _resolve(schema, part)
    return _resolve(schema, part["oneOf"][0]) if "oneOf" in part else part


def _kind(schema: Schema, part: Schema) -> str:
    if part.get("type") == "array":
        return f"list of {_plural(_kind(schema, _one_of(schema, part['items'])))}"
    if part.get("format") in FORMATS:
        return FORMATS[part["format"]]
    kind = str(part.get("type", "value"))
    return {"string": "text", "boolean": "yes/no"}.get(kind, kind)


def _plural(kind: str) -> str:
    first, rest = kind.split(" of ")[0], kind.partition(" of ")[2]
    return f"{first}s of {rest}" if rest else f"{first}s"


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
