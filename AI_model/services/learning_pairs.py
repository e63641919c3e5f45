"""Customers' questions that people answered after a hand-over, without personal data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from AI_model.learning.pairing import Line, pair_up
from AI_model.learning.private import NAME, hide, is_of_one_case, without_names
from AI_model.models import AIRun
from AI_model.replies.situation import words_of
from AI_model.retrieval.language import language_of
from messaging.models import Conversation, Message, StatusChange

MOST_LINES = 200
"""Messages after a hand-over; what is asked much later was not handed over."""
CUSTOMER, PERSON = Message.Type.CUSTOMER, Message.Type.SUPPORT


@dataclass(frozen=True, slots=True)
class Learnt:
    """A pair, where it stands and when it was answered."""

    conversation_id: str
    question: str
    answer: str
    answer_id: str
    at: datetime
    language: str


def read_pairs(conversations: Sequence[Conversation], handed_over: QuerySet[AIRun]) -> list[Learnt]:
    """What people answered after these hand-overs, each answer once."""
    by_id = {conversation.pk: conversation for conversation in conversations}
    runs = handed_over.filter(conversation__in=list(by_id)).order_by("started_at", "pk")
    found: dict[str, Learnt] = {}
    for run in runs:
        for pair in _pairs_after(run, by_id[run.conversation_id]):
            found.setdefault(pair.answer_id, pair)
    return list(found.values())


def _pairs_after(run: AIRun, conversation: Conversation) -> Iterator[Learnt]:
    messages = _messages_after(run)
    customer = conversation.customer
    theirs = [customer.name, customer.username]
    told = "\n".join(words_of(m) for m in messages if m.type == CUSTOMER)
    times = {message.pk: message.created_at for message in messages}
    for pair in pair_up([_line(message, theirs) for message in messages]):
        if is_of_one_case(pair.answer, told=told):
            continue
        yield Learnt(
            conversation_id=conversation.pk,
            question=pair.question,
            answer=pair.answer,
            answer_id=pair.answer_id,
            at=times[pair.answer_id],
            language=language_of(pair.question),
        )


def _messages_after(run: AIRun) -> list[Message]:
    """What customer and people said from the question on, until people had it no more."""
    rows = Message.objects.filter(
        Q(type=CUSTOMER) | Q(type=PERSON, seq__gt=run.upto_seq) & ~Q(delivery="failed"),
        conversation_id=run.conversation_id,
        seq__gte=run.from_seq,
        redacted_at=None,
    )
    if (end := _end_of(run)) is not None:
        rows = rows.filter(seq__lt=end)
    return list(rows.select_related("author").order_by("seq")[:MOST_LINES])


def _end_of(run: AIRun) -> int | None:
    changes = StatusChange.objects.filter(conversation=run.conversation_id, seq__gt=run.upto_seq)
    later = changes.exclude(after=Conversation.Status.SUPPORT_ACTIVE)
    return later.order_by("seq").values_list("seq", flat=True).first()


def _line(message: Message, theirs: Sequence[str]) -> Line:
    if message.type == CUSTOMER:
        return Line(message.pk, "customer", hide(words_of(message), names=theirs))
    author = [message.author.display_name] if message.author else []
    return Line(message.pk, "person", without_names(message.text, [*theirs, *author], instead=NAME))
