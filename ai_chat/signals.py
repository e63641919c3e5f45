"""What happens in a staff chat. Those of rows are sent inside the transaction that does it."""

from django.dispatch import Signal

# A turn was added. Arguments: chat (AIChat), messages (list[AIMessage], in order).
messages_created = Signal()

# Words of an answer came from its model; no transaction, nothing waits for it.
# Arguments: chat_id (str), message_id (str), revision (int, the chat's when it was begun),
# offset (int, characters before), text (str),
# html (str, the answer so far as sanitised HTML, or "" when it was not rendered this time).
answer_grew = Signal()

# An answer is done, stopped or failed. Arguments: message (AIMessage).
answer_ended = Signal()

# Title, folder, model, active path, deletion: whatever a page that shows the chat must read again.
# Arguments: chat (AIChat).
chat_changed = Signal()
