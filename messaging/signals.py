"""What happens to conversations. Sent by services inside their transaction; a receiver that starts
anything does it through `delay_on_commit` or `broadcast_on_commit`, so it happens only if the
transaction does. Sent with `send`, never `send_robust`: a receiver that fails fails the write.
"""

from django.dispatch import Signal

# A customer wrote what wants an answer. Arguments: conversation (Conversation), message (Message),
# the latest of those that came together. Not sent for edits, ignored events, or messages to a
# conversation that people handle. Sent again when an unanswered message was taken back.
message_received = Signal()

# A message of ours waits to be sent. Arguments: conversation, message.
message_queued = Signal()

# A message was created, whoever wrote it. Arguments: conversation, message.
message_created = Signal()

# A message's text, delivery or failure changed. Arguments: conversation, message.
message_changed = Signal()

# A customer began a conversation. Arguments: conversation.
conversation_opened = Signal()

# Who answers changed, which was just logged. Arguments: change (StatusChange), whose conversation
# is as it was written.
status_changed = Signal()

# A channel needs connecting again; once for each time it dies. Arguments: channel (Channel).
channel_died = Signal()

# Status, assignee, unread, look, hand-over or suggestion changed. Arguments: conversation.
conversation_changed = Signal()


# Somebody writes an answer. Arguments: conversation_id, by ("AI" | "agent"). Sent from synchronous
# code, and again every few seconds while it goes on; not when it ends: the answer ends it.
typing = Signal()

# A file came with a message and is to be fetched. Arguments: media (MediaFile).
media_expected = Signal()

# A customer pressed a button that the platform wants acknowledged. Arguments: channel, callback.
button_pressed = Signal()

# A customer wrote whose name the platform has to be asked for. Arguments: customer (Customer).
profile_wanted = Signal()

# An event can't be decided yet. Arguments: event_id, countdown (seconds until it is looked at).
event_waits = Signal()
