"""A customer who writes, and everything due that follows."""

from core.lib.sweeping import drain
from messaging.models import Channel, Conversation, Message
from messaging.services.receive import receive_events
from messaging.types import Content, EventKind, InboundMessage

SHIPPING = "We ship to Norway, Sweden and Denmark within five days."


class Chat:
    """A customer of the web chat."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.count = 0

    def write(self, text: str, content: Content = Content.TEXT, *, is_start: bool = False) -> None:
        self.count += 1
        event = InboundMessage(
            kind=EventKind.MESSAGE,
            dedupe_key=str(self.count),
            conversation_key="visitor",
            customer_key="visitor",
            text=text,
            content=content,
            is_start=is_start,
        )
        receive_events(channel=self.channel, events=[event], raw=b"{}")

    def ask(self, text: str, content: Content = Content.TEXT) -> Message:
        """Write, let everything due happen, and return the last words of ours."""
        self.write(text, content)
        settle()
        return self.said()[-1]

    def said(self) -> list[Message]:
        return list(Message.objects.exclude(type__in=["customer", "system"]).order_by("seq"))

    @property
    def conversation(self) -> Conversation:
        return Conversation.objects.get()


def settle() -> None:
    while drain():
        pass
