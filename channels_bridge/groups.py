"""Names of the groups that sockets join: ASCII letters, digits, `-`, `_` and `.` only."""


def inbox_group(business_id: str) -> str:
    """Everything that changes in the conversations of a business."""
    return f"inbox.{business_id}"


def conversation_group(conversation_id: str) -> str:
    return f"conversation.{conversation_id}"


def ai_chat_group(chat_id: str) -> str:
    """The sockets of a staff chat: all of them are its one user's."""
    return f"ai-chat.{chat_id}"


def visitor_group(channel_id: str, visitor_id: str) -> str:
    """A visitor of a web chat, known before the first message makes a conversation."""
    return f"visitor.{channel_id}.{visitor_id}"


def person_group(user_id: int) -> str:
    """All sockets of one user, told when the access behind them may have ended."""
    return f"person.{user_id}"
