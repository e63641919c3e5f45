"""Customers' names where the platform has to be asked, and buttons that want to be noticed."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from core.lib.on_commit import bell
from messaging.models import Channel, Conversation, Customer
from messaging.services.presses import acknowledge_press
from messaging.services.profiles import fetch_profile
from messaging.signals import conversation_changed
from messaging.testing.fixtures import META_CUSTOMER
from messaging.testing.graph_server import GraphServer
from messaging.testing.telegram_server import TelegramServer
from messaging.tests.test_receive import receive, said
from messaging.types import EventKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any) -> Any:
    """`rung(do)`: the tasks that were started because of what `do` did, with their arguments."""

    def what(do: Any) -> list[tuple[str, ...]]:
        heard: list[tuple[str, ...]] = []

        def ring(task: Any, *args: str, countdown: float = 0) -> None:
            heard.append((task.name.rpartition(".")[2], *args))

        monkeypatch.setattr(bell, "ring", ring)
        with django_capture_on_commit_callbacks(execute=True):
            do()
        return heard

    return what


def write(channel: Channel, key: str = "1") -> None:
    receive(channel, said("Hello", key, thread=META_CUSTOMER, customer_name=""))


def test_a_name_is_asked_for_once_and_shown(
    owner: User, instagram_channel: Channel, graph_server: GraphServer, rung: Any
) -> None:
    rings = rung(lambda: write(instagram_channel))
    customer = Customer.objects.get()
    assert ("fetch_profile", customer.pk) in rings
    told: list[str] = []

    def hear(conversation: Conversation, **_: Any) -> None:
        told.append(conversation.customer.name)

    conversation_changed.connect(hear)
    fetch_profile(customer_id=customer.pk)
    conversation_changed.disconnect(hear)

    customer.refresh_from_db()
    assert (customer.name, customer.username) == ("Ana Petrova", "ana.p")
    assert told == ["Ana Petrova"]
    calls = len(graph_server.calls)
    fetch_profile(customer_id=customer.pk)
    assert len(graph_server.calls) == calls
    assert ("fetch_profile", customer.pk) not in rung(lambda: write(instagram_channel, "2"))


def test_a_name_is_asked_for_again_after_a_week(
    owner: User, instagram_channel: Channel, graph_server: GraphServer, rung: Any
) -> None:
    write(instagram_channel)
    customer = Customer.objects.get()
    fetch_profile(customer_id=customer.pk)
    Customer.objects.update(profile_at=timezone.now() - timedelta(days=8))
    graph_server.heard_from(META_CUSTOMER, name="Ana Horvat", username="ana.h")

    assert ("fetch_profile", customer.pk) in rung(lambda: write(instagram_channel, "2"))
    fetch_profile(customer_id=customer.pk)

    customer.refresh_from_db()
    assert customer.name == "Ana Horvat"


def test_a_missing_name_leaves_the_known_one(
    owner: User, instagram_channel: Channel, graph_server: GraphServer
) -> None:
    graph_server.heard_from(META_CUSTOMER, name=None, username=None)
    receive(instagram_channel, said("Hello", thread=META_CUSTOMER, customer_name="Ana"))
    fetch_profile(customer_id=Customer.objects.get().pk)
    assert Customer.objects.get().name == "Ana"


def test_a_platform_that_does_not_answer_hurts_nothing(
    owner: User, instagram_channel: Channel, graph_server: GraphServer
) -> None:
    write(instagram_channel)
    graph_server.plan("rate_613", edge="", times=-1)
    graph_server.plan("rate_613", edge=META_CUSTOMER, times=-1)
    before = Conversation.objects.values().get()
    fetch_profile(customer_id=Customer.objects.get().pk)
    assert Conversation.objects.values().get() == before
    assert Customer.objects.get().name == ""


def test_names_are_not_asked_for_where_they_come_by_themselves(
    owner: User, telegram_channel: Channel, rung: Any
) -> None:
    rings = rung(lambda: receive(telegram_channel, said("Hello", thread="7")))
    assert [name for name, *_ in rings] == ["answer_conversation"]


@pytest.mark.parametrize("kind", [EventKind.MESSAGE, EventKind.IGNORED])
def test_a_pressed_button_is_acknowledged_once(
    owner: User, telegram_channel: Channel, telegram_api: TelegramServer, rung: Any, kind: EventKind
) -> None:
    press = said("Yes", thread="7", callback="press-1", kind=kind)
    rings = rung(lambda: receive(telegram_channel, press))
    assert ("acknowledge_press", telegram_channel.pk, "press-1") in rings
    assert not rung(lambda: receive(telegram_channel, press))

    acknowledge_press(channel_id=telegram_channel.pk, callback="press-1")
    assert telegram_api.wait_for(lambda: bool(telegram_api.calls))
    [call] = telegram_api.calls
    assert (call.method, call.fields["callback_query_id"]) == ("answerCallbackQuery", "press-1")
