"""Statements that are compiled once say what the ORM says, and refuse what would change unseen."""

from datetime import UTC, datetime

import pytest
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Business, User
from core.lib.ids import new_id
from core.lib.prepared import (
    Update,
    insert_later,
    insert_missing,
    insert_row,
    insert_rows,
    prepared_rows,
    prepared_update,
)
from messaging.models import Channel, Conversation, Customer, Message, OutboundChunk
from settings_app.models import KnowledgeEntry

pytestmark = pytest.mark.django_db


@prepared_rows
def talks(channel_id: str, least: int) -> QuerySet[Conversation]:
    rows = Conversation.objects.select_related("channel__business__ai_config", "customer")
    return rows.filter(channel_id=channel_id, revision__gte=least).order_by("revision")


@prepared_update
def move(conversation_id: str, epoch: int, text: str, now: datetime) -> Update[Conversation]:
    waiting = OutboundChunk.objects.filter(conversation_id=OuterRef("pk"))
    rows = Conversation.objects.filter(~Exists(waiting), pk=conversation_id, epoch=epoch)
    return Update(rows, {"last_text": text, "revision": F("revision") + 1, "window_from": now})


def new_talk(channel: Channel, *, revision: int = 0) -> Conversation:
    key = new_id()
    customer = Customer(business_id=channel.business_id, channel=channel, external_id=key)
    conversation = Conversation(
        business_id=channel.business_id,
        channel=channel,
        customer=insert_row(customer),
        external_id=key,
        status="active",
        revision=revision,
        suggestion={"text": "è"},
    )
    return insert_row(conversation)


def test_rows_are_read_with_what_belongs_to_them(webchat_channel: Channel) -> None:
    known = [new_talk(webchat_channel, revision=number) for number in range(3)]
    found = talks(channel_id=webchat_channel.pk, least=1)
    assert found == known[1:]
    first = found[0]
    plain = Conversation.objects.get(pk=first.pk)
    for field in Conversation._meta.concrete_fields:
        assert getattr(first, field.attname) == getattr(plain, field.attname), field.name
    assert first.channel.secrets == webchat_channel.secrets
    assert first.channel.business == webchat_channel.business
    assert not hasattr(first.channel.business, "ai_config")
    assert first.customer.external_id == first.external_id
    assert talks(channel_id="nobody's", least=0) == []
    assert talks.first(channel_id="nobody's", least=0) is None


def test_a_row_is_changed_under_its_condition_and_given_back(webchat_channel: Channel) -> None:
    conversation, now = new_talk(webchat_channel, revision=4), timezone.now()
    moved = move.returning(conversation_id=conversation.pk, epoch=0, text="% 'x'", now=now)
    assert moved is not None
    assert (moved.revision, moved.last_text, moved.window_from) == (5, "% 'x'", now)
    assert moved.suggestion == {"text": "è"}
    assert Conversation.objects.get() == moved
    assert move(conversation_id=conversation.pk, epoch=7, text="", now=now) == 0
    assert move(conversation_id=conversation.pk, epoch=0, text="", now=now) == 1


def test_what_would_change_from_call_to_call_is_refused_at_the_first() -> None:
    @prepared_rows
    def since_today() -> QuerySet[Conversation]:
        return Conversation.objects.filter(updated_at__gte=timezone.now())

    @prepared_rows
    def forgotten(channel_id: str) -> QuerySet[Conversation]:
        return Conversation.objects.all()

    @prepared_rows
    def listed(keys: list) -> QuerySet[Conversation]:  # type: ignore[type-arg]
        return Conversation.objects.filter(pk__in=keys)

    with pytest.raises(TypeError, match="not the same statement"):
        since_today()
    with pytest.raises(TypeError, match="not the same statement"):
        forgotten(channel_id="x")
    with pytest.raises(TypeError, match="takes no parameter"):
        listed(keys=["x"])


def test_rows_are_inserted_as_the_orm_does_it(webchat_channel: Channel) -> None:
    conversation = new_talk(webchat_channel)
    said = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    message = Message(
        business_id=conversation.business_id,
        conversation=conversation,
        seq=1,
        revision=1,
        type="customer",
        text="“ŝ” \u0001",
        attachments=[{"kind": "photo"}],
        said_at=said,
    )
    insert_row(message)
    read = Message.objects.get()
    for field in Message._meta.concrete_fields:
        assert getattr(read, field.attname) == getattr(message, field.attname), field.name


def test_many_rows_are_inserted_in_few_statements(webchat_channel: Channel) -> None:
    conversation = new_talk(webchat_channel)
    rows = [
        Message(
            business_id=conversation.business_id,
            conversation=conversation,
            seq=number,
            revision=number,
            type="customer",
        )
        for number in range(3000)
    ]
    insert_rows(rows)
    insert_rows([])
    assert Message.objects.count() == 3000


def test_only_those_that_were_missing_are_inserted_and_told(webchat_channel: Channel) -> None:
    def customer(key: str) -> Customer:
        business: Business = webchat_channel.business
        return Customer(business=business, channel=webchat_channel, external_id=key)

    insert_row(customer("known"))
    made = insert_missing([customer("new"), customer("known"), customer("newer")])
    assert [row.external_id for row in made] == ["new", "newer"]
    assert Customer.objects.count() == 3
    assert insert_missing([]) == []


def test_a_part_of_the_columns_is_read(owner: User) -> None:
    @prepared_rows
    def names(business_id: str) -> QuerySet[User]:
        return User.objects.filter(business_id=business_id).only("username").order_by("pk")

    assert owner.username in {user.username for user in names(business_id=owner.business_id or "")}


def test_an_insert_that_is_ready_runs_later_and_may_rewrite(business: Business) -> None:
    first = KnowledgeEntry(business=business, question="Open?", answer="Yes")
    run = insert_later([first])
    assert not KnowledgeEntry.objects.exists()
    run()
    first.answer, first.question = "No", "Closed?"
    other = KnowledgeEntry(business=business, question="When?", answer="Never")
    insert_later([first, other], rewrite=["answer"])()
    found = dict(KnowledgeEntry.objects.values_list("question", "answer"))
    assert found == {"Open?": "No", "When?": "Never"}
    insert_later([])()
