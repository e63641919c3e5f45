"""Work by id. The row says what is due; a task is only the bell."""

from celery import shared_task

from messaging.services.delivery import deliver


@shared_task(name="messaging.tasks.deliver_conversation")
def deliver_conversation(conversation_id: str) -> None:
    deliver(conversation_id=conversation_id)
