"""An answer may wait for a file: what rings once it is there, or once it is waited for no more."""

from typing import Any

from django.dispatch import receiver

from AI_model.models import AIModelConfig
from AI_model.replies.reading import WAIT, is_coming
from AI_model.tasks import answer_conversation
from core.lib.on_commit import delay_on_commit
from messaging.models import Conversation, Message
from messaging.signals import message_changed, message_received


@receiver(message_changed, dispatch_uid="AI_model.answer_when_files_are_there")
def answer_when_files_are_there(
    conversation: Conversation, message: Message, **kwargs: Any
) -> None:
    if message.type != Message.Type.CUSTOMER or not message.attachments:
        return
    unanswered = message.seq > conversation.answered_seq
    coming = any(is_coming(shown) for shown in message.attachments)
    active = conversation.status == Conversation.Status.ACTIVE
    if unanswered and active and not coming and _reads(conversation):
        delay_on_commit(answer_conversation, conversation.pk)


@receiver(message_received, dispatch_uid="AI_model.answer_without_files")
def answer_without_files(conversation: Conversation, message: Message, **kwargs: Any) -> None:
    if any(is_coming(shown) for shown in message.attachments) and _reads(conversation):
        delay_on_commit(answer_conversation, conversation.pk, countdown=WAIT.total_seconds())


def _reads(conversation: Conversation) -> bool:
    configs = AIModelConfig.objects.for_business(conversation.business_id)
    return configs.filter(read_media=True).exists()
