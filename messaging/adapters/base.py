"""What a channel must be able to do. An adapter knows payloads and one HTTP call, and no model."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from core.lib.errors import DomainError
from messaging.types import (
    Attachment,
    Capabilities,
    ChannelAccount,
    InboundMessage,
    OutboundMessage,
    Pace,
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


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an account is on its platform."""

    external_id: str
    name: str = ""
    username: str = ""


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
        """The events of one POST in our words. Raises Unreadable."""

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

    def fetch_media(self, account: ChannelAccount, attachment: Attachment) -> bytes:
        """The file behind an attachment's `ref`. Raises ChannelRefused."""
        raise ChannelRefused(f"Files can't be fetched from a {self.kind} channel.")
