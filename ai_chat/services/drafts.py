"""An answer of a chat as a draft for the customer it is about."""

from accounts.models import User
from ai_chat.answering.related import check_related
from ai_chat.models import AIMessage
from ai_chat.tree import UNFINISHED
from core.lib.errors import Conflict
from messaging.models import Conversation
from messaging.services.conversations import keep_suggestion

TRIES = 5


def insert_draft(*, message: AIMessage, user: User) -> Conversation:
    """Leave it at the answer box of the attached conversation; nothing is sent.

    NotFound unless this person may read that conversation now. Conflict: "not_an_answer",
    "answering", "no_conversation", "closed".
    """
    if message.role != AIMessage.Role.ASSISTANT or not message.content.strip():
        raise Conflict("Only an answer with words can be a draft.", code="not_an_answer")
    if message.state in UNFINISHED:
        raise Conflict("This answer is still being written; wait for its end.", code="answering")
    if message.chat.related_conversation_id is None:
        raise Conflict("Attach a customer conversation to this chat first.", code="no_conversation")
    for _ in range(TRIES):
        conversation = check_related(
            user=user, conversation_id=message.chat.related_conversation_id
        )
        if _keep(conversation, message.content.strip()):
            return conversation
    raise Conflict("The customer is writing right now; try again.", code="busy")


def _keep(conversation: Conversation, text: str) -> bool:
    """False when the customer wrote since it was read."""
    if conversation.status == Conversation.Status.CLOSED:
        raise Conflict("This conversation is closed; nothing is answered there.", code="closed")
    return keep_suggestion(
        conversation=conversation,
        text=text,
        citations=[],
        upto_seq=conversation.last_customer_seq,
    )
