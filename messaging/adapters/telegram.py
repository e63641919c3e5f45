"""Telegram bots: webhook in, Bot API out (python-telegram-bot, loaded at the first call)."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings

from core.lib.decoding import clean_text
from core.lib.errors import DomainError
from messaging.adapters.base import Adapter, ChannelRefused, Checkup, Identity
from messaging.adapters.telegram_events import BUSINESS
from messaging.adapters.telegram_health import webhook_facts, webhook_trouble
from messaging.adapters.telegram_markup import to_html
from messaging.adapters.telegram_updates import parse_update
from messaging.types import (
    Attachment,
    Button,
    Buttons,
    Capabilities,
    ChannelAccount,
    FailureScope,
    FetchedFile,
    InboundMessage,
    LengthUnit,
    OutboundMessage,
    Pace,
    SendOutcome,
    SendReceipt,
    TextLimit,
)

if TYPE_CHECKING:
    from telegram import InlineKeyboardMarkup

    from messaging.adapters.telegram_calls import Exchange, Method

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105
LONGEST_HEADER = 256
MAX_CONNECTIONS = 40
TYPING_SECONDS = 4.0
ACKNOWLEDGE_SECONDS = 10.0
BUSINESS_WINDOW = timedelta(hours=24)
# A telephone shows about so much of a button's title.
LONGEST_BUTTON = 40
ALLOWED_UPDATES = [
    *("message", "edited_message", "callback_query", "my_chat_member", "business_connection"),
    *("business_message", "edited_business_message", "deleted_business_messages"),
    "message_reaction",
]


class TelegramAdapter(Adapter):
    kind = "telegram"
    capabilities = Capabilities(
        text_limit=TextLimit(4096, LengthUnit.UTF16),
        typing=True,
        markup=True,
        media=True,
        buttons=Buttons(longest=LONGEST_BUTTON),
    )

    @property
    def pace(self) -> Pace:
        return Pace(settings.TELEGRAM_SENDS_PER_SECOND, settings.TELEGRAM_CHAT_SENDS_PER_SECOND)

    def verify(self, account: ChannelAccount, body: bytes, headers: Mapping[str, str]) -> bool:
        given = headers.get(SECRET_HEADER, "")
        expected = account.secrets.get("webhook_secret", "")
        if not expected or len(given) > LONGEST_HEADER:
            return False
        return hmac.compare_digest(_digest(given), _digest(expected))

    def parse(self, account: ChannelAccount, payload: Any) -> list[InboundMessage]:
        return parse_update(payload, account)

    def send(self, account: ChannelAccount, message: OutboundMessage) -> SendReceipt:
        from messaging.adapters.telegram_receipts import TOKEN_REFUSED, receipt_of

        if not account.secrets.get("token"):
            return _refused("bad_token", TOKEN_REFUSED, FailureScope.CHANNEL)
        try:
            place = _place(message.conversation_key)
        except ValueError:
            return _refused("bad_chat", "This is not the id of a Telegram chat.")
        text = clean_text(message.text)
        if not text.strip():
            return _refused("empty", "The message has no text that Telegram shows.")
        words = to_html(text) if message.markup else text
        fields: dict[str, Any] = {
            **place,
            "text": words,
            "parse_mode": "HTML" if message.markup else None,
            "reply_markup": _keyboard(message.buttons),
        }
        return receipt_of(_call(account, lambda bot: bot.send_message(**fields)))

    def show_typing(self, account: ChannelAccount, conversation_key: str) -> None:
        from messaging.adapters.telegram_calls import call_unattended

        try:
            place = _place(conversation_key)
        except ValueError:
            return
        call_unattended(
            account.secrets.get("token", ""),
            lambda bot: bot.send_chat_action(**place, action="typing"),
            seconds=TYPING_SECONDS,
        )

    def window_of(self, conversation_key: str) -> timedelta | None:
        """Only on behalf of a person's own account are there 24 hours."""
        return BUSINESS_WINDOW if conversation_key.startswith(BUSINESS) else None

    def acknowledge(self, account: ChannelAccount, callback: str) -> None:
        from messaging.adapters.telegram_calls import call_unattended

        call_unattended(
            account.secrets.get("token", ""),
            lambda bot: bot.answer_callback_query(callback),
            seconds=ACKNOWLEDGE_SECONDS,
        )

    def fetch_media(
        self, account: ChannelAccount, attachment: Attachment, *, max_bytes: int
    ) -> FetchedFile:
        from messaging.adapters.telegram_files import fetch_file

        return fetch_file(account.secrets.get("token", ""), attachment, max_bytes=max_bytes)

    def identify(self, account: ChannelAccount) -> Identity:
        bot = _result_of(_call(account, lambda bot: bot.get_me()))
        if not isinstance(bot, dict) or not isinstance(bot.get("id"), int):
            raise _unusual()
        name, username = str(bot.get("first_name", "")), str(bot.get("username", ""))
        return Identity(str(bot["id"]), name=name[:120], username=username[:120])

    def connect(self, account: ChannelAccount, webhook_url: str) -> None:
        exchange = _call(
            account,
            lambda bot: bot.set_webhook(
                webhook_url,
                secret_token=account.secrets["webhook_secret"],
                allowed_updates=ALLOWED_UPDATES,
                max_connections=MAX_CONNECTIONS,
            ),
        )
        _result_of(exchange, refused=f"Telegram does not accept the webhook address {webhook_url}")

    def disconnect(self, account: ChannelAccount) -> None:
        _result_of(_call(account, lambda bot: bot.delete_webhook()))

    def check(self, account: ChannelAccount, webhook_url: str) -> Checkup:
        try:
            info = _result_of(_call(account, lambda bot: bot.get_webhook_info()))
        except DomainError as error:
            return Checkup(False, error.detail, reached=error.status != 503)
        if not isinstance(info, dict):
            return Checkup(False, _unusual().detail, reached=False)
        facts = webhook_facts(info, ALLOWED_UPDATES)
        trouble = webhook_trouble(info, facts, webhook_url)
        return Checkup(ok=not trouble, detail=trouble, facts=facts)


