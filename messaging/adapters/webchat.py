"""The web chat on a business's own page: a stored message is what the visitor reads."""

from typing import Any

from messaging.adapters.base import Adapter, Unreadable
from messaging.types import (
    Buttons,
    Capabilities,
    ChannelAccount,
    InboundMessage,
    LengthUnit,
    OutboundMessage,
    SendOutcome,
    SendReceipt,
    TextLimit,
)

ANY_TITLE = 1000


class WebChatAdapter(Adapter):
    kind = "webchat"
    capabilities = Capabilities(
        text_limit=TextLimit(4000, LengthUnit.CHARACTERS),
        typing=True,
        buttons=Buttons(longest=ANY_TITLE),
    )

    def parse(self, account: ChannelAccount, payload: Any) -> list[InboundMessage]:
        raise Unreadable("this channel takes no webhooks")

    def send(self, account: ChannelAccount, message: OutboundMessage) -> SendReceipt:
        return SendReceipt(SendOutcome.SENT, external_id=message.local_id)
