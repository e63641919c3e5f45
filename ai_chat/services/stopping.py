"""A person stops an answer."""

from django.db import transaction
from django.utils import timezone

from ai_chat.answering.live import live_text
from ai_chat.models import AIMessage
from ai_chat.services.claims import advance_chat
from ai_chat.signals import answer_ended
from core.lib.returning import update_returning

RUNNING = (AIMessage.State.PENDING, AIMessage.State.STREAMING)


def stop_answer(*, message: AIMessage) -> AIMessage:
    """Stopped at once, with what has come; its writer adds the tail. An ended one stays as it is.

    The claim's token stays, so that its writer may add what it had.
    """
    live = live_text(message.pk)
    rows = AIMessage.objects.filter(pk=message.pk, state__in=RUNNING)
    with transaction.atomic():
        advance_chat(message.chat_id)
        now = rows.select_for_update().first()
        if now is None:
            return AIMessage.objects.filter(pk=message.pk).first() or message
        content = max(now.content, live, key=len)
        stopped = update_returning(
            rows, state=AIMessage.State.STOPPED, content=content, ended_at=timezone.now()
        )
        answer_ended.send(sender=AIMessage, message=stopped)
    return stopped or now


def stop_running(*, chat_id: str) -> list[AIMessage]:
    """Stop whatever is being answered in a chat."""
    running = AIMessage.objects.filter(chat_id=chat_id, state__in=RUNNING)
    return [stop_answer(message=message) for message in running]
