"""Connecting a business to its channels, and looking whether they still deliver."""

import re
import secrets
from collections.abc import Iterable, Iterator

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import Business
from core.lib.errors import Conflict, DomainError
from core.lib.ids import new_id
from messaging.adapters.base import Checkup, Identity
from messaging.adapters.registry import adapter_for
from messaging.models import Channel

log = structlog.get_logger(__name__)

TOKEN = re.compile(r"([0-9]{1,18}):[A-Za-z0-9_-]{1,200}")
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
TAKEN = "This bot is connected to another business already. Disconnect it there first."
KINDS_WITHOUT_ACCOUNT = {Channel.Kind.WEBCHAT: "Web chat", Channel.Kind.API: "API"}


def webhook_path(channel: Channel) -> str:
    """Where the platform delivers; empty for channels that need no delivery."""
    return f"/webhooks/telegram/{channel.pk}/" if channel.kind == Channel.Kind.TELEGRAM else ""


def webhook_url(channel: Channel) -> str:
    return settings.PUBLIC_URL.rstrip("/") + webhook_path(channel)


def connect_telegram(
    *, business: Business, token: str, secret: str = "", register: bool = True
) -> Channel:
    """Connect a bot, or renew its token and secret: one bot is always the same channel.

    With `register`, asks Telegram who the bot is and has it deliver here; nothing is stored when
    Telegram refuses. Raises DomainError, Conflict.
    """
    token = token.strip()
    bot_id = _bot_id(token)
    channel = _channel_of_bot(business, bot_id)
    known_secret = channel.secrets.get("webhook_secret", "")
    wanted = _webhook_secret(secret) if secret else known_secret or secrets.token_urlsafe(32)
    channel.secrets = {"token": token, "webhook_secret": wanted}
    if register:
        bot = _register(channel)
        channel.name = bot.name or channel.name
        channel.settings = {**channel.settings, "username": bot.username}
    channel.health = Channel.Health.OK if register else Channel.Health.NEW
    channel.health_detail, channel.is_active = "", True
    return _saved(channel)


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


def disconnect_channel(*, channel: Channel) -> Channel:
    """Have the platform stop delivering, and stop using the channel; its history stays."""
    try:
        adapter_for(channel.kind).disconnect(channel.account())
        detail = ""
    except DomainError as error:
        detail = f"Disconnected here only: {error.detail}"
    channel.is_active, channel.health_detail = False, detail[:300]
    channel.save(update_fields=["is_active", "health_detail"])
    return channel


def reconnect_channel(*, channel: Channel) -> Channel:
    """Use the channel again and have the platform deliver. Raises DomainError, changing nothing."""
    if webhook_path(channel):
        _register(channel)
    channel.is_active, channel.health, channel.health_detail = True, Channel.Health.OK, ""
    channel.save(update_fields=["is_active", "health", "health_detail"])
    return channel


def check_channel(*, channel: Channel) -> Checkup:
    """Ask the platform whether it delivers here, and keep its answer as the channel's health."""
    checkup = adapter_for(channel.kind).check(channel.account(), webhook_url(channel))
    if checkup.reached:
        channel.health = Channel.Health.OK if checkup.ok else Channel.Health.DEAD
    channel.health_detail = checkup.detail[:300]
    channel.save(update_fields=["health", "health_detail"])
    return checkup


def check_channels(channels: Iterable[Channel]) -> Iterator[tuple[Channel, Checkup]]:
    """Check each in turn; whatever goes wrong with one stops none of the others."""
    for channel in channels:
        try:
            yield channel, check_channel(channel=channel)
        except DomainError as error:
            yield channel, Checkup(False, error.detail, reached=False)
        except Exception:
            log.exception("channel_check_failed", channel_id=channel.pk)
            yield channel, Checkup(False, "The check failed; see the log.", reached=False)


def _bot_id(token: str) -> str:
    found = TOKEN.fullmatch(token)
    if found is None:
        raise DomainError(
            "This is not a bot token. It looks like 123456789:AAF…; copy it from @BotFather.",
            code="bad_token",
        )
    return str(int(found[1]))


def _webhook_secret(secret: str) -> str:
    if not SECRET.fullmatch(secret):
        raise DomainError(
            "The secret may hold 1 to 256 letters, digits, underscores and hyphens.",
            code="bad_secret",
        )
    return secret


def _channel_of_bot(business: Business, bot_id: str) -> Channel:
    # Across businesses on purpose: a bot delivers to one address only.
    channel = Channel.objects.filter(kind=Channel.Kind.TELEGRAM, external_id=bot_id).first()
    if channel is None:
        return Channel(
            id=new_id(),
            business=business,
            kind=Channel.Kind.TELEGRAM,
            external_id=bot_id,
            name="Telegram bot",
        )
    if channel.business_id != business.pk:
        raise Conflict(TAKEN, code="bot_taken")
    return channel


def _register(channel: Channel) -> Identity:
    adapter, account = adapter_for(channel.kind), channel.account()
    bot = adapter.identify(account)
    if bot.external_id != channel.external_id:
        raise DomainError("Telegram knows this token as another bot's. Copy it again.")
    adapter.connect(account, webhook_url(channel))
    return bot


def _saved(channel: Channel) -> Channel:
    try:
        with transaction.atomic():
            channel.save()
    except IntegrityError:
        sentence = "This bot was connected by someone else at this moment. Try again."
        raise Conflict(sentence, code="bot_taken") from None
    return channel
