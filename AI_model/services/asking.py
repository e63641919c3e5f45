"""Questions that a program asks for a customer, and waits for the answer (seed 003).

The way is that of every channel: the question is stored as the customer's message, and `answer`
answers it under its claim. Only who calls it differs: the one who waits, with a worker behind.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore

import orjson
import structlog
from django.conf import settings
from django.db import Error
from django.utils import timezone

from accounts.models import Business
from AI_model.models import AIRun
from AI_model.replies.run import answer
from AI_model.replies.situation import Situation, opening, read_situation
from AI_model.replies.words import handover_text
from core.lib.clock import Deadline
from core.lib.errors import Conflict, DomainError, NotFound
from core.lib.hands import waiting
from core.lib.ids import new_id
from messaging.models import Channel, Conversation, InboundEvent, Message
from messaging.services.connecting import connect_without_account
from messaging.services.delivery import deliver
from messaging.services.receive import receive_events
from messaging.types import EventKind, InboundMessage

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 5.0
"""How long after the question an answer may still be begun here, and so the most that a caller
waits beyond ANSWER_DEADLINE_SECONDS."""
FIRST_LOOK, LONGEST_LOOK = 0.05, 0.5

# The other half of the threads is for people: the inbox never waits for a model.
SEATS = BoundedSemaphore(max(1, settings.WEB_THREADS // 2))


class AllSeatsTaken(DomainError):
    status = 429
    code = "busy"
    retry_after = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and what became of it: the run that covers it, or None when people have it.

    `in_time` is False when nothing had become of it yet.
    """

    conversation: Conversation
    question: Message
    run: AIRun | None
    in_time: bool = True

    @property
    def message(self) -> Message | None:
        """What was said to the customer; not what a person's takeover held back."""
        said = self.run.message if self.run else None
        return None if said is None or said.delivery == Message.Delivery.FAILED else said

    @property
    def answered(self) -> bool:
        """Whether the AI said something of its own: an answer, or a choice."""
        outcome = self.run.outcome if self.run else ""
        spoken = {AIRun.Outcome.ANSWERED, AIRun.Outcome.OFFERED}
        return outcome in spoken and self.message is not None


@contextmanager
def seat() -> Iterator[None]:
    """One of the few threads that may wait for a model; AllSeatsTaken when there is none."""
    if not SEATS.acquire(blocking=False):
        raise AllSeatsTaken("Too many questions are being answered right now. Try again in 2 s.")
    try:
        yield
    finally:
        SEATS.release()


def api_channel(business: Business) -> Channel:
    """The business's channel for programs, made when it has none. Conflict while it is off."""
    rows = Channel.objects.for_business(business.pk).filter(kind=Channel.Kind.API)
    rows = rows.select_related("business__ai_config").order_by("created_at")
    channel = rows.first() or connect_without_account(business=business, kind=Channel.Kind.API)
    return usable(channel)


def usable(channel: Channel) -> Channel:
    if not channel.is_active:
        raise Conflict(
            "The API channel is switched off. An owner can switch it on in the admin.",
            code="channel_off",
        )
    return channel


def ask(*, channel: Channel, customer_id: str, question: str, key: str = "") -> Asked:
    """Ask for a customer and wait for the answer. The same `key` asks once."""
    give_up = Deadline.after(settings.ANSWER_DEADLINE_SECONDS + PATIENCE_SECONDS)
    with seat():
        message = store_question(
            channel=channel, customer_id=customer_id, question=question, key=key
        )
        return _wait_for_answer(message, give_up)


def store_question(*, channel: Channel, customer_id: str, question: str, key: str = "") -> Message:
    """The question as the customer's message; the first one of those with the same key."""
    event = InboundMessage(
        kind=EventKind.MESSAGE,
        dedupe_key=f"ask:{hashlib.sha256(key.encode()).hexdigest() if key else new_id()}",
        conversation_key=customer_id,
        customer_key=customer_id,
        text=question,
    )
    raw = orjson.dumps({"customer_id": customer_id, "question": question})
    [received] = receive_events(channel=channel, events=[event], raw=raw)
    if received.message is not None:
        return received.message
    if received.fate == "duplicate":
        return _asked_before(channel, event)
    raise DomainError("This question can't be stored: " + received.reason + ".")


def _asked_before(channel: Channel, event: InboundMessage) -> Message:
    rows = InboundEvent.objects.filter(channel=channel, dedupe_key=event.dedupe_key)
    first = rows.select_related("message__conversation__channel").first()
    if first is None or first.message is None:
        raise DomainError("This question was erased.", code="erased", status=410)
    same = (first.message.text, first.message.conversation.external_id)
    if same != (event.text, event.conversation_key):
        raise Conflict(
            "This Idempotency-Key belongs to another question; use a new one.", code="key_reused"
        )
    return first.message


def _wait_for_answer(question: Message, give_up: Deadline) -> Asked:
    """Answer it here unless somebody does already, and look until something became of it."""
    begin_until, pause = Deadline.after(PATIENCE_SECONDS), FIRST_LOOK
    conversation = question.conversation
    while True:
        if not conversation.claim_token and not begin_until.passed:
            _answer_here(conversation, begin_until)
        conversation = _read_again(conversation)
        if not _still_due(conversation, question):
            return Asked(conversation, question, _delivered(_run_about(question)))
        if give_up.passed:
            return Asked(conversation, question, None, in_time=False)
        with waiting():
            time.sleep(min(pause, give_up.remaining()))
        pause = min(pause * 1.5, LONGEST_LOOK)


def _answer_here(conversation: Conversation, begin_until: Deadline) -> None:
    try:
        answer(conversation_id=conversation.pk, begin_until=begin_until)
    except Error:
        raise
    except Exception:
        # As with a worker's: it is tried again, and after three times people get it.
        log.exception("asking_failed", conversation_id=conversation.pk)


def _read_again(conversation: Conversation) -> Conversation:
    found = Conversation.objects.filter(pk=conversation.pk).first()
    if found is None:
        raise _erased()
    return found


def _still_due(conversation: Conversation, question: Message) -> bool:
    waits = conversation.answered_seq < question.seq
    return waits and conversation.status == Conversation.Status.ACTIVE


def _run_about(question: Message) -> AIRun | None:
    """The run whose outcome covers the question."""
    ended = (
        AIRun.Outcome.ANSWERED,
        AIRun.Outcome.OFFERED,
        AIRun.Outcome.HANDED_OVER,
        AIRun.Outcome.DRAFTED,
    )
    return (
        AIRun.objects.filter(
            conversation_id=question.conversation_id,
            from_seq__lte=question.seq,
            upto_seq__gte=question.seq,
            outcome__in=ended,
        )
        .select_related("message")
        .order_by("-upto_seq")
        .first()
    )


def _delivered(run: AIRun | None) -> AIRun | None:
    """Who asked reads it now, so what waits in the queue is delivered with that."""
    if run is not None and run.message is not None and run.message.delivery == "queued":
        deliver(conversation_id=run.conversation_id)
        run.message.refresh_from_db()
    return run


def people_text(conversation: Conversation) -> str:
    """What a customer reads while people have the conversation."""
    situation = read_situation(conversation.pk)
    if situation is None:
        raise _erased()
    return people_text_in(situation)


def people_text_in(situation: Situation) -> str:
    now = timezone.now()
    is_open, opens_at = opening(situation.business, at=now)
    return handover_text(
        situation.config,
        is_open=is_open,
        opens_at=opens_at,
        now=now,
        language=situation.language,
    )


def _erased() -> NotFound:
    return NotFound("This conversation was erased.")
