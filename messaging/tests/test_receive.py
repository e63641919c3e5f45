import threading
from collections.abc import Callable

import pytest
from django.db import connection

from accounts.models import User
from AI_model.models import AIModelConfig
from messaging.models import Channel, Conversation, Customer, InboundEvent, Message
from messaging.services.conversations import close_conversation
from messaging.services.receive import Received, quarantine_payload, receive_events
from messaging.types import Content, EventKind, InboundMessage

pytestmark = pytest.mark.django_db


def said(text: str, key: str = "1", *, thread: str = "c1", **fields: object) -> InboundMessage:
    values: dict[str, object] = {
        "kind": EventKind.MESSAGE,
        "dedupe_key": f"update:{key}",
        "conversation_key": thread,
        "customer_key": thread,
        "external_id": key,
        "text": text,
        "customer_name": "Ida Berg",
    }
    return InboundMessage(**(values | fields))  # type: ignore[arg-type]


def receive(channel: Channel, *events: InboundMessage) -> list[Received]:
    return receive_events(channel=channel, events=events, raw=b"{}")


def test_a_first_message_makes_customer_conversation_and_message(
    owner: User, webchat_channel: Channel
) -> None:
    [received] = receive(webchat_channel, said("Do you ship to Norway?"))

    conversation = Conversation.objects.get()
    assert received.fate == "stored"
    assert received.message == Message.objects.get(text="Do you ship to Norway?")
    assert conversation.customer.name == "Ida Berg"
    assert (conversation.status, conversation.unread) == ("active", 1)
    assert conversation.last_text == "Do you ship to Norway?"
    assert InboundEvent.objects.get().message == received.message


def test_a_redelivery_changes_nothing(owner: User, webchat_channel: Channel) -> None:
    receive(webchat_channel, said("Hello"))
    before = Conversation.objects.values().get()

    [again] = receive(webchat_channel, said("Hello"))

    assert again.fate == "duplicate"
    assert Message.objects.count() == 1
    assert Conversation.objects.values().get() == before


def test_one_post_may_hold_several_events_for_several_threads(
    owner: User, webchat_channel: Channel
) -> None:
    results = receive(
        webchat_channel,
        said("b1", "1", thread="b"),
        said("a1", "2", thread="a"),
        said("b2", "3", thread="b"),
        said("b1", "1", thread="b"),
    )

    assert [r.fate for r in results] == ["stored", "stored", "stored", "stored"]
    assert list(
        Message.objects.filter(conversation__external_id="b").values_list("text", flat=True)
    ) == [
        "b1",
        "b2",
    ]
    assert Conversation.objects.count() == 2


@pytest.mark.parametrize(
    ("handler", "enabled", "status"),
    [
        ("AI", True, "active"),
        ("AI", False, "support_active"),
        ("Manual", True, "support_active"),
        ("Manual", False, "support_active"),
    ],
)
def test_the_owners_handler_and_the_ai_switch_decide_who_answers_first(
    owner: User, webchat_channel: Channel, handler: str, enabled: bool, status: str
) -> None:
    User.objects.filter(pk=owner.pk).update(default_reply_handler=handler)
    AIModelConfig.objects.update_or_create(
        business=webchat_channel.business, defaults={"auto_response_enabled": enabled}
    )
    receive(webchat_channel, said("Hello"))
    assert Conversation.objects.get().status == status


def test_without_any_provider_people_answer_first(
    owner: User, webchat_channel: Channel, settings: object
) -> None:
    settings.EMBEDDED_ANSWERS = False  # type: ignore[attr-defined]
    receive(webchat_channel, said("Hello"))
    assert Conversation.objects.get().status == "support_active"


def test_writing_to_a_closed_conversation_opens_it_afresh(
    owner: User, webchat_channel: Channel
) -> None:
    receive(webchat_channel, said("First"))
    closed = close_conversation(conversation=Conversation.objects.get(), user=owner)

    receive(webchat_channel, said("Second", "2"))

    again = Conversation.objects.get()
    assert (again.status, again.assigned_to, again.handover_reason) == ("active", None, "")
    assert again.epoch > closed.epoch
    assert again.context_from_seq == Message.objects.get(text="Second").seq


def test_an_edit_changes_the_words_and_asks_for_no_new_answer(
    owner: User, webchat_channel: Channel
) -> None:
    receive(webchat_channel, said("Do you ship to Norwey?"))
    waiting = Conversation.objects.get().last_customer_seq

    receive(
        webchat_channel,
        said("Do you ship to Norway?", "2", kind=EventKind.EDIT, external_id="1"),
    )

    message = Message.objects.get()
    assert message.text == "Do you ship to Norway?"
    assert message.edited_at is not None and message.revision > message.seq
    assert Conversation.objects.get().last_customer_seq == waiting


def test_blocking_and_unblocking_are_kept_on_the_customer(
    owner: User, webchat_channel: Channel
) -> None:
    receive(webchat_channel, said("Hello"))
    receive(webchat_channel, said("", "2", kind=EventKind.BLOCKED))
    assert Customer.objects.get().unreachable_at is not None
    receive(webchat_channel, said("", "3", kind=EventKind.UNBLOCKED))
    assert Customer.objects.get().unreachable_at is None


def test_an_ignored_event_is_kept_with_its_reason(webchat_channel: Channel) -> None:
    [received] = receive(webchat_channel, said("", kind=EventKind.IGNORED, reason="a poll"))
    event = InboundEvent.objects.get()
    assert (received.fate, event.fate, event.reason) == ("ignored", "ignored", "a poll")
    assert not Conversation.objects.exists()


def test_a_photo_without_words_is_stored_and_named_in_the_list(
    owner: User, webchat_channel: Channel
) -> None:
    receive(webchat_channel, said("", content=Content.PHOTO))
    assert Message.objects.get().content == "photo"
    assert Conversation.objects.get().last_text == "Photo"


def test_an_unreadable_payload_is_put_aside_once(webchat_channel: Channel) -> None:
    for _ in range(2):
        received = quarantine_payload(channel=webchat_channel, raw=b"\x00{", reason="not JSON")
        assert received.fate == "quarantined"
    event = InboundEvent.objects.get()
    assert (event.fate, bytes(event.raw)) == ("quarantined", b"\x00{")


@pytest.mark.django_db(transaction=True)
def test_fifty_copies_at_once_are_stored_once(owner: User, webchat_channel: Channel) -> None:
    results = at_once(50, lambda n: receive(webchat_channel, said("Hello"))[0].fate)
    assert sorted(results) == ["duplicate"] * 49 + ["stored"]
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_messages_of_one_thread_at_once_get_one_place_each(
    owner: User, webchat_channel: Channel
) -> None:
    at_once(24, lambda n: receive(webchat_channel, said(f"m{n}", str(n)))[0].fate)

    seqs = list(Message.objects.values_list("seq", flat=True))
    conversation = Conversation.objects.get()
    assert sorted(seqs) == list(range(1, 25))
    assert (conversation.revision, conversation.last_customer_seq, conversation.unread) == (
        24,
        24,
        24,
    )


def at_once(count: int, work: Callable[[int], str]) -> list[str]:
    """Run `work` in `count` threads that start together; their results."""
    barrier, results = threading.Barrier(count), []

    def run(number: int) -> None:
        barrier.wait()
        try:
            results.append(work(number))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
