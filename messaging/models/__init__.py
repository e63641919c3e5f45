from messaging.models.channel import Channel
from messaging.models.conversation import Conversation
from messaging.models.customer import Customer
from messaging.models.hook import WebhookDelivery, WebhookEndpoint
from messaging.models.inbound import InboundEvent
from messaging.models.media import MediaFile
from messaging.models.message import Message
from messaging.models.outbound import OutboundChunk
from messaging.models.status import StatusChange

__all__ = [
    "Channel",
    "Conversation",
    "Customer",
    "InboundEvent",
    "MediaFile",
    "Message",
    "OutboundChunk",
    "StatusChange",
    "WebhookDelivery",
    "WebhookEndpoint",
]
