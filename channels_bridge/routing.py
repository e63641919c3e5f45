"""Where every socket leads. `core.asgi` serves `websocket_application`."""

from typing import Any

from channels.routing import URLRouter
from django.urls import path, re_path

from channels_bridge.auth import SocketAuthMiddleware
from channels_bridge.consumers import (
    ConversationConsumer,
    InboxConsumer,
    PeopleSocket,
    UnknownConsumer,
    WidgetConsumer,
)
from channels_bridge.consumers_ai_chat import AIChatConsumer


def for_people(consumer: type[PeopleSocket]) -> Any:
    return SocketAuthMiddleware(consumer.as_asgi())


websocket_urlpatterns = [
    path("ws/inbox/", for_people(InboxConsumer)),
    path("ws/conversations/<str:conversation_id>/", for_people(ConversationConsumer)),
    path("ws/ai-chat/<str:ai_chat_id>/", for_people(AIChatConsumer)),
    path("ws/widget/<str:channel_id>/", WidgetConsumer.as_asgi()),
    re_path(r"", UnknownConsumer.as_asgi()),
]
websocket_application = URLRouter(websocket_urlpatterns)
