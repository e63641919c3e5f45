"""The worker's side of the staff chat; each is one call by id."""

from threading import BoundedSemaphore

from celery import shared_task
from django.conf import settings

from core.env import env_int
from core.lib.hands import working
from core.lib.on_commit import bell

AGAIN_SECONDS = 1.0
# The rest of the threads is for customers: they never wait for a colleague's chat.
THREADS = 16 if settings.PART == "sweeper" else env_int("WORKER_THREADS", 80, minimum=1)
SEATS = BoundedSemaphore(max(1, THREADS * 3 // 4))


@shared_task(name="ai_chat.write_answer")
def write_answer(message_id: str) -> None:
    from ai_chat.answering.run import write

    if not SEATS.acquire(blocking=False):
        bell.ring(write_answer, message_id, countdown=AGAIN_SECONDS)
        return
    try:
        write(message_id)
    finally:
        SEATS.release()


@shared_task(name="ai_chat.title_chat")
def title_chat(chat_id: str) -> None:
    from ai_chat.answering.titles import title_if_wanted

    with working():
        title_if_wanted(chat_id=chat_id)


@shared_task(name="ai_chat.sum_up_chat")
def sum_up_chat(chat_id: str) -> None:
    from ai_chat.answering.summary import sum_up_if_wanted

    with working():
        sum_up_if_wanted(chat_id=chat_id)
