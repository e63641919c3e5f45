"""Webhooks on the wire, to a receiver on loopback that checks each signature itself."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from core.lib.clock import database_now
from messaging.hooks.sending import claim, send
from messaging.hooks.services import send_test
from messaging.models import Channel, WebhookDelivery, WebhookEndpoint
from messaging.testing.hook_receiver import HookReceiver
from messaging.testing.hooks import is_signed, listen, send_due
from messaging.tests.test_receive import receive, said

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def receiver(settings: Settings) -> Iterator[HookReceiver]:
    settings.TRUST_PRIVATE_ENDPOINTS = True
    with HookReceiver() as server:
        yield server


@pytest.fixture
def made(owner: User, receiver: HookReceiver) -> tuple[WebhookEndpoint, str]:
    return listen(owner, receiver.at("/hook"))


def ping(owner: User, endpoint: WebhookEndpoint) -> WebhookDelivery:
    endpoint.refresh_from_db()
    return send_test(user=owner, endpoint=endpoint)


def now_due(**changes: Any) -> None:
    """As if the pause were over."""
    WebhookDelivery.objects.filter(state="waiting").update(due_at=database_now(), **changes)


def in_threads(*work: Callable[[], object]) -> list[threading.Thread]:
    def run(do: Callable[[], object]) -> None:
        try:
            do()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(do,)) for do in work]
    for thread in threads:
        thread.start()
    return threads


def test_a_customers_message_arrives_signed(
    owner: User, webchat_channel: Channel, receiver: HookReceiver
) -> None:
    _, secret = listen(owner, receiver.at("/hook"), "message.created")
    [received] = receive(webchat_channel, said("Do you ship to Norway?"))
    send_due()
    [asked] = receiver.posted
    assert (asked.method, asked.path) == ("POST", "/hook")
    assert is_signed(asked, secret) and not is_signed(asked, "whsec_" + "A" * 43 + "=")
    body = asked.json() or {}
    assert body["type"] == "message.created" and set(body) == {"type", "timestamp", "data"}
    assert received.message is not None
    assert (body["data"]["id"], body["data"]["text"]) == (
        received.message.pk,
        "Do you ship to Norway?",
    )
    delivery = WebhookDelivery.objects.get()
    assert asked.headers["webhook-id"] == delivery.pk
    assert (delivery.state, delivery.attempts) == ("delivered", 1)
    assert delivery.delivered_at is not None
    assert delivery.log[0]["status"] == 204 and delivery.log[0]["problem"] == ""


def test_words_that_no_receiver_may_misread_are_signed_as_they_are_sent(
    owner: User, webchat_channel: Channel, receiver: HookReceiver
) -> None:
    _, secret = listen(owner, receiver.at("/hook"), "message.created")
    words = 'Ωmega "quoted" \\ 🎈\nnext line\u2028'
    receive(webchat_channel, said(words))
    send_due()
    [asked] = receiver.posted
    assert is_signed(asked, secret) and (asked.json() or {})["data"]["text"] == words


def test_after_a_failure_the_same_id_goes_out_again(
    owner: User, made: tuple[WebhookEndpoint, str], receiver: HookReceiver
) -> None:
    endpoint, secret = made
    receiver.answer_with(500)
    delivery = ping(owner, endpoint)
    send_due()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("waiting", 1)
    pause = delivery.due_at - timezone.now()
    assert timedelta(seconds=2) < pause < timedelta(seconds=7)
    assert send_due() == 0
    endpoint.refresh_from_db()
    assert endpoint.failing_since is not None
    now_due()
    send_due()
    delivery.refresh_from_db()
    assert [one["status"] for one in delivery.log] == [500, 204]
    assert delivery.state == "delivered"
    first, second = receiver.posted
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == delivery.pk
    assert first.body == second.body and is_signed(second, secret)
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


def test_after_the_last_try_it_is_given_up(
    owner: User, made: tuple[WebhookEndpoint, str], receiver: HookReceiver
) -> None:
    delivery = ping(owner, made[0])
    for _ in range(12):
        receiver.answer_with(500)
        now_due()
        send_due()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, len(receiver.posted)) == ("failed", 10, 10)


def test_a_worker_killed_in_the_middle_of_a_send_loses_nothing(
    owner: User, made: tuple[WebhookEndpoint, str], receiver: HookReceiver
) -> None:
    delivery = ping(owner, made[0])
    assert claim(delivery.pk) is not None  # and nothing more is heard of this worker
    assert send_due() == 0, "its lease keeps others away"
    WebhookDelivery.objects.update(lease_until=database_now(plus=-0.1))
    send_due()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("delivered", 2)
    assert [one["status"] for one in delivery.log] == [None, 204]
    assert "stopped" in delivery.log[0]["problem"]


def test_a_delivery_that_kills_its_worker_each_time_ends(
    owner: User, made: tuple[WebhookEndpoint, str]
) -> None:
    delivery = ping(owner, made[0])
    for _ in range(12):
        claim(delivery.pk)
        WebhookDelivery.objects.update(lease_until=database_now(plus=-0.1))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("failed", 10)


def test_of_many_workers_one_sends(
    owner: User, made: tuple[WebhookEndpoint, str], receiver: HookReceiver
) -> None:
    delivery = ping(owner, made[0])
    for thread in in_threads(*[lambda: send(delivery_id=delivery.pk)] * 8):
        thread.join(20)
    assert len(receiver.posted) == 1


def test_rotating_signs_with_both_secrets_for_a_day(
    owner: User, owner_api: APIClient, made: tuple[WebhookEndpoint, str], receiver: HookReceiver
) -> None:
    endpoint, old = made
    answer = owner_api.post(f"/api/v1/webhooks/{endpoint.pk}/rotate/")
    fresh = answer.json()["secret"]
    assert fresh != old
    ping(owner, endpoint)
    send_due()
    assert is_signed(receiver.posted[0], fresh) and is_signed(receiver.posted[0], old)
    assert receiver.posted[0].headers["webhook-signature"].count("v1,") == 2
    endpoint.refresh_from_db()
    over = endpoint.secrets | {"previous_until": timezone.now().isoformat()}
    WebhookEndpoint.objects.update(secrets=over)
    ping(owner, endpoint)
    send_due()
    assert is_signed(receiver.posted[1], fresh) and not is_signed(receiver.posted[1], old)


def test_send_again_goes_out_at_once_under_the_same_id(
    owner: User, owner_api: APIClient, made: tuple[WebhookEndpoint, str], receiver: HookReceiver
) -> None:
    delivery = ping(owner, made[0])
    send_due()
    again = owner_api.post(f"/api/v1/webhooks/deliveries/{delivery.pk}/resend/")
    assert (again.status_code, again.json()["state"]) == (202, "waiting")
    send_due()
    ids = [asked.headers["webhook-id"] for asked in receiver.posted]
    assert ids == [delivery.pk, delivery.pk]
    delivery.refresh_from_db()
    assert delivery.state == "delivered" and len(delivery.log) == 2


def test_what_is_on_its_way_is_not_sent_again_beside_it(
    owner: User, owner_api: APIClient, made: tuple[WebhookEndpoint, str]
) -> None:
    delivery = ping(owner, made[0])
    claim(delivery.pk)
    again = owner_api.post(f"/api/v1/webhooks/deliveries/{delivery.pk}/resend/")
    assert again.status_code == 409


def test_410_switches_the_endpoint_off_and_the_owner_sees_it(
    owner: User, owner_api: APIClient, made: tuple[WebhookEndpoint, str], receiver: HookReceiver
) -> None:
    endpoint, _ = made
    receiver.answer_with(410)
    ping(owner, endpoint)
    send_due()
    shown = owner_api.get(f"/api/v1/webhooks/{endpoint.pk}/").json()
    assert not shown["is_active"] and "410" in shown["disabled_reason"]
    assert owner_api.post(f"/api/v1/webhooks/{endpoint.pk}/test/").status_code == 409
    on = owner_api.put(f"/api/v1/webhooks/{endpoint.pk}/", {"is_active": True}, format="json")
    assert (on.json()["is_active"], on.json()["disabled_reason"]) == (True, "")
    ping(owner, endpoint)
    send_due()
    assert len(receiver.posted) == 2


def test_five_days_of_failures_switch_it_off_with_what_waits(
    owner: User, made: tuple[WebhookEndpoint, str], receiver: HookReceiver
) -> None:
    endpoint, _ = made
    long_ago = timezone.now() - timedelta(days=5, minutes=1)
    WebhookEndpoint.objects.update(failing_since=long_ago)
    later = ping(owner, endpoint)
    WebhookDelivery.objects.update(due_at=timezone.now() + timedelta(hours=1))
    ping(owner, endpoint)
    receiver.answer_with(500)
    send_due()
    endpoint.refresh_from_db()
    assert not endpoint.is_active and "5 days" in endpoint.disabled_reason
    later.refresh_from_db()
    assert later.state == "failed"


def test_a_redirect_is_a_failure_and_not_followed(
    owner: User, made: tuple[WebhookEndpoint, str], receiver: HookReceiver
) -> None:
    receiver.answer_with(302, f"Location: {receiver.at('/elsewhere')}")
    delivery = ping(owner, made[0])
    send_due()
    delivery.refresh_from_db()
    assert delivery.state == "waiting" and "redirects" in delivery.log[0]["problem"]
    assert [asked.path for asked in receiver.posted] == ["/hook"]


def test_a_429_is_obeyed(
    owner: User, made: tuple[WebhookEndpoint, str], receiver: HookReceiver
) -> None:
    receiver.answer_with(429, "Retry-After: 600")
    delivery = ping(owner, made[0])
    send_due()
    delivery.refresh_from_db()
    assert timedelta(seconds=590) < delivery.due_at - timezone.now() < timedelta(seconds=610)


def test_a_slow_endpoint_gets_few_at_a_time_and_holds_up_no_other(
    owner: User, receiver: HookReceiver
) -> None:
    receiver.slow = {"/slow"}
    slow, _ = listen(owner, receiver.at("/slow"))
    quick, _ = listen(owner, receiver.at("/quick"))
    waiting = [ping(owner, slow) for _ in range(10)]
    threads = in_threads(*[lambda pk=one.pk: send(delivery_id=pk) for one in waiting])
    assert receiver.wait_for(lambda: receiver.in_hand.get("/slow") == 3)
    delivery = ping(owner, quick)
    send(delivery_id=delivery.pk)
    delivery.refresh_from_db()
    assert delivery.state == "delivered"
    assert receiver.in_hand["/slow"] == receiver.most_in_hand["/slow"] == 3
    receiver.let_go()
    for thread in threads:
        thread.join(20)
    sent = WebhookDelivery.objects.filter(endpoint=slow, state="delivered").count()
    assert sent == 10, "who sends one goes on with what waits"


def test_an_address_inside_our_network_is_not_called(
    owner: User, made: tuple[WebhookEndpoint, str], receiver: HookReceiver, settings: Settings
) -> None:
    settings.TRUST_PRIVATE_ENDPOINTS = False
    delivery = ping(owner, made[0])
    send_due()
    delivery.refresh_from_db()
    assert receiver.posted == [] and "not allowed" in delivery.log[0]["problem"]


def test_an_address_that_nobody_answers_at_is_a_failure(
    owner: User, made: tuple[WebhookEndpoint, str], receiver: HookReceiver
) -> None:
    WebhookEndpoint.objects.update(url="http://127.0.0.1:9999/closed")
    delivery = ping(owner, made[0])
    send_due()
    delivery.refresh_from_db()
    assert delivery.state == "waiting" and delivery.log[0]["status"] is None
    assert delivery.log[0]["problem"]


def test_secrets_that_cant_be_read_are_a_failure_that_says_so(
    owner: User, made: tuple[WebhookEndpoint, str], receiver: HookReceiver
) -> None:
    delivery = ping(owner, made[0])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE messaging_webhookendpoint SET secrets = 'gAAAAunreadable'")
    send_due()
    delivery.refresh_from_db()
    assert delivery.state == "waiting" and "FIELD_ENCRYPTION_KEYS" in delivery.log[0]["problem"]


def test_what_waits_for_an_endpoint_that_was_switched_off_is_not_sent(
    owner: User, owner_api: APIClient, made: tuple[WebhookEndpoint, str], receiver: HookReceiver
) -> None:
    delivery = ping(owner, made[0])
    WebhookEndpoint.objects.update(is_active=False)  # as another process would not know yet
    send_due()
    delivery.refresh_from_db()
    assert delivery.state == "failed" and receiver.posted == []
