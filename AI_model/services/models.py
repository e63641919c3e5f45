"""The models that a business may use: the operator's, and those of its own endpoints, by name.

The operator's names come first, so that a business which uses nothing of its own costs no
statement. A name of its own is looked up only where no model of the operator has it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from django.db.models import QuerySet

from AI_model.catalog import model_facts
from AI_model.models import Endpoint, LanguageModel
from AI_model.providers.base import Provider
from AI_model.providers.registry import (
    Configured,
    configured,
    configured_chain,
    configured_names,
    model_choices,
    own_provider,
)
from core.lib.crypto import SecretUnreadable

if TYPE_CHECKING:
    from AI_model.providers.hosted import HostedProvider

log = structlog.get_logger(__name__)

UNKNOWN_CONTEXT = 8_192
KEYLESS = frozenset({Endpoint.Kind.OPENAI})
"""Kinds that may be asked without a key: servers that people run themselves."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model by the `name` that people choose. Without ids it is the operator's."""

    id: str | None
    name: str
    label: str
    kind: str
    model_id: str
    endpoint_id: str | None
    context_tokens: int
    streams: bool
    builtin: bool


def usable_models(*, business_id: str) -> list[ModelChoice]:
    """The operator's in the order of the chain, then the business's own by name."""
    builtin = [_builtin(entry) for entry in configured()]
    taken = {choice.name for choice in builtin}
    own = [_own(row) for row in own_models(business_id=business_id) if row.name not in taken]
    return builtin + own


def own_models(*, business_id: str) -> "QuerySet[LanguageModel]":
    """What is switched on, at endpoints that are; without the keys."""
    rows = LanguageModel.objects.for_business(business_id).filter(
        enabled=True, endpoint__enabled=True
    )
    return rows.select_related("endpoint").defer("endpoint__secrets").order_by("name", "pk")


def chain_for(*, business_id: str, model_name: str = "") -> list[Provider]:
    """The chosen model first, the operator's behind it; an unknown name changes nothing."""
    chain = configured_chain(model_name=model_name)
    own = own_chosen(business_id=business_id, model_name=model_name)
    provider = provider_of(own) if own is not None else None
    return [provider, *chain] if provider is not None else chain


def context_of(*, business_id: str, model_name: str = "") -> int:
    """How many tokens it reads and writes together; of the first that is configured for ""."""
    own = own_chosen(business_id=business_id, model_name=model_name)
    if own is not None:
        return _own(own).context_tokens
    entries = sorted(configured(), key=lambda entry: entry.model != model_name)
    return _builtin(entries[0]).context_tokens if entries else UNKNOWN_CONTEXT


def can_serve(*, business_id: str, model_name: str = "") -> bool:
    """Whether there is anything to ask."""
    if configured_names():
        return True
    return own_chosen(business_id=business_id, model_name=model_name) is not None


def own_chosen(*, business_id: str, model_name: str) -> LanguageModel | None:
    """The business's own model of this name, unless the operator has one of it."""
    if not model_name or model_name in model_choices():
        return None
    return own_models(business_id=business_id).filter(name=model_name).first()


def provider_of(row: LanguageModel) -> Provider | None:
    """None when it can't be asked: without the key that its vendor wants."""
    api_key = key_of(row.endpoint)
    if api_key is None or not (api_key or row.endpoint.kind in KEYLESS):
        return None
    return provider_at(
        row.endpoint,
        model_id=row.model_id,
        api_key=api_key,
        temperature=row.temperature,
        max_tokens=row.max_tokens,
    )


def provider_at(
    endpoint: Endpoint,
    *,
    model_id: str,
    api_key: str,
    temperature: float | None = None,
    max_tokens: int | None = None,
) -> "HostedProvider":
    from AI_model.providers.hosted import Own

    return own_provider(
        kind=endpoint.kind,
        model=model_id,
        api_key=api_key,
        base_url=endpoint.base_url,
        own=Own(endpoint.name, temperature=temperature, max_tokens=max_tokens),
    )


def key_of(endpoint: Endpoint) -> str | None:
    """Its key, "" without one; None when no key of ours opens it."""
    try:
        return str(endpoint.secrets.get("api_key", ""))
    except SecretUnreadable:
        log.warning("endpoint_key_unreadable", endpoint=endpoint.pk)
        return None


def names_taken() -> Collection[str]:
    """What no model of a business may be called: a name must mean one thing."""
    return model_choices()


def _builtin(entry: Configured) -> ModelChoice:
    return ModelChoice(
        id=None,
        name=entry.model,
        label=entry.model,
        kind=entry.kind,
        model_id=entry.model,
        endpoint_id=None,
        context_tokens=_context(entry.kind, entry.model),
        streams=entry.kind != "embedded",
        builtin=True,
    )


def _own(row: LanguageModel) -> ModelChoice:
    return ModelChoice(
        id=row.pk,
        name=row.name,
        label=f"{row.name} ({row.endpoint.name})",
        kind=row.endpoint.kind,
        model_id=row.model_id,
        endpoint_id=row.endpoint_id,
        context_tokens=row.context_tokens or _context(row.endpoint.kind, row.model_id),
        streams=True,
        builtin=False,
    )


def _context(kind: str, model: str) -> int:
    return model_facts(kind, model).context or UNKNOWN_CONTEXT
