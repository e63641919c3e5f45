"""Sends every attempt to the real application and judges the answer by the schema."""

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi import checks

from core.testing.fuzz.attempts import Attempt, attempts, twisted
from core.testing.fuzz.people import People, people_headers

CLOSED = (400, 401, 404)
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


@dataclass(frozen=True, slots=True)
class Finding:
    operation: str
    role: str
    problem: str
    request: str


@dataclass
class Tally:
    """What was asked and what came of it; a problem is told once for each operation."""

    asked: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    unsendable: int = 0
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)

    @property
    def cases(self) -> int:
        return self.asked.total()

    def note(self, finding: Finding) -> None:
        self.findings.setdefault((finding.operation, finding.problem[:60]), finding)


class Fuzzer:
    """`people` makes a business of its own for every batch: what one deletes no other misses."""

    def __init__(self, *, app: Any, people: Callable[[], People]) -> None:
        self.document = generated_schema()
        self.api = schemathesis.openapi.from_dict(self.document)
        self.api.app = from_many_addresses(app)
        self.people = people
        self.tally = Tally()

    def operations(self, only: str = "") -> list[Any]:
        found: list[Any] = [result.ok() for result in self.api.get_all_operations()]  # type: ignore[union-attr]
        return [operation for operation in found if only in operation.label]

    def run(self, *, cases: int, seed: int, only: str = "", batch: int = 25) -> Tally:
        """Round after round over all operations until `cases` were sent."""
        for number in itertools.count():
            before = self.tally.cases
            for operation in self.operations(only):
                left = cases - self.tally.cases
                if left <= 0:
                    return self.tally
                self.ask(operation, examples=min(batch, left), seed=seed * 100_000 + number)
            if self.tally.cases == before:
                return self.tally
        raise AssertionError

    def ask(self, operation: Any, *, examples: int, seed: int) -> None:
        people = self.people()

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(attempts(operation))
        def try_one(attempt: Attempt) -> None:
            self.try_one(attempt, people)

        try_one()

    def try_one(self, attempt: Attempt, people: People) -> None:
        case, role = attempt.case, attempt.role
        if attempt.real_ids:
            case.path_parameters = {**(case.path_parameters or {}), **self._known(case, people)}
        extra = twisted(case, attempt.twist, self.document)
        headers = {**extra.pop("headers", {}), **people_headers(people, role)}
        try:
            response = case.call(headers=headers, **extra)
        except (UnicodeEncodeError, ValueError):
            self.tally.unsendable += 1
            return
        self.tally.asked[case.operation.label] += 1
        self.tally.statuses[response.status_code] += 1
        for problem in self._problems(case, response, role):
            self._note(attempt, problem, extra, response)

    def _known(self, case: Any, people: People) -> dict[str, Any]:
        ids = people.world.ids
        return {name: ids[name] for name in case.path_parameters or {} if name in ids}

    def _problems(self, case: Any, response: Any, role: str) -> Iterator[str]:
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            yield from map(_words, group.exceptions)
        except Failure as failure:
            yield _words(failure)
        secured = case.operation.definition.raw.get("security")
        is_open = not secured or {} in secured
        if role == "nobody" and not is_open and response.status_code not in CLOSED:
            yield f"answers {response.status_code} to who is not logged in"

    def _note(self, attempt: Attempt, problem: str, extra: dict[str, Any], response: Any) -> None:
        case = attempt.case
        request = {
            "path": case.formatted_path,
            "query": case.query,
            "type": case.media_type,
            "body": repr(extra.get("data", case.body))[:600],
            "answer": f"{response.status_code} {response.content[:300]!r}",
        }
        told = json.dumps(request, ensure_ascii=True, default=repr)[:1500]
        self.tally.note(Finding(case.operation.label, attempt.role, problem, told))


def report(tally: Tally) -> str:
    """The figures, then each finding with the request that shows it."""
    statuses = ", ".join(f"{count} × {code}" for code, count in sorted(tally.statuses.items()))
    lines = [
        f"{tally.cases} cases over {len(tally.asked)} operations: {statuses}",
        f"{len(tally.findings)} findings",
    ]
    for finding in tally.findings.values():
        lines += ["", f"{finding.operation} as {finding.role}: {finding.problem}", finding.request]
    return "\n".join(lines)


def _words(failure: BaseException) -> str:
    return " ".join(f"{type(failure).__name__}: {failure}".split())[:400]


def generated_schema() -> dict[str, Any]:
    made = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return dict(json.loads(json.dumps(made)))


def from_many_addresses(app: Any) -> Any:
    """Every request from an address of its own: limits by address would hide what lies behind."""
    addresses = (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in itertools.count(1))

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["REMOTE_ADDR"] = next(addresses)
        return app(environ, start_response)  # type: ignore[no-any-return]

    return answer
