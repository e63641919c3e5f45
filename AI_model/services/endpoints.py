"""A business's own endpoints and the models there: making, changing, trying out.

An address is checked before it is kept and again at each connection. A key never goes to another
address than the one it was given for.
"""

from collections.abc import Mapping
from typing import Any, NoReturn

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Model

from accounts.models import User
from accounts.permissions import require_owner
from accounts.services.audit import note_setting
from AI_model.models import AIModelConfig, Endpoint, LanguageModel
from AI_model.services.models import names_taken
from core.lib.errors import Conflict, DomainError
from core.lib.http import OutboundRefused, check_url

MASK = "••••"
"""What `core.lib.crypto.masked` begins with; no key holds it."""
MOST: Mapping[type[Model], tuple[str, int]] = {
    Endpoint: ("endpoints", 20),
    LanguageModel: ("models", 100),
}
VENDORS_OWN = {
    Endpoint.Kind.OPENAI: "https://api.openai.com/v1",
    Endpoint.Kind.ANTHROPIC: "https://api.anthropic.com",
    Endpoint.Kind.GEMINI: "https://generativelanguage.googleapis.com",
}
# What people copy along from an example of a call; the code puts it after the address.
TAILS = {
    Endpoint.Kind.OPENAI: ("/chat/completions", "/models"),
    Endpoint.Kind.ANTHROPIC: ("/messages", "/models", "/v1"),
    Endpoint.Kind.GEMINI: ("/models", "/v1beta", "/v1"),
}
LOGGED = ("name", "kind", "base_url", "enabled")
MODEL_FIELDS = ("name", "model_id", "temperature", "max_tokens", "context_tokens", "enabled")


def add_endpoint(
    *,
    user: User,
    name: str,
    kind: str,
    base_url: str = "",
    api_key: str = "",
    enabled: bool = True,
    via: str = "api",
) -> Endpoint:
    """Asks where the address leads, outside any transaction."""
    business = require_owner(user)
    address = checked_address(kind=kind, base_url=base_url)
    if problem := no_room(Endpoint, business_id=business.pk):
        raise Conflict(problem)
    endpoint = Endpoint(business=business, name=name, kind=kind, base_url=address, enabled=enabled)
    endpoint.secrets = _secrets(api_key)
    with transaction.atomic():
        _save(endpoint, what="endpoint", force_insert=True)
        _note(endpoint, user, via, before={})
    return endpoint


def change_endpoint(
    *, user: User, endpoint: Endpoint, via: str = "api", **changes: Any
) -> Endpoint:
    """Change some of: name, kind, base_url, api_key, enabled. "" as key takes it away.

    With another address or kind the key goes, unless it is given again.
    """
    require_owner(user)
    address = _new_address(endpoint, changes)
    with transaction.atomic():
        row = Endpoint.objects.select_for_update().defer("secrets").get(pk=endpoint.pk)
        before = {name: getattr(row, name) for name in LOGGED}
        if address is not None:
            row.kind, row.base_url = changes.get("kind", row.kind), address
        _change_key(row, before, changes.get("api_key"))
        row.name = changes.get("name", row.name)
        row.enabled = changes.get("enabled", row.enabled)
        _save(row, what="endpoint")
        _note(row, user, via, before=before)
    return row


def _new_address(endpoint: Endpoint, changes: Mapping[str, Any]) -> str | None:
    """None when it stays. Another kind without an address means that vendor's own."""
    kind = changes.get("kind", endpoint.kind)
    given = changes.get("base_url", endpoint.base_url if kind == endpoint.kind else "")
    if (kind, given) == (endpoint.kind, endpoint.base_url):
        return None
    return checked_address(kind=kind, base_url=given)


def _change_key(row: Endpoint, before: Mapping[str, Any], given: str | None) -> None:
    """The masked key that we show means the one that is there."""
    moved = (row.kind, row.base_url) != (before["kind"], before["base_url"])
    if given is not None and MASK in given:
        given = None
    if given is None and not moved:
        return
    row.secrets = _secrets(given or "")
    row.last_test = None


def _secrets(api_key: str) -> dict[str, str]:
    if problem := key_problem(api_key):
        _refuse("api_key", problem)
    return {"api_key": api_key.strip()} if api_key.strip() else {}


def key_problem(api_key: str) -> str:
    """Why this can be no key; "" when it can."""
    key = api_key.strip()
    fits = key.isascii() and key.isprintable() and " " not in key
    return "" if fits else "A key is one word of plain letters and signs. Copy it again."


