"""Where every socket leads. `core.asgi` serves `websocket_application`."""

from channels.routing import URLRouter
from django.urls import path, re_path

from channels_bridge.auth import SocketAuthMiddleware
from channels_bridge.consumers import (
    ConversationConsumer,
    InboxConsumer,
    UnknownConsumer,
    WidgetConsumer,
)

websocket_urlpatterns = [
    path("ws/inbox/", SocketAuthMiddleware(InboxConsumer.as_asgi())),
    path(
        "ws/conversations/<str:conversation_id>/",
        SocketAuthMiddleware(ConversationConsumer.as_asgi()),
    ),
    path("ws/widget/<str:channel_id>/", WidgetConsumer.as_asgi()),
    re_path(r"", UnknownConsumer.as_asgi()),
]
websocket_application = URLRouter(websocket_urlpatterns)
