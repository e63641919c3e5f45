"""Work by id. The row says what is due; a task is only the bell."""

from celery import shared_task

from core.lib.hands import working
from messaging.hooks.sending import send


@shared_task(name="messaging.hooks.tasks.send_delivery")
def send_delivery(delivery_id: str) -> None:
    with working():
        send(delivery_id=delivery_id)
