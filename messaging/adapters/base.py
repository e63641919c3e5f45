"""What a channel must be able to do. An adapter knows payloads and one HTTP call, and no model."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from core.lib.errors import DomainError
from messaging.types import (
    Attachment,
    Capabilities,
    ChannelAccount,
    FetchedFile,
    FreshToken,
    InboundMessage,
    OutboundMessage,
    Pace,
    Profile,
    SendReceipt,
)


class Unreadable(Exception):
    """An authentic payload whose shape is not what the platform documents; `reason` says where."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ChannelRefused(DomainError):
    """The platform does not let us connect; the detail says what to do about it."""

    code = "channel_refused"


class FileRefused(DomainError):
    """A file can't be had. `permanent`: asking again won't help; `retry_after` in seconds."""

    code = "file_refused"

    def __init__(
        self, detail: str, *, permanent: bool = True, retry_after: float | None = None
    ) -> None:
        super().__init__(detail)
        self.permanent = permanent
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an account is on its platform; `facts` go into the channel's settings."""

    external_id: str
    name: str = ""
    username: str = ""
    facts: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Checkup:
    """Whether the platform delivers to us; `detail` says what is wrong.

    `reached` is False when the platform gave no answer, so that nothing new is known.
    """

    ok: bool
    detail: str = ""
    reached: bool = True
    facts: Mapping[str, Any] | None = None


class Adapter(ABC):
    """One kind of channel. Stateless: what it needs to know comes in the account."""

    kind: ClassVar[str]
    capabilities: ClassVar[Capabilities]

    def verify(self, account: ChannelAccount, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether the request is the platform's own; compares bytes in constant time."""
        return False

    @abstractmethod
    def parse(self, account: ChannelAccount, payload: Any) -> list[InboundMessage]:
        """The events of one POST for this account, in our words. Raises Unreadable."""

    def parse_batch(self, payload: Any) -> list[InboundMessage]:
        """The events of one POST for any accounts, each with its `account_key` and `raw`.

        Raises Unreadable only when nothing of it can be read.
        """
        raise Unreadable("this channel takes one account's events at a time")

    @abstractmethod
    def send(self, account: ChannelAccount, message: OutboundMessage) -> SendReceipt:
        """One send, no retry. Never raises for what the platform or the network does."""

    @property
    def pace(self) -> Pace:
        """How fast the platform lets us send; kept by all workers together."""
        return Pace()

    def show_typing(self, account: ChannelAccount, conversation_key: str) -> None:
        """Show that an answer is being written, for some seconds. Returns at once, never raises."""
        return None

    def identify(self, account: ChannelAccount) -> Identity:
        """Ask the platform who this account is. Raises ChannelRefused."""
        raise ChannelRefused(f"A {self.kind} channel has no account to ask about.")

    def connect(self, account: ChannelAccount, webhook_url: str) -> None:
        """Have the platform deliver to `webhook_url`. Raises ChannelRefused."""
        return None

    def disconnect(self, account: ChannelAccount) -> None:
        """Have the platform stop delivering. Raises ChannelRefused."""
        return None

    def check(self, account: ChannelAccount, webhook_url: str) -> Checkup:
        """Ask the platform whether it delivers to `webhook_url`. Never raises for its answers."""
        return Checkup(ok=True)

    def window_of(self, conversation_key: str) -> timedelta | None:
        """How long after the customer's last words this thread may be written to."""
        return self.capabilities.window

    def acknowledge(self, account: ChannelAccount, callback: str) -> None:
        """Tell the platform that a pressed button was noticed. Returns at once, never raises."""
        return None

    def fetch_profile(self, account: ChannelAccount, customer_key: str) -> Profile:
        """Ask the platform who a customer is. Raises ChannelRefused."""
        return Profile()

    def fetch_media(
        self, account: ChannelAccount, attachment: Attachment, *, max_bytes: int
    ) -> FetchedFile:
        """The file behind an attachment's `ref`. Raises FileRefused."""
        raise FileRefused(f"Files can't be fetched from a {self.kind} channel.")

    def refresh_token(self, account: ChannelAccount) -> FreshToken | None:
        """Have the account's token replaced; None where tokens last. Raises ChannelRefused."""
        return None
