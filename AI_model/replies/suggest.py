"""A suggestion for a person who answers: composed like an answer, sent by nobody."""

from dataclasses import replace

from AI_model.models import AIRun
from AI_model.replies.compose import Composition, compose
from AI_model.replies.outcome import close_run, suggestion_text
from AI_model.replies.reading import has_unread, read_media
from AI_model.replies.situation import read_situation
from core.lib.errors import Conflict
from messaging.models import Conversation, Message
from messaging.services.conversations import keep_suggestion


def suggest_reply(*, conversation: Conversation) -> Composition:
    """Compose an answer to the customer's latest words; Conflict when there are none."""
    situation = read_situation(conversation.pk)
    latest = _latest_words(conversation)
    if situation is None or not latest:
        raise Conflict("There is nothing to answer yet.", code="nothing_to_answer")
    situation = replace(situation, unanswered=latest)
    reading = read_media(situation.config, latest) if has_unread(situation.config, latest) else None
    composition = compose(situation, asked_by_person=True)
    composition.reading = reading.calls if reading else []
    run = AIRun(
        business_id=situation.business.pk,
        conversation=conversation,
        upto_seq=latest[-1].seq,
        epoch=conversation.epoch,
        knowledge_version=situation.business.knowledge_version,
        reason=composition.reason or "",
    )
    close_run(run, AIRun.Outcome.DRAFTED, composition)
    if composition.text:
        keep_suggestion(
            conversation=conversation,
            text=suggestion_text(composition),
            citations=composition.citations,
            upto_seq=latest[-1].seq,
        )
    return composition


def _latest_words(conversation: Conversation) -> list[Message]:
    """The customer's last messages without an answer of ours between them."""
    spoken = Message.objects.filter(conversation=conversation).exclude(type=Message.Type.SYSTEM)
    latest: list[Message] = []
    for message in spoken.order_by("-seq")[:20]:
        if message.type == Message.Type.CUSTOMER:
            latest.insert(0, message)
        elif latest:
            break
    return latest
