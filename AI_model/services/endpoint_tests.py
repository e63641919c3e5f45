"""Trying an endpoint: one small real call, and in plain words what is wrong."""

import time
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.models import User
from AI_model.generation import ask_once
from AI_model.models import Endpoint, LanguageModel
from AI_model.providers.base import CompletionRequest, ProviderError, Turn
from AI_model.services.budgets import meter_of
from AI_model.services.ledger import record_calls
from AI_model.services.models import KEYLESS, key_of, provider_at
from core.lib.clock import Deadline
from core.lib.errors import DomainError
from core.lib.hands import waiting
from core.lib.ratelimit import hit

PURPOSE = "test"
SECONDS = 20.0
LISTING_SECONDS = 10.0
TESTS, WINDOW_SECONDS = 10, 60.0
MOST_LISTED = 500
REMEDIES = {
    "key_rejected": "The key was rejected. Enter a valid one.",
    "no_key": "There is no key. Enter it, also after the address was changed.",
    "key_unreadable": "The stored key can't be read any more. Enter it again.",
    "not_allowed": "The key is right, but it may not use this model. Allow it at the provider.",
    "model_not_found": "The address answers, but it has no such model, or the path is wrong. "
    "Check the model's id and the base URL.",
    "no_model": "No model is set up here yet. Add one, or say which to try.",
    "quota_exhausted": "The account at the provider has no money left. Top it up.",
    "rate_limited": "The provider asks to slow down. Try again in a minute.",
    "overloaded": "The provider is overloaded. Try again in a minute.",
    "server_error": "The provider failed. Try again in a minute.",
    "timeout": "No answer came in time. Check the address, and whether the server runs.",
    "unreachable": "Nothing answers at this address. Check it, and whether the server runs.",
    "address_blocked": "This address may not be called. Use a public web address.",
    "garbled": "What answers at this address is no AI of this kind. Check the base URL and kind.",
    "too_large": "What answers at this address is no AI of this kind. Check the base URL and kind.",
    "bad_request": "The provider refused the request. Check the model's id and its settings.",
    "too_long": "The provider refused the request as too long. Check the model's id.",
    "over_budget": "The business's own AI budget is used up. Raise it in the AI settings.",
    "unpriced": "No price is known for this model, so it can't answer within a money budget.",
    "not_offered": "This address does not list its models. Type the model's id.",
}
# The model answered, if in an odd way: address, key and model are right.
FINE = {"cut", "empty", "blocked"}


class TooManyTests(DomainError):
    status = 429
    code = "too_many"

    def __init__(self, retry_after: float) -> None:
        self.retry_after = max(1, round(retry_after))
        super().__init__(f"That were many tests at once. Try again in {self.retry_after} s.")


@dataclass(frozen=True, slots=True)
class _Outcome:
    code: str = ""
    detail: str = ""


def try_endpoint(*, endpoint: Endpoint, user: User, model_id: str = "") -> dict[str, Any]:
    """Ask `model_id`, or the first model of the endpoint; the result stands in `last_test`.

    {at, ok, code, detail, milliseconds, model}. Raises TooManyTests.
    """
    _count(endpoint)
    started = time.monotonic()
    model_id = model_id or _first_model(endpoint)
    outcome = _try(endpoint, user, model_id)
    result = {
        "at": timezone.now().isoformat(),
        "ok": not outcome.code,
        "code": outcome.code or "ok",
        "detail": outcome.detail or "It works.",
        "milliseconds": round((time.monotonic() - started) * 1000),
        "model": model_id,
    }
    Endpoint.objects.filter(pk=endpoint.pk).update(last_test=result)
    endpoint.last_test = result
    return result


def list_offered(*, endpoint: Endpoint) -> list[str]:
    """Ids of the models that the address offers. DomainError says why there are none."""
    _count(endpoint)
    api_key = _usable_key(endpoint)
    if isinstance(api_key, _Outcome):
        raise DomainError(api_key.detail, code=api_key.code)
    provider = provider_at(endpoint, model_id="", api_key=api_key)
    try:
        with waiting():
            return provider.offered_models(Deadline.after(LISTING_SECONDS))[:MOST_LISTED]
    except ProviderError as error:
        code = {"model_not_found": "not_offered"}.get(error.code, error.code)
        raise DomainError(REMEDIES.get(code, error.detail), code=code) from error


def _count(endpoint: Endpoint) -> None:
    state = hit(f"endpoint-tests:{endpoint.business_id}", TESTS, WINDOW_SECONDS)
    if not state.allowed:
        raise TooManyTests(state.retry_after)


def _first_model(endpoint: Endpoint) -> str:
    rows = LanguageModel.objects.filter(endpoint=endpoint).order_by("-enabled", "created_at", "pk")
    return rows.values_list("model_id", flat=True).first() or ""


def _usable_key(endpoint: Endpoint) -> "str | _Outcome":
    api_key = key_of(endpoint)
    if api_key is None:
        return _Outcome("key_unreadable", REMEDIES["key_unreadable"])
    if not api_key and endpoint.kind not in KEYLESS:
        return _Outcome("no_key", REMEDIES["no_key"])
    return api_key


def _try(endpoint: Endpoint, user: User, model_id: str) -> _Outcome:
    api_key = _usable_key(endpoint)
    if isinstance(api_key, _Outcome):
        return api_key
    if not model_id:
        return _Outcome("no_model", REMEDIES["no_model"])
    # First, since it may load a library: that is not the address's time.
    provider = provider_at(endpoint, model_id=model_id, api_key=api_key)
    meter = meter_of(endpoint.business_id)
    with waiting():
        result = ask_once(request=_request(), provider=provider, meter=meter)
    record_calls(business_id=endpoint.business_id, purpose=PURPOSE, calls=result.calls, user=user)
    error = result.error
    if error is None or error.code in FINE:
        return _Outcome()
    return _Outcome(error.code, REMEDIES.get(error.code, error.detail))


def _request() -> CompletionRequest:
    return CompletionRequest(
        system="This is a test of the connection. Answer with the one word: Ready.",
        turns=[Turn("user", "Are you ready?")],
        max_tokens=64,
        temperature=None,
        deadline=Deadline.after(SECONDS),
    )
