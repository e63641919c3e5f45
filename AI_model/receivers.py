"""What AI_model starts because of what happened in a conversation."""

from typing import Any

from django.dispatch import receiver

from AI_model.replies.situation import quiet_period_of
from AI_model.tasks import answer_conversation
from core.lib.on_commit import delay_on_commit
from messaging.models import Conversation
from messaging.signals import message_received


@receiver(message_received)
def start_answer(conversation: Conversation, **kwargs: Any) -> None:
    # Read once per channel object: a POST may bring words of hundreds of conversations.
    pause = quiet_period_of(conversation.channel.business).total_seconds()
    delay_on_commit(answer_conversation, conversation.pk, countdown=pause)
