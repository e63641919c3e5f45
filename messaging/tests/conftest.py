from messaging.testing.fixtures import telegram_api

__all__ = ["telegram_api"]