def delete_endpoint(*, user: User, endpoint: Endpoint, via: str = "api") -> None:
    """Its models go with it; who chose one of them gets the first that is configured."""
    require_owner(user)
    with transaction.atomic():
        before = {name: getattr(endpoint, name) for name in LOGGED}
        note_setting(
            business_id=endpoint.business_id,
            user=user,
            via=via,
            subject="ai endpoint",
            subject_id=endpoint.pk,
            before=before,
            after=dict.fromkeys(LOGGED),
        )
        endpoint.delete()


def add_model(
    *, user: User, endpoint: Endpoint, name: str, model_id: str, via: str = "api", **rest: Any
) -> LanguageModel:
    """`rest`: temperature, max_tokens, context_tokens, enabled."""
    business = require_owner(user)
    if problem := no_room(LanguageModel, business_id=business.pk):
        raise Conflict(problem)
    row = LanguageModel(business=business, endpoint=endpoint, name=name, model_id=model_id, **rest)
    _check_name(row)
    with transaction.atomic():
        _save(row, what="model", force_insert=True)
        _note_model(row, user, via, before={})
    return row


def change_model(
    *, user: User, row: LanguageModel, via: str = "api", **changes: Any
) -> LanguageModel:
    """The customers' AI goes on with a model that gets another name."""
    require_owner(user)
    before = {name: getattr(row, name) for name in MODEL_FIELDS}
    for name, value in changes.items():
        setattr(row, name, value)
    _check_name(row)
    with transaction.atomic():
        _save(row, what="model")
        if row.name != before["name"]:
            chosen = AIModelConfig.objects.for_business(row.business_id)
            chosen.filter(model_name=before["name"]).update(model_name=row.name)
        _note_model(row, user, via, before=before)
    return row


def delete_model(*, user: User, row: LanguageModel, via: str = "api") -> None:
    require_owner(user)
    with transaction.atomic():
        before = {name: getattr(row, name) for name in MODEL_FIELDS}
        _note_model(row, user, via, before=before, after=dict.fromkeys(MODEL_FIELDS))
        row.delete()


def no_room(what: type[Endpoint] | type[LanguageModel], *, business_id: str) -> str:
    """Why there can be no more of them; "" while there can."""
    name, most = MOST[what]
    count = what._default_manager.filter(business_id=business_id).count()
    return f"A business has at most {most} {name}. Delete one first." if count >= most else ""


def checked_address(*, kind: str, base_url: str) -> str:
    """As it is kept; the vendor's own for "". Asks the network where it leads; may refuse it."""
    address = plain_address(kind=kind, base_url=base_url)
    if address in VENDORS_OWN.values():
        return address
    trusted = settings.TRUST_PRIVATE_ENDPOINTS
    try:
        check_url(address, allow_private=trusted)
    except OutboundRefused as error:
        _refuse("base_url", error.detail, code=error.code)
    if not trusted and not address.lower().startswith("https://"):
        _refuse("base_url", "Use an address that begins with https://, to keep the key secret.")
    return address


def plain_address(*, kind: str, base_url: str) -> str:
    address = base_url.strip().rstrip("/")
    for tail in TAILS[Endpoint.Kind(kind)]:
        address = address.removesuffix(tail).rstrip("/")
    return address or VENDORS_OWN[Endpoint.Kind(kind)]


def _check_name(row: LanguageModel) -> None:
    if row.name in names_taken():
        _refuse("name", "The operator has a model of this name. Choose another one.")


def _save(row: Endpoint | LanguageModel, *, what: str, force_insert: bool = False) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=force_insert)
    except IntegrityError:
        _refuse("name", f"You have an {what} of this name. Choose another one.")


def _note(endpoint: Endpoint, user: User, via: str, *, before: Mapping[str, Any]) -> None:
    note_setting(
        business_id=endpoint.business_id,
        user=user,
        via=via,
        subject="ai endpoint",
        subject_id=endpoint.pk,
        before=before,
        after={name: getattr(endpoint, name) for name in LOGGED},
    )


def _note_model(
    row: LanguageModel,
    user: User,
    via: str,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any] | None = None,
) -> None:
    note_setting(
        business_id=row.business_id,
        user=user,
        via=via,
        subject="ai model",
        subject_id=row.pk,
        before=before,
        after=after or {name: getattr(row, name) for name in MODEL_FIELDS},
    )


def _refuse(field: str, problem: str, *, code: str = "invalid") -> NoReturn:
    raise DomainError(f"{field}: {problem}", code=code, fields={field: [problem]})
