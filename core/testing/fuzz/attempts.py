"""What is asked: cases that the schema allows or forbids, some of them with a hostile twist."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode

from core.testing.fuzz import hostile

ROLES = ("owner", "owner", "owner", "agent", "nobody")
TABLES: dict[str, tuple[Any, ...]] = {
    "value": hostile.VALUES,
    "piece": hostile.PIECES,
    "query": hostile.QUERIES,
    "body": hostile.BODIES,
}


@dataclass(frozen=True, slots=True)
class Twist:
    """One hostile thing done to a request: `number` says which of the table of its kind."""

    kind: str
    place: int
    number: int

    @property
    def what(self) -> Any:
        return TABLES[self.kind][self.number]


@dataclass(frozen=True, slots=True)
class Attempt:
    case: schemathesis.Case[Any]
    role: str
    real_ids: bool
    twist: Twist | None


def attempts(operation: Any) -> st.SearchStrategy[Attempt]:
    proper = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    return st.builds(
        Attempt,
        case=proper | wrong,
        role=st.sampled_from(ROLES),
        real_ids=st.sampled_from((True, True, False)),
        twist=st.none() | twists(),
    )


def twists() -> st.SearchStrategy[Twist]:
    # By number: Hypothesis would describe the values themselves at length.
    return st.one_of(
        [
            st.builds(Twist, st.just(kind), st.integers(0, 30), st.integers(0, len(table) - 1))
            for kind, table in TABLES.items()
        ]
    )


def twisted(case: Any, twist: Twist | None, document: dict[str, Any]) -> dict[str, Any]:
    """Change the case in place; what can't stand in it comes back as arguments of the call."""
    if twist is None:
        return {}
    match twist.kind, twist.what:
        case "value", value:
            _put_value(case, twist.place, value, document)
        case "piece", piece:
            _put_piece(case, twist.place, piece)
        case "query", query:
            return {"params": dict(_pairs(query))}
        case "body", (raw, kind) if "requestBody" in case.operation.definition.raw:
            return {"data": raw, "headers": {"Content-Type": kind}}
    return {}


def _put_piece(case: Any, place: int, piece: str) -> None:
    names = sorted(case.path_parameters or {})
    if names:
        name = names[place % len(names)]
        case.path_parameters = {**case.path_parameters, name: piece}


def _pairs(query: str) -> Iterator[tuple[str, str]]:
    for part in query.split("&"):
        name, _, value = part.partition("=")
        yield unquote(name, errors="surrogateescape"), unquote(value, errors="surrogateescape")


def _put_value(case: Any, place: int, value: Any, document: dict[str, Any]) -> None:
    asked = [item["name"] for item in case.operation.definition.raw.get("parameters", [])]
    queried = [name for name in asked if name not in (case.path_parameters or {})]
    said = sorted(body_names(case.operation.definition.raw, document))
    if not (names := queried + said):
        return
    name = names[place % len(names)]
    if name in said and isinstance(case.body, dict):
        case.body = {**case.body, name: value}
    elif name in queried:
        case.query = {**(case.query or {}), name: value}


def body_names(operation: dict[str, Any], document: dict[str, Any]) -> list[str]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    shape = content.get("schema", {})
    if "$ref" in shape:
        shape = document["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
    return list(shape.get("properties", {}))
