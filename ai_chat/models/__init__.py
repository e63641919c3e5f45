from ai_chat.models.chat import AIChat, AIMessage, Folder
from ai_chat.models.people import ChatUser, Persona, UserSettings

__all__ = ["AIChat", "AIMessage", "ChatUser", "Folder", "Persona", "UserSettings"]
