"""What Instagram and Messenger share: Meta's signature, its webhook envelope and its Graph API."""

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from django.conf import settings

from core.lib.decoding import clean_text
from messaging.adapters.base import Adapter, ChannelRefused, Checkup, Identity
from messaging.adapters.graph_calls import GraphCall, call, call_unattended
from messaging.adapters.graph_media import fetch_file
from messaging.adapters.graph_receipts import BAD_TOKEN, receipt_of, result_of
from messaging.adapters.meta_events import parse_envelope
from messaging.adapters.meta_signature import HEADER, is_signed
from messaging.types import (
    Attachment,
    Button,
    ChannelAccount,
    FailureScope,
    FetchedFile,
    InboundMessage,
    OutboundMessage,
    Pace,
    Profile,
    SendOutcome,
    SendReceipt,
)

TOKEN = re.compile(r"[!-~]{1,2000}")  # what a header can hold
NO_TOKEN = "This is no access token of {platform}. Copy it again from the app's dashboard."  # noqa: S105
TYPING_SECONDS = 4.0
LONGEST_QUICK_REPLY = 20
FACEBOOK_HOST = "https://graph.facebook.com"
WINDOW, PEOPLE_WINDOW = timedelta(hours=24), timedelta(days=7)
# A Page's fields (.../messenger-platform/reference/webhook-events); one unknown field refuses all.
PAGE_FIELDS = (
    *("messages", "messaging_postbacks", "message_reactions", "message_reads", "message_echoes"),
    *("message_edits", "messaging_referrals", "messaging_handovers", "standby"),
)
# Without these nobody is answered.
NEEDED_FIELDS = ("messages", "messaging_postbacks")


