"""Work by id. The row says what is due; a task is only the bell."""

from celery import shared_task

from AI_model.replies.run import answer
from AI_model.services.index_rows import indexes_due
from core.lib.hands import working
from core.lib.on_commit import bell

SOON = 1.0


@shared_task(name="AI_model.tasks.answer_conversation")
def answer_conversation(conversation_id: str) -> None:
    with working():
        pause = answer(conversation_id=conversation_id)
    # Only the last ring of a burst is early by a hair; the others leave it to the last one.
    if 0 < pause <= SOON:
        bell.ring(answer_conversation, conversation_id, countdown=pause)


@shared_task(name="AI_model.tasks.build_index")
def build_index(business_id: str) -> None:
    # Arithmetic and weights take memory that a process without knowledge should not hold.
    from AI_model.services import indexing

    with working():
        built = indexing.build_index(business_id=business_id)
    following = next(iter(indexes_due(older_than=0)), None) if built else None
    if following is not None:
        bell.ring(build_index, following)


@shared_task(name="AI_model.tasks.run_replay")
def run_replay(replay_id: str) -> None:
    from AI_model.services import replay  # as above

    with working():
        replay.run_replay(replay_id=replay_id)
