"""From Telegram's POST to rows: groups, buttons, reactions, withdrawals, business accounts."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from django.db.models import F
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from messaging.models import Channel, Conversation, Customer, InboundEvent, Message
from messaging.services.conversations import send_support_message
from messaging.services.delivery import deliver
from messaging.services.presses import acknowledge_press
from messaging.signals import button_pressed
from messaging.testing.telegram_server import TelegramServer
from messaging.tests.payload_files import payload

pytestmark = pytest.mark.django_db

GROUP = "-1004455667788"
BUSINESS = "business:bc-7:610022001"
Post = Callable[[Any], dict[str, str]]


@pytest.fixture
def channel(telegram_channel: Channel, owner: User, settings: Settings) -> Channel:
    settings.TELEGRAM_SENDS_PER_SECOND = settings.TELEGRAM_CHAT_SENDS_PER_SECOND = 10_000
    owner.default_reply_handler = User.Handler.AI
    owner.save()
    telegram_channel.settings = {"username": "kite_bikes_bot", "groups": True}
    telegram_channel.save()
    return telegram_channel


@pytest.fixture
def post(client: Client, channel: Channel) -> Post:
    """`post(update)`, or the name of a payload; what the webhook answers."""

    def deliver_update(update: Any) -> dict[str, str]:
        answer = client.post(
            f"/webhooks/telegram/{channel.pk}/",
            orjson.dumps(payload(update) if isinstance(update, str) else update),
            content_type="application/json",
            headers={"X-Telegram-Bot-Api-Secret-Token": "hook-secret"},
        )
        assert answer.status_code == 200
        return dict(answer.json())

    return deliver_update


@pytest.fixture
def pressed() -> Iterator[list[str]]:
    """The buttons that are to be acknowledged."""
    heard: list[str] = []

    def hear(callback: str, **kwargs: Any) -> None:
        heard.append(callback)

    button_pressed.connect(hear)
    yield heard
    button_pressed.disconnect(hear)


def is_an_answer_due() -> bool:
    due = Conversation.objects.filter(status="active", answered_seq__lt=F("last_customer_seq"))
    return due.exists()


def test_a_group_is_one_customer_whoever_writes(post: Post) -> None:
    another = payload("group_reply")
    another["message"]["from"] |= {"id": 99, "first_name": "Per", "last_name": "Holm"}
    assert post("group_mention")["status"] == post(another)["status"] == "stored"
    conversation = Conversation.objects.get()
    assert (conversation.external_id, conversation.customer.name) == (GROUP, "Kite riders")
    said = [(message.text, message.details["author"]) for message in Message.objects.all()]
    assert said == [("open today?", "Mia Lindgren"), ("And tomorrow?", "Per Holm")]
    assert is_an_answer_due()


def test_each_topic_of_a_group_is_a_thread_of_the_same_customer(post: Post) -> None:
    post("group_mention")
    post("group_topic_reply")
    assert set(Conversation.objects.values_list("external_id", flat=True)) == {
        *(GROUP, f"{GROUP}:31"),
    }
    assert Customer.objects.count() == 1


def test_what_is_not_said_to_the_bot_leaves_no_message(post: Post, channel: Channel) -> None:
    assert post("group_not_addressed") == {
        "status": "ignored",
        "reason": "not addressed to the bot",
    }
    Channel.objects.filter(pk=channel.pk).update(settings={"username": "kite_bikes_bot"})
    assert post("group_mention")["reason"] == "groups are switched off for this channel"
    assert not Conversation.objects.exists()


def test_a_group_that_moved_goes_on_in_its_conversation(post: Post) -> None:
    before = payload("group_mention")
    before["message"]["chat"] = payload("group_moved")["message"]["chat"]
    post(before)
    assert post("group_moved")["status"] == "stored"
    post("group_moved_from")
    post("group_reply")
    conversation = Conversation.objects.get()
    assert (conversation.external_id, conversation.customer.external_id) == (GROUP, GROUP)
    assert Message.objects.filter(type="customer").count() == 2


def test_a_group_without_the_bot_cannot_be_written_to(post: Post) -> None:
    post("group_mention")
    post("removed_from_group")
    assert Customer.objects.get().unreachable_at is not None
    post("added_to_group")
    assert Customer.objects.get().unreachable_at is None


def test_a_pressed_button_is_a_message_and_is_acknowledged(
    post: Post, pressed: list[str], channel: Channel, telegram_api: TelegramServer
) -> None:
    assert post("press")["status"] == "stored"
    message = Message.objects.get()
    assert (message.text, message.details["button"]) == ("Talk to a person", "person")
    assert post("press")["status"] == "duplicate"
    assert post("press_of_game")["status"] == "ignored"
    assert pressed == ["5550123", "5550123"]
    acknowledge_press(channel_id=channel.pk, callback=pressed[0])
    assert telegram_api.wait_for(lambda: len(telegram_api.calls) == 1)
    assert telegram_api.calls[0].fields == {"callback_query_id": "5550123"}


def test_a_reaction_stands_on_the_message_until_it_is_taken_back(post: Post) -> None:
    post("text")
    post("reaction")
    assert Message.objects.get().reactions == [{"by": "customer", "emoji": "👍"}]
    taken_back = payload("reaction_taken_back")
    taken_back["message_reaction"]["message_id"] = payload("reaction")["message_reaction"][
        "message_id"
    ]
    post(taken_back)
    assert Message.objects.get().reactions == []


def test_photos_of_an_album_are_one_question(post: Post) -> None:
    second = payload("album_photo")
    second["update_id"] += 1000
    second["message"]["message_id"] += 1
    del second["message"]["caption"]
    post("album_photo")
    post(second)
    assert [message.details["album"] for message in Message.objects.all()] == ["140077"] * 2
    assert Conversation.objects.count() == 1


def test_a_business_account_is_known_and_answered_for(
    post: Post, channel: Channel, owner: User, telegram_api: TelegramServer
) -> None:
    post("business_connection")
    channel.refresh_from_db()
    known = channel.settings["business_connections"]["bc-7"]
    assert (known["can_reply"], known["is_enabled"]) == (True, True)
    question = payload("business_message")
    question["business_message"]["date"] = int(time.time())
    assert post(question)["status"] == "stored"
    assert is_an_answer_due()
    conversation = Conversation.objects.get()
    assert conversation.external_id == BUSINESS
    telegram_api.connections_of_owners.add("bc-7")
    send_support_message(conversation=conversation, user=owner, text="On Monday.")
    deliver(conversation_id=conversation.pk)
    (sent,) = telegram_api.sent()
    assert sent.fields["business_connection_id"] == "bc-7"
    assert (sent.fields["chat_id"], sent.fields["text"]) == ("610022001", "On Monday.")


@pytest.mark.parametrize("name", ["business_connection_silent", "business_connection_ended"])
def test_without_the_right_to_answer_words_are_shown_only(name: str, post: Post) -> None:
    post(name)
    assert post("business_message")["status"] == "stored"
    assert Message.objects.get().text == "Do you deliver?"
    assert not is_an_answer_due()


def test_the_owners_own_words_take_the_conversation_over(post: Post) -> None:
    post("business_message")
    assert post("business_owner")["status"] == "stored"
    conversation = Conversation.objects.get()
    assert conversation.status == "support_active"
    words = Message.objects.exclude(type="system").values_list("type", "text", "delivery")
    assert list(words) == [
        ("customer", "Do you deliver?", None),
        ("support", "Yes, on Monday.", "sent"),
    ]
    assert not is_an_answer_due()


def test_what_a_bot_wrote_for_the_owner_takes_nothing_over(post: Post) -> None:
    post("business_message")
    assert post("business_by_bot") == {"status": "ignored", "reason": "written by a bot"}
    assert is_an_answer_due()


def test_an_edit_and_a_withdrawal_reach_their_message(post: Post) -> None:
    post("business_message")
    post("business_edited")
    assert Message.objects.get().text == "Do you deliver on Sundays?"
    assert post("business_deleted")["status"] == "stored"
    message = Message.objects.get()
    assert (message.text, message.redacted_at is not None) == ("", True)
    assert InboundEvent.objects.filter(message=message).count() >= 1
    assert not is_an_answer_due()
    update_id = payload("business_deleted")["update_id"]
    fates = InboundEvent.objects.filter(dedupe_key__startswith=f"update:{update_id}:")
    assert sorted(fates.values_list("fate", flat=True)) == ["ignored", "stored"]
