"""Forms that only the API shows."""

from messaging.models import Channel, Conversation, Customer
from messaging.presentation import Form, channel_form, conversation_form, customer_form


def detail_form(conversation: Conversation) -> Form:
    return conversation_form(conversation) | {
        "handover_summary": conversation.handover_summary,
        "revision": conversation.revision,
    }


def customer_detail_form(customer: Customer) -> Form:
    return customer_form(customer) | {
        "username": customer.username,
        "language": customer.language,
        "channel": channel_form(customer.channel),
        "reachable": customer.unreachable_at is None,
        "created_at": customer.created_at.isoformat(),
    }


def channel_detail_form(channel: Channel) -> Form:
    """A channel without its secrets."""
    inbound, outbound = channel.last_inbound_at, channel.last_outbound_at
    return channel_form(channel) | {
        "name": channel.name,
        "external_id": channel.external_id,
        "is_active": channel.is_active,
        "health": channel.health,
        "health_detail": channel.health_detail,
        "settings": channel.settings,
        "last_inbound_at": inbound and inbound.isoformat(),
        "last_outbound_at": outbound and outbound.isoformat(),
        "created_at": channel.created_at.isoformat(),
    }
