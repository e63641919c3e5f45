"""Errors that carry a sentence for the person who caused them."""

from collections.abc import Mapping, Sequence


class DomainError(Exception):
    """A refusal in plain words. Views turn it into `{"detail", "code"}` with `status`."""

    status = 400
    code = "invalid"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        status: int | None = None,
        fields: Mapping[str, Sequence[str]] | None = None,
        reasons: Sequence[str] = (),
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.status = status or self.status
        self.fields = dict(fields or {})
        self.reasons = list(reasons)


class NotFound(DomainError):
    """Missing, or another business's: both look the same from outside."""

    status = 404
    code = "not_found"


class Conflict(DomainError):
    """The state of the object does not allow this now."""

    status = 409
    code = "conflict"
