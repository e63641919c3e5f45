from messaging.models.channel import Channel
from messaging.models.conversation import Conversation
from messaging.models.customer import Customer
from messaging.models.inbound import InboundEvent
from messaging.models.media import MediaFile
from messaging.models.message import Message
from messaging.models.outbound import OutboundChunk

__all__ = [
    "Channel",
    "Conversation",
    "Customer",
    "InboundEvent",
    "MediaFile",
    "Message",
    "OutboundChunk",
]
