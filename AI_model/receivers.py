"""What AI_model starts because of what happened in a conversation."""

from typing import Any

from django.dispatch import receiver

from AI_model.replies.situation import is_asked, quiet_period_of
from AI_model.tasks import answer_conversation
from core.lib.on_commit import delay_on_commit
from messaging.models import Conversation
from messaging.signals import message_received

ASKERS_HEAD_START = 5.0
"""Seconds in which whoever asked over the API answers in the same request; then a worker does."""


@receiver(message_received)
def start_answer(conversation: Conversation, **kwargs: Any) -> None:
    # Read once per channel object: a POST may bring words of hundreds of conversations.
    if is_asked(conversation):
        pause = ASKERS_HEAD_START
    else:
        pause = quiet_period_of(conversation.channel.business).total_seconds()
    delay_on_commit(answer_conversation, conversation.pk, countdown=pause)
