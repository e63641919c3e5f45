"""The worker's side of the staff chat; each is one call by id."""

from celery import shared_task


@shared_task(name="ai_chat.write_answer", queue="ai")
def write_answer(message_id: str) -> None:
    from ai_chat.answering.run import write

    write(message_id)
