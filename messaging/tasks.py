"""Work by id. The row says what is due; a task is only the bell."""

from celery import shared_task

from core.lib.hands import working
from messaging.services import echoes, media, presses, profiles
from messaging.services.delivery import deliver


@shared_task(name="messaging.tasks.deliver_conversation")
def deliver_conversation(conversation_id: str) -> None:
    with working():
        deliver(conversation_id=conversation_id)


@shared_task(name="messaging.tasks.decide_event")
def decide_event(event_id: str) -> None:
    echoes.decide_waiting(event_id=event_id)


@shared_task(name="messaging.tasks.fetch_media")
def fetch_media(media_id: str) -> None:
    media.fetch_media(media_id=media_id)


@shared_task(name="messaging.tasks.fetch_profile")
def fetch_profile(customer_id: str) -> None:
    profiles.fetch_profile(customer_id=customer_id)


@shared_task(name="messaging.tasks.acknowledge_press")
def acknowledge_press(channel_id: str, callback: str) -> None:
    presses.acknowledge_press(channel_id=channel_id, callback=callback)