class MetaAdapter(Adapter):
    """One flavour says where an account lives in the Graph API; the rest is here."""

    platform: ClassVar[str]
    messaging_type: ClassVar[str] = ""

    @abstractmethod
    def host_of(self, account: ChannelAccount) -> str:
        """The root of the Graph API that knows this account."""

    @abstractmethod
    def node_of(self, account: ChannelAccount) -> str:
        """The id under which the Graph API takes its messages and subscriptions."""

    @abstractmethod
    def fields_of(self, account: ChannelAccount) -> Sequence[str]:
        """The webhook fields to subscribe to, NEEDED_FIELDS among them."""

    @property
    def pace(self) -> Pace:
        return Pace(account_per_second=settings.INSTAGRAM_SENDS_PER_SECOND)

    # Webhooks

    def verify(self, account: ChannelAccount, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether a secret of the server's apps, or of the account's own, signed these bytes."""
        secrets = [*settings.INSTAGRAM_APP_SECRETS, account.secrets.get("app_secret", "")]
        return is_signed(body, headers.get(HEADER, ""), secrets)

    def parse(self, account: ChannelAccount, payload: Any) -> list[InboundMessage]:
        return [
            event
            for event in self.parse_batch(payload)
            if event.account_key in {"", account.external_id}
        ]

    def parse_batch(self, payload: Any) -> list[InboundMessage]:
        return parse_envelope(payload, kind=self.kind)

    # Sending

    def send(self, account: ChannelAccount, message: OutboundMessage) -> SendReceipt:
        if not TOKEN.fullmatch(account.secrets.get("token", "")):
            sentence = BAD_TOKEN.sentence.format(platform=self.platform)
            return _refused(BAD_TOKEN.code, sentence, FailureScope.CHANNEL)
        if not message.conversation_key:
            return _refused("bad_thread", "The conversation has no customer's id.")
        text = clean_text(message.text)
        if not text.strip():
            return _refused("empty", f"The message has no text that {self.platform} shows.")
        said = {"text": text, **_quick_replies(message.buttons)}
        body = {"recipient": {"id": message.conversation_key}, "message": said}
        asked = self.ask(account, "POST", "messages", fields={**body, **self._type_of(message)})
        return receipt_of(call(asked), platform=self.platform, tagged=bool(message.tag))

    def _type_of(self, message: OutboundMessage) -> dict[str, str]:
        if message.tag:
            return {"messaging_type": "MESSAGE_TAG", "tag": message.tag}
        return {"messaging_type": self.messaging_type} if self.messaging_type else {}

    def show_typing(self, account: ChannelAccount, conversation_key: str) -> None:
        body = {"recipient": {"id": conversation_key}, "sender_action": "typing_on"}
        asked = self.ask(account, "POST", "messages", fields=body)
        call_unattended(asked, seconds=TYPING_SECONDS)

    # The account

    def connect(self, account: ChannelAccount, webhook_url: str) -> None:
        """Subscribe the app to the account; the address itself stands in the app's dashboard."""
        try:
            self._subscribe(account, self.fields_of(account))
        except ChannelRefused as error:
            if error.code != "refused":
                raise
            # Meta refuses the whole list for one field that this app can't have.
            self._subscribe(account, NEEDED_FIELDS)

    def _subscribe(self, account: ChannelAccount, fields: Sequence[str]) -> None:
        query = {"subscribed_fields": ",".join(fields)}
        self.result(self.ask(account, "POST", "subscribed_apps", query=query))

    def disconnect(self, account: ChannelAccount) -> None:
        self.result(self.ask(account, "DELETE", "subscribed_apps"))

    def check(self, account: ChannelAccount, webhook_url: str) -> Checkup:
        """Facts: `token_valid`, `subscribed_fields`, `missing_fields`, as far as they are known."""
        try:
            who = self.identify(account)
            subscribed = self._subscribed_fields(account)
        except ChannelRefused as error:
            known = {"token_valid": False} if error.code == "bad_token" else {}
            return Checkup(False, error.detail, reached=error.status != 503, facts=known)
        missing = [field for field in self.fields_of(account) if field not in subscribed]
        facts: dict[str, Any] = {
            "token_valid": True,
            "subscribed_fields": sorted(subscribed),
            "missing_fields": missing,
        }
        detail = self._trouble(account, who, missing)
        return Checkup(ok=not detail, detail=detail, facts=facts)

    def _trouble(self, account: ChannelAccount, who: Identity, missing: Sequence[str]) -> str:
        if who.external_id != account.external_id:
            return "The token belongs to another account. Connect the account again."
        if set(missing) & set(NEEDED_FIELDS):
            return f"{self.platform} does not deliver messages here. Connect the account again."
        return ""

    def _subscribed_fields(self, account: ChannelAccount) -> set[str]:
        apps = self.result(self.ask(account, "GET", "subscribed_apps")).get("data")
        fields = [
            app.get("subscribed_fields")
            for app in (apps if isinstance(apps, list) else [])
            if isinstance(app, dict)
        ]
        return {str(name) for names in fields if isinstance(names, list) for name in names}

    # Customers and files

    def fetch_profile(self, account: ChannelAccount, customer_key: str) -> Profile:
        asked = self.ask(account, "GET", node=customer_key, query={"fields": "name,username"})
        found = self.result(asked)
        return Profile(name=_text(found, "name", 200), username=_text(found, "username", 120))

    def fetch_media(
        self, account: ChannelAccount, attachment: Attachment, *, max_bytes: int
    ) -> FetchedFile:
        return fetch_file(attachment, max_bytes=max_bytes)

    # Calls

    def ask(
        self,
        account: ChannelAccount,
        method: str,
        edge: str = "",
        *,
        node: str = "",
        query: Mapping[str, str] | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> GraphCall:
        """A call about a node, the account's own by default, or about one of its edges."""
        parts = (settings.INSTAGRAM_GRAPH_VERSION, node or self.node_of(account), edge)
        path = "/".join(quote(part, safe="") for part in parts if part)
        root = self.root_of(account)
        return GraphCall(
            method, f"{root}/{path}", account.secrets.get("token", ""), query or {}, fields
        )

    def root_of(self, account: ChannelAccount) -> str:
        return (settings.INSTAGRAM_GRAPH_BASE or self.host_of(account)).rstrip("/")

    def result(self, asked: GraphCall) -> dict[str, Any]:
        """The answer to one call. Raises ChannelRefused."""
        if not TOKEN.fullmatch(asked.token):
            raise ChannelRefused(NO_TOKEN.format(platform=self.platform), code="bad_token")
        return result_of(call(asked), platform=self.platform)

    def whom(self, found: Mapping[str, Any], key: str, **facts: Any) -> Identity:
        """An Identity from what a node says of itself. Raises ChannelRefused without an id."""
        external_id = _text(found, key, 128)
        if not external_id:
            raise ChannelRefused(f"{self.platform}'s answer could not be understood.", status=503)
        name, username = _text(found, "name", 120), _text(found, "username", 120)
        return Identity(external_id, name=name or username, username=username, facts=facts or None)


def _quick_replies(buttons: Sequence[Button]) -> dict[str, Any]:
    """.../messenger-platform/send-messages/quick-replies: titles of 20 characters."""
    replies = [
        {"content_type": "text", "title": button.title, "payload": button.data}
        for button in buttons
    ]
    return {"quick_replies": replies} if replies else {}


def _text(found: Mapping[str, Any], key: str, longest: int) -> str:
    """A text of Meta's that may be missing or null; an id may come as a number."""
    value = found.get(key)
    return clean_text(str(value)).strip()[:longest] if isinstance(value, (str, int)) else ""


def _refused(code: str, detail: str, scope: FailureScope = FailureScope.MESSAGE) -> SendReceipt:
    return SendReceipt(SendOutcome.REJECTED, code=code, detail=detail, scope=scope)
