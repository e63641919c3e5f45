"""What a visitor may know: no names of agents, no failures, no ids of entries."""

from typing import Any

from messaging.models import Conversation, Message
from messaging.offers import options_in

Form = dict[str, Any]

SPOKEN_TO_VISITORS = (Message.Type.AI, Message.Type.SUPPORT)


def visible_to_visitor(message: Message) -> bool:
    """Their own words always, ours once they are sent, notes never."""
    if message.type == Message.Type.CUSTOMER:
        return True
    return message.type in SPOKEN_TO_VISITORS and message.delivery == Message.Delivery.SENT


def visitor_message_form(message: Message) -> Form:
    """`client_key` is the key under which the visitor sent it; empty for our own words.
    `options`: what may be chosen, each with id and title.

    `revision` tells the newer of two forms: events of two processes may overtake each other.
    """
    own = message.type == Message.Type.CUSTOMER
    return {
        "id": message.id,
        "seq": message.seq,
        "revision": message.revision,
        "type": message.type,
        "text": message.text,
        "created_at": message.created_at.isoformat(),
        "client_key": message.external_id if own else "",
        "options": options_in(message.details),
        "sources": [title for entry in message.citations if (title := entry.get("title"))],
    }


def visitor_conversation_form(conversation: Conversation | None) -> Form:
    """Who answers: assistant, waiting (for a person), person, or closed; and as of when."""
    revision = conversation.revision if conversation else 0
    return {"handled_by": handled_by(conversation), "revision": revision}


def handled_by(conversation: Conversation | None) -> str:
    if conversation is None or conversation.status == Conversation.Status.ACTIVE:
        return "assistant"
    if conversation.status == Conversation.Status.CLOSED:
        return "closed"
    return "person" if conversation.assigned_to_id else "waiting"
