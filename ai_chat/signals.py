"""What happens in a staff chat. Those of rows are sent inside the transaction that does it."""

from dataclasses import dataclass

from django.dispatch import Signal


@dataclass(frozen=True, slots=True)
class Grown:
    """New words of one answer, after its first `offset` characters. `revision`: the chat's when
    the answer was begun."""

    chat_id: str
    message_id: str
    revision: int
    offset: int
    text: str


# A turn was added. Arguments: chat (AIChat), messages (list[AIMessage], in order).
messages_created = Signal()

# Words of answers came from their models; no transaction, nothing waits for it.
# Arguments: grown (list[Grown], of several answers).
answers_grew = Signal()

# An answer is done, stopped or failed. Arguments: message (AIMessage).
answer_ended = Signal()

# Title, folder, model, active path, deletion: whatever a page that shows the chat must read again.
# Arguments: chat (AIChat).
chat_changed = Signal()
