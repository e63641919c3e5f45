from messaging.testing.fixtures import (
    graph_server,
    instagram_channel,
    messenger_channel,
    telegram_api,
)

__all__ = ["graph_server", "instagram_channel", "messenger_channel", "telegram_api"]
