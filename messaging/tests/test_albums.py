"""An album comes as one message per picture, and gets one answer."""

from datetime import timedelta

import pytest
from pytest_django import Settings

from accounts.models import User
from AI_model.replies.run import answer
from core.lib.sweeping import drain
from messaging.models import Channel, Conversation, Message
from messaging.testing.telegram_server import TelegramServer
from messaging.tests.test_receive import receive, said
from messaging.types import Attachment, Content

pytestmark = pytest.mark.django_db

QUIET = 3.0


@pytest.fixture
def conversation(
    owner: User, telegram_channel: Channel, telegram_api: TelegramServer, settings: Settings
) -> None:
    settings.REPLY_QUIET_PERIOD_MS = int(QUIET * 1000)


def picture(channel: Channel, number: int) -> None:
    photo = Attachment(kind=Content.PHOTO, ref=f"file-{number}")
    event = said(
        *("", str(number)),
        thread="7",
        content=Content.PHOTO,
        attachments=(photo,),
        details={"album": "a"},
    )
    receive(channel, event)


def pass_by(seconds: float) -> None:
    """Make what was said that much older."""
    row, gone = Conversation.objects.get(), timedelta(seconds=seconds)
    assert row.last_customer_at and row.first_unanswered_at
    Conversation.objects.update(
        last_customer_at=row.last_customer_at - gone,
        first_unanswered_at=row.first_unanswered_at - gone,
    )


def test_each_picture_of_an_album_renews_the_pause_and_one_answer_comes(
    conversation: None, telegram_channel: Channel, telegram_api: TelegramServer
) -> None:
    for number in (1, 2, 3):
        picture(telegram_channel, number)
        pause = answer(conversation_id=Conversation.objects.get().pk)
        # The pause counts from this picture, though the first one came long before.
        assert QUIET - 1 < pause <= QUIET
        pass_by(QUIET - 0.5)
    assert not telegram_api.texts("7")

    pass_by(1)
    while drain():
        pass
    assert len(telegram_api.texts("7")) == 1
    [said_by_us] = Message.objects.filter(type="AI")
    after = Conversation.objects.get()
    assert said_by_us.answers_seq == after.answered_seq == after.last_customer_seq
