"""Messenger and Instagram from the command that connects them to the echo of an answer."""

import json
import time
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import User
from messaging.adapters.meta import PAGE_FIELDS
from messaging.models import Channel, Conversation, Message
from messaging.services.conversations import send_support_message
from messaging.services.delivery import deliver as send_queued
from messaging.testing.fixtures import (
    APP_SECRET,
    INSTAGRAM_ID,
    INSTAGRAM_TOKEN,
    META_CUSTOMER,
    PAGE_ID,
    PAGE_TOKEN,
)
from messaging.testing.graph_server import GraphServer
from messaging.testing.meta_events import envelope, message
from messaging.tests.meta_posts import deliver

pytestmark = pytest.mark.django_db

# Kind, options of the command, the account that deliveries name, how its customers are marked.
WAYS = {
    "messenger": ("messenger", ["--account-id", PAGE_ID, "--token", PAGE_TOKEN], PAGE_ID, ""),
    "instagram": (
        *("instagram", ["--account-id", INSTAGRAM_ID, "--token", INSTAGRAM_TOKEN]),
        *(INSTAGRAM_ID, ""),
    ),
    "instagram_by_facebook": (
        "instagram",
        [
            *("--account-id", INSTAGRAM_ID, "--token", PAGE_TOKEN),
            *("--flavour", "facebook_login", "--page-id", PAGE_ID),
        ],
        INSTAGRAM_ID,
        "instagram",
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_it_works_from_connecting_to_the_echo(
    way: str, owner: User, graph_server: GraphServer
) -> None:
    kind, options, account, customers = WAYS[way]
    graph_server.heard_from(META_CUSTOMER, kind=customers)
    printed = StringIO()
    call_command("connect_channel", kind, "--user", owner.username, *options, stdout=printed)
    channel = Channel.objects.get()
    assert json.loads(printed.getvalue()) == {
        "channel_id": channel.pk,
        "webhook_path": f"/webhooks/{kind}/",
    }
    assert (channel.external_id, channel.health) == (account, "ok")
    token = channel.secrets["token"]
    assert set(graph_server.accounts[token].subscribed) & set(PAGE_FIELDS) >= {"messages"}

    def told(body: Any) -> str:
        answer = deliver(body, kind=kind, secret=APP_SECRET)
        assert answer.status_code == 200
        return str(answer.json()["status"])

    now = int(time.time() * 1000)
    said = envelope([message("m_in", "Is it open?", now, customer=META_CUSTOMER)], kind)
    said["entry"][0]["id"] = said["entry"][0]["messaging"][0]["recipient"]["id"] = account
    assert told(said) == "stored"

    conversation = Conversation.objects.get()
    assert (conversation.channel_id, conversation.external_id) == (channel.pk, META_CUSTOMER)
    send_support_message(conversation=conversation, user=owner, text="Until six.")
    send_queued(conversation_id=conversation.pk)
    assert graph_server.texts(META_CUSTOMER) == ["Until six."]

    (sent,) = graph_server.sent()
    told(graph_server.echo_of(sent))
    shown = Message.objects.exclude(type="system").order_by("created_at")
    assert [(m.type, m.text, m.delivery) for m in shown] == [
        ("customer", "Is it open?", None),
        ("support", "Until six.", "sent"),
    ]
    assert not any(call.token_in_address for call in graph_server.calls)
