"""Connecting a business to its channels. One account of a platform is always the same channel."""

import re
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Business
from core.lib.crypto import SecretUnreadable
from core.lib.errors import Conflict, DomainError
from core.lib.ids import new_id
from messaging.models import Channel
from messaging.services.channels import (
    end_delivery,
    note_connected,
    register_channel,
    release_waiting,
)

BOT_TOKEN = re.compile(r"([0-9]{1,18}):[A-Za-z0-9_-]{1,200}")
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
ACCOUNT_ID = re.compile(r"[0-9]{1,30}")
META_TOKEN = re.compile(r"[A-Za-z0-9_\-.|]{1,1000}")
FLAVOURS = ("instagram_login", "facebook_login")
NOUNS = {Channel.Kind.TELEGRAM: "bot", Channel.Kind.MESSENGER: "page"}
KINDS_WITHOUT_ACCOUNT = {Channel.Kind.WEBCHAT: "Web chat", Channel.Kind.API: "API"}
BOTH_WAYS = (
    "This account was connected by the other login before, and that subscription could not be "
    "ended. Remove the app there, or every message is delivered twice."
)


def connect_telegram(
    *, business: Business, token: str, secret: str = "", register: bool = True
) -> Channel:
    """Connect a bot, or renew its token and secret.

    With `register`, asks Telegram who the bot is and has it deliver here; nothing is stored when
    Telegram refuses. Raises DomainError, Conflict.
    """
    token = token.strip()
    channel = _channel_of(business, Channel.Kind.TELEGRAM, _bot_id(token))
    known_secret = channel.secrets.get("webhook_secret", "")
    wanted = _webhook_secret(secret) if secret else known_secret or token_urlsafe(32)
    channel.secrets = {"token": token, "webhook_secret": wanted}
    return _connect(channel, register=register)


def connect_instagram(
    *,
    business: Business,
    account_id: str,
    token: str,
    flavour: str = "instagram_login",
    page_id: str = "",
    app_secret: str = "",
    register: bool = True,
) -> Channel:
    """Connect a professional account by the login that its token is of, or renew its token.

    `app_secret`: of an app of the business's own, where it is not the operator's.
    With `register`, Meta is asked whose token it is and delivers to us; nothing is stored when it
    refuses. Raises DomainError, Conflict.
    """
    if flavour not in FLAVOURS:
        raise DomainError(f"The flavour is one of {', '.join(FLAVOURS)}.", code="bad_flavour")
    page = _account_id("page id", page_id) if page_id.strip() else ""
    channel = _meta_channel(business, Channel.Kind.INSTAGRAM, account_id, token, app_secret)
    before = channel.settings.get("flavour", flavour)
    _set(channel, other_way=None)
    if before != flavour and register:
        _leave_other_way(channel)
    known_page = channel.settings.get("page_id", "")
    _set(channel, flavour=flavour, page_id=page or known_page)
    return _connect(channel, register=register)


def connect_messenger(
    *,
    business: Business,
    account_id: str,
    token: str,
    app_secret: str = "",
    register: bool = True,
) -> Channel:
    """Connect a Facebook page (`account_id` is the page's id), or renew its token."""
    channel = _meta_channel(business, Channel.Kind.MESSENGER, account_id, token, app_secret)
    return _connect(channel, register=register)


def connect_without_account(*, business: Business, kind: str) -> Channel:
    """The business's web chat or API channel, made if there is none."""
    if kind not in KINDS_WITHOUT_ACCOUNT:
        raise DomainError(f"A {kind} channel needs an account to connect.")
    kind = Channel.Kind(kind)
    own = Channel.objects.for_business(business.pk).filter(kind=kind).order_by("created_at")
    # The account's id is the business's, so that two calls at once can't make two channels.
    fresh = Channel(
        business=business,
        kind=kind,
        external_id=business.pk,
        name=KINDS_WITHOUT_ACCOUNT[kind],
        health=Channel.Health.OK,
    )
    if not own.exists():
        Channel.objects.bulk_create([fresh], ignore_conflicts=True)
    channel = own[0]
    if not channel.is_active:
        Channel.objects.filter(pk=channel.pk).update(is_active=True)
        channel.is_active = True
    return channel