def _digest(text: str) -> bytes:
    """Bytes of one length: comparing them tells nothing, and no header can break it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _place(conversation_key: str) -> dict[str, Any]:
    """Where a thread's messages go. Raises ValueError for what is no thread's key."""
    if conversation_key.startswith(BUSINESS):
        connection, _, chat = conversation_key.removeprefix(BUSINESS).rpartition(":")
        if not connection:
            raise ValueError("there is no business connection in the key")
        return {"business_connection_id": connection, "chat_id": int(chat)}
    chat, _, topic = conversation_key.partition(":")
    place = {"chat_id": int(chat)}
    return place | {"message_thread_id": int(topic)} if topic else place


def _keyboard(buttons: Sequence[Button]) -> "InlineKeyboardMarkup | None":
    """A button a row, so that a title has the whole width."""
    if not buttons:
        return None
    from telegram import InlineKeyboardButton, InlineKeyboardMarkup

    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(button.title, callback_data=button.data)] for button in buttons]
    )


def _call(account: ChannelAccount, method: "Method") -> "Exchange":
    from messaging.adapters.telegram_calls import call

    return call(account.secrets.get("token", ""), method)


def _refused(code: str, detail: str, scope: FailureScope = FailureScope.MESSAGE) -> SendReceipt:
    return SendReceipt(SendOutcome.REJECTED, code=code, detail=detail, scope=scope)


def _result_of(exchange: "Exchange", *, refused: str = "Telegram refused") -> Any:
    """The result of a call about the bot itself. Raises ChannelRefused in plain words."""
    answer = exchange.answer() if exchange.status is not None else None
    if answer is None:
        why = exchange.failure or f"HTTP {exchange.status}"
        sentence = f"Telegram could not be reached ({why}). Try again in a minute."
        raise ChannelRefused(sentence, code="channel_unreachable", status=503)
    if answer["ok"]:
        return answer.get("result")
    code = answer.get("error_code")
    if code in {401, 404}:
        raise ChannelRefused("Telegram does not know this token. Copy it again from @BotFather.")
    words = clean_text(str(answer.get("description", "")))[:200] or f"error {code}"
    raise ChannelRefused(f"{refused}: {words}.")


def _unusual() -> ChannelRefused:
    return ChannelRefused("Telegram's answer could not be understood.", status=503)
