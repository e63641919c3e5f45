"""Words that were taken back are gone from replays, too."""

from typing import Any

from django.dispatch import receiver

from AI_model.models import ReplayTurn
from messaging.models import Conversation, Message
from messaging.signals import message_changed


@receiver(message_changed, dispatch_uid="AI_model.forget_replayed_words")
def forget_replayed_words(conversation: Conversation, message: Message, **kwargs: Any) -> None:
    """What was replayed of the conversation may repeat them."""
    if message.redacted_at is not None:
        ReplayTurn.objects.filter(message__conversation=conversation).delete()