def _meta_channel(
    business: Business, kind: Channel.Kind, account_id: str, token: str, app_secret: str
) -> Channel:
    """The account's channel with its fresh secrets, not saved."""
    token, app_secret = token.strip(), app_secret.strip()
    if not META_TOKEN.fullmatch(token):
        raise DomainError("Give the account's access token as Meta shows it.", code="bad_token")
    if app_secret and not SECRET.fullmatch(app_secret):
        raise DomainError("This is not an app secret; copy it again.", code="bad_secret")
    channel = _channel_of(business, kind, _account_id("account id", account_id))
    known = channel.secrets
    if known.get("token") != token:
        channel.token_renewed_at, channel.token_expires_at = timezone.now(), None
    kept = app_secret or known.get("app_secret", "")
    channel.secrets = {"token": token} | ({"app_secret": kept} if kept else {})
    return channel


def _leave_other_way(channel: Channel) -> None:
    """End the subscription that the account's other login made, or remember that it is left."""
    # The unsaved channel has the fresh secrets already; the other login's are in the row.
    former = Channel.objects.get(pk=channel.pk)
    try:
        ended = end_delivery(former)
    except DomainError:
        ended = False
    if not ended:
        _set(channel, other_way=True)


def _set(channel: Channel, **changes: Any) -> None:
    merged = {**channel.settings, **changes}
    channel.settings = {name: value for name, value in merged.items() if value not in ("", None)}


def _connect(channel: Channel, *, register: bool) -> Channel:
    """Register where that is asked for, then store; a refusal stores nothing."""
    if register:
        identity = register_channel(channel)
        channel.name = identity.name or channel.name
        _keep_facts(channel, identity.username, identity.facts or {})
    channel.is_active = True
    note_connected(channel, registered=register)
    if channel.settings.get("other_way"):
        channel.health_detail = BOTH_WAYS
    _save(channel)
    release_waiting(channel)
    return channel


def _keep_facts(channel: Channel, username: str, facts: Mapping[str, Any]) -> None:
    _set(channel, **facts, **({"username": username} if username else {}))


def _bot_id(token: str) -> str:
    found = BOT_TOKEN.fullmatch(token)
    if found is None:
        raise DomainError(
            "This is not a bot token. It looks like 123456789:AAF…; copy it from @BotFather.",
            code="bad_token",
        )
    return str(int(found[1]))


def _account_id(name: str, given: str) -> str:
    if not ACCOUNT_ID.fullmatch(given.strip()):
        raise DomainError(f"The {name} is a number, such as 17841400000000001.", code="bad_account")
    return given.strip()


def _webhook_secret(secret: str) -> str:
    if not SECRET.fullmatch(secret):
        raise DomainError(
            "The secret may hold 1 to 256 letters, digits, underscores and hyphens.",
            code="bad_secret",
        )
    return secret


def _channel_of(business: Business, kind: Channel.Kind, external_id: str) -> Channel:
    # Across businesses on purpose: an account delivers to one place only.
    found = Channel.objects.filter(kind=kind, external_id=external_id).defer("secrets").first()
    if found is None:
        name = f"{kind.label} {NOUNS.get(kind, 'account')}"
        return Channel(
            id=new_id(), business=business, kind=kind, external_id=external_id, name=name
        )
    if found.business_id != business.pk:
        raise Conflict(_taken(kind), code=_taken_code(kind))
    return _with_secrets(found)


def _with_secrets(channel: Channel) -> Channel:
    """Secrets that no key opens are as good as none: fresh ones take their place."""
    try:
        channel.secrets  # noqa: B018  reads them
    except SecretUnreadable:
        channel.secrets = {}
    return channel


def _taken(kind: Channel.Kind) -> str:
    noun = NOUNS.get(kind, "account")
    return f"This {noun} is connected to another business already. Disconnect it there first."


def _taken_code(kind: Channel.Kind) -> str:
    return f"{NOUNS.get(kind, 'account')}_taken"


def _save(channel: Channel) -> None:
    try:
        with transaction.atomic():
            channel.save()
    except IntegrityError:
        noun = NOUNS.get(Channel.Kind(channel.kind), "account")
        sentence = f"This {noun} was connected by someone else at this moment. Try again."
        raise Conflict(sentence, code=_taken_code(Channel.Kind(channel.kind))) from None
