"""What opens a platform's window: a customer's own words and presses, and nothing else."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Business
from messaging.models import Channel, Conversation
from messaging.testing.meta_events import CUSTOMER, EVENTS, envelope, event, message
from messaging.tests.meta_posts import SECRET, deliver, make_channel

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(hours=30)
WORDS = {
    *("text", "text_scripts", "image", "two_images", "sticker", "video", "audio", "file", "share"),
    *("reel", "inline_reply", "quick_reply", "ad_referral", "postback", "get_started"),
    *("ig_post", "ig_reel", "story", "ig_story", "story_mention", "story_reply", "ephemeral"),
    *("unsupported", "location", "link", "old_postback", "image_with_words"),
}
NO_WORDS = {
    *("react", "react_by_name", "unreact", "our_reaction", "edit", "our_edit", "deleted", "seen"),
    *("read", "delivery", "echo", "echo_with_file", "echo_by_app", "self", "referral", "optin"),
    *("pass_thread", "take_thread", "account_linking", "nothing", "future_event"),
}
CASES = [
    (kind, name)
    for kind, known in EVENTS.items()
    for name in sorted((WORDS | NO_WORDS) & known.keys())
]


@pytest.fixture(autouse=True)
def secrets(settings: Settings) -> None:
    settings.INSTAGRAM_APP_SECRETS = [SECRET]


def stamped(body: dict[str, Any], *, ago: timedelta = timedelta(0)) -> dict[str, Any]:
    return {**body, "timestamp": int((time.time() - ago.total_seconds()) * 1000)}


def post(kind: str, *events: dict[str, Any]) -> None:
    assert deliver(envelope(events, kind), kind=kind).status_code == 200


def age() -> timedelta:
    opened = Conversation.objects.get(external_id__contains=CUSTOMER).window_from
    assert opened is not None
    return timezone.now() - opened


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_what_opens_the_window(kind: str, name: str, business: Business) -> None:
    make_channel(business, kind=kind)
    post(kind, stamped(message("m_first", "Hello"), ago=LONG_AGO))
    assert age() >= LONG_AGO
    post(kind, stamped(EVENTS[kind][name]))
    assert (age() < timedelta(minutes=1)) is (name in WORDS)


def test_a_late_delivery_opens_it_only_from_when_it_was_written(business: Business) -> None:
    make_channel(business)
    post("instagram", stamped(message("m_1", "Hello"), ago=timedelta(hours=25)))
    assert timedelta(hours=25) <= age() < timedelta(hours=26)
    post("instagram", stamped(message("m_2", "Are you there?"), ago=timedelta(hours=27)))
    assert age() < timedelta(hours=26), "older words close nothing"


@pytest.mark.parametrize("ago", [timedelta(hours=-2), timedelta(hours=37), timedelta(days=700)])
def test_a_time_that_can_not_be_is_not_believed(business: Business, ago: timedelta) -> None:
    make_channel(business)
    post("instagram", stamped(message("m_1", "Hello"), ago=ago))
    assert timedelta(0) <= age() < timedelta(minutes=1)


def test_who_never_wrote_has_no_window(business: Business) -> None:
    channel: Channel = make_channel(business)
    post("instagram", stamped(event(ours=True, message={"mid": "m_9", "text": "Hi", "is_echo": 1})))
    thread = Conversation.objects.filter(channel=channel).first()
    assert thread is None or thread.window_from is None
