"""One request of the walk through the API, and what its answer must hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """`{name}` in address and body stands for what the walk knows under that name.

    `fields` are the names that the answer has at its top, `inner` those of what lies within
    (of the first item where it is a list). Names may be more, never fewer. `upload` = files by
    the name of their field: such a request is sent as multipart only.
    """

    operation: str
    fields: str = ""
    body: Mapping[str, Any] | None = None
    status: int = 200
    who: str = "owner"
    query: str = ""
    inner: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    upload: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def method(self) -> str:
        return self.operation.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.operation.partition(" ")[2]


PAGE = "count next previous results"
