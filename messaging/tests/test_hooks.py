"""Webhooks from the owner's side: who may, what is shown, and what happens when."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from rest_framework.test import APIClient

from accounts.models import ApiKey, SettingChange, User
from accounts.services.keys import make_key
from core.lib.scopes import SCOPES
from messaging.hooks.interest import LIFE, STALE, Interest, wanting
from messaging.hooks.services import (
    change_endpoint,
    delete_endpoint,
    delete_old_deliveries,
    send_test,
)
from messaging.models import Channel, Conversation, Message, WebhookDelivery, WebhookEndpoint
from messaging.services.conversations import (
    close_conversation,
    send_support_message,
    take_over,
)
from messaging.services.doctor import examine_channel
from messaging.services.tokens import mark_ended
from messaging.testing.hooks import listen, told
from messaging.tests.test_receive import receive, said
from messaging.types import EventKind

pytestmark = pytest.mark.django_db
URL = "http://127.0.0.1:8099/hook"


@pytest.fixture(autouse=True)
def trusted(settings: Settings) -> None:
    settings.TRUST_PRIVATE_ENDPOINTS = True


def names(endpoint: WebhookEndpoint) -> list[str]:
    return [event for event, _ in told(endpoint)]


def test_an_owner_makes_changes_and_deletes_a_webhook(owner_api: APIClient) -> None:
    body = {"url": URL, "description": "Shop", "events": ["message.created"]}
    made = owner_api.post("/api/v1/webhooks/", body, format="json")
    assert made.status_code == 201 and made.json()["secret"].startswith("whsec_")
    path = f"/api/v1/webhooks/{made.json()['id']}/"
    changed = owner_api.put(path, {"events": []}, format="json")
    assert (changed.json()["events"], changed.json()["description"]) == ([], "Shop")
    assert owner_api.get("/api/v1/webhooks/").json()["count"] == 1
    assert owner_api.delete(path).status_code == 204
    assert owner_api.get(path).status_code == 404
    assert owner_api.get("/api/v1/webhooks/").json()["count"] == 0


def test_the_secret_is_shown_when_made_and_nowhere_else(
    owner: User, owner_api: APIClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = owner_api.post("/api/v1/webhooks/", {"url": URL}, format="json").json()
    secret, path = made["secret"], f"/api/v1/webhooks/{made['id']}/"
    owner_api.post(path + "test/")
    shown = [owner_api.get(end).content.decode() for end in (path, path + "deliveries/")]
    shown.append(owner_api.get("/api/v1/webhooks/").content.decode())
    shown.append(owner_api.put(path, {"description": "x"}, format="json").content.decode())
    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM messaging_webhookendpoint")
        shown.append(str(cursor.fetchall()))
    shown.append(str(list(SettingChange.objects.values())))
    assert not [text for text in [*shown, caplog.text] if secret in text or secret[6:] in text]


def test_agents_and_api_keys_do_not_manage_webhooks(
    owner: User, agent_api: APIClient, owner_api: APIClient
) -> None:
    endpoint, _ = listen(owner, URL)
    path = f"/api/v1/webhooks/{endpoint.pk}/"
    _, secret = make_key(user=owner, name="Script", scopes=list(SCOPES))
    script = APIClient()
    script.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    for method, where in [
        ("get", "/api/v1/webhooks/"),
        ("post", "/api/v1/webhooks/"),
        ("get", path),
        ("put", path),
        ("delete", path),
        ("post", path + "rotate/"),
    ]:
        for client in (agent_api, script):
            assert getattr(client, method)(where, {}, format="json").status_code == 403
    assert script.get(path + "deliveries/").status_code == 200
    assert script.post(path + "test/").status_code == 202
    ApiKey.objects.update(scopes=["conversations:read"])
    assert script.get(path + "deliveries/").status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": "https://example.com:22/"}, "url"),
        ({"url": "ftp://example.com/"}, "url"),
        ({"url": "https://user:pass@example.com/"}, "url"),
        ({"url": "https://169.254.169.254/"}, "url"),
        ({"url": URL, "events": ["message.read"]}, "events"),
        ({"url": URL, "secret": "whsec_mine"}, "secret"),
    ],
)
def test_a_webhook_that_makes_no_sense_is_refused(
    owner_api: APIClient, body: dict[str, Any], field: str
) -> None:
    answer = owner_api.post("/api/v1/webhooks/", body, format="json")
    assert answer.status_code == 400 and field in answer.json()["fields"]
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize(
    "url", [URL, "http://example.com/", "https://127.0.0.1/", "https://[::1]/"]
)
def test_addresses_must_be_public_and_encrypted_unless_the_operator_trusts_others(
    owner_api: APIClient, settings: Settings, url: str
) -> None:
    settings.TRUST_PRIVATE_ENDPOINTS = False
    answer = owner_api.post("/api/v1/webhooks/", {"url": url}, format="json")
    assert answer.status_code == 400 and answer.json()["fields"]["url"]


def test_a_conversations_life_is_told_in_order(
    owner: User, agent: User, webchat_channel: Channel
) -> None:
    endpoint, _ = listen(owner, URL)
    receive(webchat_channel, said("Hello"))
    assert names(endpoint) == ["conversation.opened", "message.created", "conversation.changed"]
    WebhookDelivery.objects.all().delete()
    conversation = Conversation.objects.get()
    close_conversation(conversation=conversation, user=agent)
    assert names(endpoint)[0] == "conversation.closed"
    assert told(endpoint)[0][1]["status"] == "closed"
    WebhookDelivery.objects.all().delete()
    receive(webchat_channel, said("Me again", "2"))
    assert names(endpoint)[0] == "conversation.reopened"
    assert "conversation.opened" not in names(endpoint)


def test_a_takeover_is_a_change_and_no_hand_over(
    owner: User, agent: User, webchat_channel: Channel
) -> None:
    receive(webchat_channel, said("Hello"))
    endpoint, _ = listen(owner, URL)
    take_over(conversation=Conversation.objects.get(), user=agent)
    assert set(names(endpoint)) == {"message.created", "conversation.changed"}


def test_an_endpoint_hears_only_what_it_wants_and_data_is_as_the_api_shows_it(
    owner: User, agent: User, agent_api: APIClient, webchat_channel: Channel
) -> None:
    receive(webchat_channel, said("Hello"))
    messages, _ = listen(owner, URL, "message.created")
    changes, _ = listen(owner, URL, "conversation.changed", "channel.dead")
    conversation = Conversation.objects.get()
    message = send_support_message(conversation=conversation, user=agent, text="Hi there")
    [(event, data)] = told(messages)
    assert event == "message.created"
    assert data == agent_api.get(f"/api/v1/messages/{message.pk}/").json()
    assert set(names(changes)) == {"conversation.changed"}
    shown = agent_api.get("/api/v1/conversations/").json()["results"][0]
    assert told(changes)[-1][1] == shown


def test_another_business_hears_nothing(
    owner: User, other_owner: User, webchat_channel: Channel
) -> None:
    endpoint, _ = listen(other_owner, URL)
    receive(webchat_channel, said("Hello"))
    assert told(endpoint) == []


def test_what_did_not_happen_is_not_told(owner: User, webchat_channel: Channel) -> None:
    endpoint, _ = listen(owner, URL)
    with pytest.raises(RuntimeError), transaction.atomic():
        receive(webchat_channel, said("Hello"))
        raise RuntimeError
    assert told(endpoint) == []


def test_a_channel_that_dies_is_told_once_without_secrets(
    owner: User, telegram_channel: Channel, instagram_channel: Channel
) -> None:
    endpoint, _ = listen(owner, URL, "channel.dead")
    Channel.objects.filter(pk=instagram_channel.pk).update(token_expires_at=timezone.now())
    assert mark_ended() == 1 and mark_ended() == 0
    [(_, data)] = told(endpoint)
    assert (data["id"], data["health"]) == (instagram_channel.pk, "dead")
    assert "token has ended" in data["health_detail"]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_channel SET secrets = 'gAAAAx' WHERE id = %s", [telegram_channel.pk]
        )
    for _ in range(2):
        channel = Channel.objects.defer("secrets").get(pk=telegram_channel.pk)
        examine_channel(channel=channel)
    assert [data["id"] for _, data in told(endpoint)] == [instagram_channel.pk, telegram_channel.pk]


def test_words_that_were_taken_back_are_gone_from_what_was_told(
    owner: User, telegram_channel: Channel
) -> None:
    endpoint, _ = listen(owner, URL)
    receive(telegram_channel, said("My card is 4111 1111"), said("And hello", "2"))
    taken_back = said("", "3", kind=EventKind.REDACTED, external_id="1")
    receive(telegram_channel, taken_back)
    assert Message.objects.get(external_id="1").redacted_at is not None
    assert not WebhookDelivery.objects.filter(body__contains="4111 1111").exists()
    assert WebhookDelivery.objects.filter(body__contains="And hello").exists()
    assert names(endpoint).count("message.created") == 2


def test_a_business_without_webhooks_pays_nothing(
    owner: User, other_owner: User, webchat_channel: Channel
) -> None:
    def statements(key: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            receive(webchat_channel, said("Hello", key))
        return len(captured)

    receive(webchat_channel, said("First", "0"))
    without = statements("1")
    listen(other_owner, URL)
    wanting(webchat_channel.business_id, "message.created")
    assert statements("2") == without
    listen(owner, URL, "message.created")
    wanting(webchat_channel.business_id, "message.created")
    assert statements("3") == without + 1


def test_how_old_the_knowledge_of_endpoints_may_be(
    owner: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    """What another process changes: the row is there, and nobody told this process."""
    at, business_id = [1000.0], owner.business_id or ""
    known = Interest(clock=lambda: at[0])

    def listening() -> int:
        with django_capture_on_commit_callbacks(execute=True):
            return sum(one.listens for one in known.listeners(business_id))

    assert listening() == 0
    WebhookEndpoint.objects.bulk_create([WebhookEndpoint(business_id=business_id, url=URL)])
    at[0] += LIFE - 1
    assert listening() == 0
    at[0] += 2
    assert listening() == 0, "in time for the next one: no transaction grows by a statement"
    assert listening() == 1
    WebhookEndpoint.objects.update(is_active=False)
    at[0] += STALE + 1
    assert listening() == 0, "an idle process looks first"


def test_a_test_is_sent_whatever_the_endpoint_wants(owner: User, owner_api: APIClient) -> None:
    endpoint, _ = listen(owner, URL, "channel.dead")
    answer = owner_api.post(f"/api/v1/webhooks/{endpoint.pk}/test/")
    assert (answer.status_code, answer.json()["event"]) == (202, "test.ping")
    assert names(endpoint) == ["test.ping"]


def test_the_log_is_filtered_by_state_and_event_and_shows_no_words(
    owner: User, owner_api: APIClient, webchat_channel: Channel
) -> None:
    endpoint, _ = listen(owner, URL, "message.created")
    receive(webchat_channel, said("Secret words"))
    send_test(user=owner, endpoint=endpoint)
    WebhookDelivery.objects.filter(event="test.ping").update(state="failed")
    path = f"/api/v1/webhooks/{endpoint.pk}/deliveries/"
    whole = owner_api.get(path)
    assert whole.json()["count"] == 2 and b"Secret words" not in whole.content
    for query, event in [
        ("state=failed", "test.ping"),
        ("event=message.created", "message.created"),
    ]:
        [one] = owner_api.get(f"{path}?{query}").json()["results"]
        assert one["event"] == event
    assert owner_api.get(f"{path}?state=lost").status_code == 400


def test_changes_of_webhooks_are_logged(owner: User) -> None:
    endpoint, _ = listen(owner, URL)
    change_endpoint(user=owner, endpoint=endpoint, description="Shop", via="page")
    delete_endpoint(user=owner, endpoint=endpoint)
    changes = SettingChange.objects.filter(subject="webhook", subject_id=endpoint.pk)
    assert set(changes.values_list("field", "via")) >= {
        ("url", "api"),
        ("description", "page"),
        ("deleted", "api"),
    }


def test_old_deliveries_and_deleted_endpoints_go(owner: User) -> None:
    endpoint, _ = listen(owner, URL)
    deleted, _ = listen(owner, URL)
    for one in (endpoint, endpoint, deleted):
        send_test(user=owner, endpoint=one)
    delete_endpoint(user=owner, endpoint=deleted)
    oldest = WebhookDelivery.objects.filter(endpoint=endpoint)[:1].get()
    month = timezone.now() - timedelta(days=30, minutes=1)
    WebhookDelivery.objects.filter(pk=oldest.pk).update(created_at=month)
    assert delete_old_deliveries() == 1
    WebhookEndpoint.objects.filter(pk=deleted.pk).update(
        deleted_at=timezone.now() - timedelta(hours=2)
    )
    assert delete_old_deliveries() == 2
    assert WebhookDelivery.objects.get().endpoint_id == WebhookEndpoint.objects.get().pk


def test_a_business_has_a_bounded_number_of_webhooks(owner: User, owner_api: APIClient) -> None:
    for _ in range(20):
        listen(owner, URL)
    assert owner_api.post("/api/v1/webhooks/", {"url": URL}, format="json").status_code == 409


def test_the_owner_reads_in_the_inbox_why_a_webhook_was_switched_off(
    owner: User, agent: User, client: Client
) -> None:
    endpoint, _ = listen(owner, URL)
    endpoint.is_active, endpoint.disabled_reason = False, "The address answered 410 Gone."
    endpoint.save()
    for user, seen in ((owner, True), (agent, False)):
        client.force_login(user, backend="accounts.backends.UsernameOrEmailBackend")
        assert ("410 Gone" in client.get("/inbox/").content.decode()) is seen


def form(**fields: Any) -> dict[str, Any]:
    return {"url": URL, "description": "Shop", "is_active": "on", **fields}


@pytest.fixture
def pages(client: Client, owner: User) -> Client:
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    return client


def test_the_admin_shows_a_new_secret_once(pages: Client, settings: Settings) -> None:
    where = "/admin/messaging/webhookendpoint/"
    made = pages.post(f"{where}add/", form(events=["test.ping"]))
    endpoint = WebhookEndpoint.objects.get()
    secret = endpoint.secrets["current"]
    assert made.status_code == 200 and "no-store" in made.headers["Cache-Control"]
    assert escape(secret) in made.content.decode()
    assert not [morsel for morsel in pages.cookies.values() if secret in morsel.value]
    assert secret not in pages.get(f"{where}{endpoint.pk}/change/").content.decode()
    rotated = pages.post(where, {"action": "rotate", "_selected_action": [endpoint.pk]})
    endpoint.refresh_from_db()
    assert escape(endpoint.secrets["current"]) in rotated.content.decode()
    assert endpoint.secrets["current"] != secret == endpoint.secrets["previous"]


def test_the_admin_checks_addresses_and_changes_and_deletes(
    pages: Client, settings: Settings
) -> None:
    where = "/admin/messaging/webhookendpoint/"
    pages.post(f"{where}add/", form())
    endpoint = WebhookEndpoint.objects.get()
    settings.TRUST_PRIVATE_ENDPOINTS = False
    refused = pages.post(f"{where}add/", form(url="https://10.0.0.8/"))
    assert b"not allowed" in refused.content and WebhookEndpoint.objects.count() == 1
    changed = pages.post(f"{where}{endpoint.pk}/change/", form(is_active="", description="Off"))
    endpoint.refresh_from_db()
    assert (changed.status_code, endpoint.is_active, endpoint.description) == (302, False, "Off")
    assert SettingChange.objects.filter(field="is_active", via="page", after=False).exists()
    WebhookDelivery.objects.create(business=endpoint.business, endpoint=endpoint, event="x")
    assert endpoint.pk in pages.get(where).content.decode()
    pages.post(f"{where}{endpoint.pk}/delete/", {"post": "yes"})
    endpoint.refresh_from_db()
    assert endpoint.deleted_at is not None
    pages.get(where)  # with what the page before had to say
    assert endpoint.pk not in pages.get(where).content.decode()


def test_the_admin_sends_again(pages: Client, owner: User) -> None:
    endpoint, _ = listen(owner, URL)
    delivery = send_test(user=owner, endpoint=endpoint)
    WebhookDelivery.objects.update(state="failed", attempts=10)
    where = "/admin/messaging/webhookdelivery/"
    pages.post(where, {"action": "send_again", "_selected_action": [delivery.pk]})
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("waiting", 0)
    assert delivery.pk in pages.get(f"{where}{delivery.pk}/change/").content.decode()
