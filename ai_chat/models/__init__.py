from ai_chat.models.chat import AIChat, AIMessage, Folder
from ai_chat.models.people import Persona, UserSettings

__all__ = ["AIChat", "AIMessage", "Folder", "Persona", "UserSettings"]
