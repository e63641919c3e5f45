"""What is held of a person beyond the rows of messaging: rooms above register their parts."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, NoReturn

from django.db.models import QuerySet

from core.lib.errors import DomainError, NotFound
from messaging.models import Channel, Customer


@dataclass(frozen=True, slots=True)
class Part:
    """Rows about conversations: `rows` of their ids, `form` of a row for the export.

    They are deleted with the person, or `erase` takes out of them what is about the person; no
    `form` = nothing of it is the person's own.
    """

    name: str
    rows: Callable[[Collection[str]], QuerySet[Any]]
    form: Callable[[Any], dict[str, Any]] | None = None
    erase: Callable[[QuerySet[Any]], object] | None = None


_parts: dict[str, Part] = {}


def register_part(part: Part) -> None:
    _parts[part.name] = part


def registered_parts() -> list[Part]:
    return list(_parts.values())


def find_customer(key: str, *, business_id: str | None) -> Customer:
    """By id, or by `channel:external_id` with a channel's id or kind. NotFound, DomainError."""
    rows = Customer.objects.select_related("channel", "business").defer("channel__secrets")
    if business_id is not None:
        rows = rows.for_business(business_id)
    by_id = rows.filter(pk=key).first()
    channel, _, external_id = key.partition(":")
    if by_id is not None or not external_id:
        return by_id or _missing(key)
    by = "channel__kind" if channel in Channel.Kind.values else "channel_id"
    found = list(rows.filter(**{by: channel}, external_id=external_id)[:2])
    if len(found) > 1:
        raise DomainError(f"Several customers are called “{key}”; name one by its id.")
    return found[0] if found else _missing(key)


def _missing(key: str) -> NoReturn:
    raise NotFound(f"There is no customer “{key}”; give an id, or channel:external_id.")
