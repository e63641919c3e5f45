"""What the OpenAPI schema leaves out and what it adds."""

from typing import Any

Endpoint = tuple[str, str, str, Any]
Schema = dict[str, Any]

ERROR: Schema = {
    "type": "object",
    "description": "The one shape of every error.",
    "required": ["detail", "code"],
    "properties": {
        "detail": {"type": "string", "description": "What went wrong and what to do."},
        "code": {"type": "string"},
        "fields": {
            "type": "object",
            "description": "What is wrong with each field.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "reasons": {"type": "array", "items": {"type": "string"}},
    },
}
ERROR_ANSWER: Schema = {
    "description": "A refusal",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}


def without_twins(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Drop `/auth/login/` where `/auth/login` stands beside it."""
    paths = {path for path, *_ in endpoints}
    return [found for found in endpoints if found[0].rstrip("/") not in paths - {found[0]}]


def with_errors(result: Schema, **kwargs: Any) -> Schema:
    """Say of every operation how it refuses."""
    result["components"].setdefault("schemas", {})["Error"] = ERROR
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"]["4XX"] = ERROR_ANSWER
    return result
