"""An offer on Telegram, Instagram and Messenger: what is on the wire, a press, and the answer."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.test import Client

from accounts.models import Business, User
from AI_model.models import AnswerVerdict
from AI_model.testing.chats import settle
from AI_model.testing.offers import ANSWERS, UNCLEAR, make_unclear
from messaging.models import Channel, Conversation, Message, OutboundChunk
from messaging.testing.fixtures import (
    APP_SECRET,
    INSTAGRAM_ID,
    META_CUSTOMER,
    PAGE_ID,
)
from messaging.testing.graph_server import GraphServer
from messaging.testing.meta_events import envelope, message, signature
from messaging.testing.telegram_server import TelegramServer
from settings_app.models import KnowledgeEntry

pytestmark = pytest.mark.django_db(transaction=True)
CUSTOMER = {"id": 610022001, "is_bot": False, "first_name": "Ana"}
CHAT = {"id": 610022001, "first_name": "Ana", "type": "private"}
AT = 1795000424


@pytest.fixture
def entries(owner: User, business: Business) -> dict[str, KnowledgeEntry]:
    return make_unclear(business)


Tell = Callable[..., None]


@pytest.fixture
def update(client: Client, telegram_channel: Channel, telegram_api: TelegramServer) -> Tell:
    """Deliver as Telegram does, and let everything due happen."""

    def deliver(number: int, **body: Any) -> None:
        answer = client.post(
            f"/webhooks/telegram/{telegram_channel.pk}/",
            orjson.dumps({"update_id": number, **body}),
            content_type="application/json",
            headers={"X-Telegram-Bot-Api-Secret-Token": "hook-secret"},
        )
        assert answer.json()["status"] == "stored"
        settle()

    return deliver


def said(number: int, text: str) -> dict[str, Any]:
    words = {"message_id": number, "from": CUSTOMER, "chat": CHAT, "date": AT, "text": text}
    return {"message": words}


def press(offer: Any, row: int) -> dict[str, Any]:
    """What Telegram sends when the button of this row is pressed."""
    keyboard = orjson.loads(offer.fields["reply_markup"])
    bot = {"id": 7, "is_bot": True, "first_name": "Bot"}
    shown = {"message_id": offer.message_id, "from": bot, "chat": CHAT, "date": AT}
    shown |= {"text": offer.fields["text"], "reply_markup": keyboard}
    data = keyboard["inline_keyboard"][row][0]["callback_data"]
    query = {"id": f"90{row}", "from": CUSTOMER, "chat_instance": "1", "message": shown}
    return {"callback_query": {**query, "data": data}}


def test_telegram_shows_a_keyboard_and_a_press_is_answered(
    update: Tell, telegram_api: TelegramServer, entries: dict[str, KnowledgeEntry]
) -> None:
    update(1, **said(1, UNCLEAR))
    [offer] = telegram_api.sent()
    assert offer.fields["text"] == "Did you mean one of these?"
    rows = orjson.loads(offer.fields["reply_markup"])["inline_keyboard"]
    assert [len(row) for row in rows] == [1, 1, 1, 1]
    assert {row[0]["text"] for row in rows} == {*ANSWERS, "None of these"}
    assert all(len(row[0]["callback_data"].encode()) <= 64 for row in rows)

    update(2, **press(offer, 1))
    assert telegram_api.texts()[-1] == ANSWERS[rows[1][0]["text"]]
    assert "reply_markup" not in telegram_api.sent()[-1].fields
    assert AnswerVerdict.objects.get().right is True


def test_a_long_title_is_cut_on_the_button_and_whole_in_the_text(
    update: Tell, telegram_api: TelegramServer, entries: dict[str, KnowledgeEntry]
) -> None:
    entry = entries["What does delivery cost?"]
    entry.question = (
        "What does delivery cost when I order several things at once and live far away?"
    )
    entry.save()
    update(1, **said(1, UNCLEAR))
    [offer] = telegram_api.sent()
    assert entry.question in offer.fields["text"]
    rows = orjson.loads(offer.fields["reply_markup"])["inline_keyboard"]
    row = next(n for n, row in enumerate(rows) if row[0]["callback_data"] == f"offer:{entry.pk}")
    assert rows[row][0]["text"].startswith(f"{row + 1}. What does delivery cost")
    assert len(rows[row][0]["text"]) <= 40

    update(2, **press(offer, row))
    assert telegram_api.texts()[-1] == entry.answer
    shown = Message.objects.filter(type="customer").latest("seq")
    assert shown.text == entry.question, "the thread shows the whole title"


def test_none_of_these_on_telegram_goes_to_people(
    update: Tell, telegram_api: TelegramServer, entries: dict[str, KnowledgeEntry]
) -> None:
    update(1, **said(1, UNCLEAR))
    update(2, **press(telegram_api.sent()[0], 3))
    assert Conversation.objects.get().handover_reason == "no_support"


PLACES = {"instagram": INSTAGRAM_ID, "messenger": PAGE_ID}


@pytest.fixture(params=["instagram", "messenger"])
def meta(request: pytest.FixtureRequest, graph_server: GraphServer) -> tuple[str, Tell]:
    """The kind of channel, and how its events are delivered."""
    kind = request.param
    request.getfixturevalue(f"{kind}_channel")
    client = Client()

    def deliver(mid: str, text: str, at: int = AT * 1000, **more: Any) -> None:
        places = {"customer": META_CUSTOMER, "account": PLACES[kind]}
        event = message(mid, text, at, **places, **more)
        raw = orjson.dumps(envelope([event], kind, account=PLACES[kind]))
        headers = {"X-Hub-Signature-256": signature(raw, APP_SECRET)}
        answer = client.post(
            f"/webhooks/{kind}/", raw, content_type="application/json", headers=headers
        )
        assert answer.status_code == 200
        settle()

    return kind, deliver


def offers_of(server: GraphServer) -> list[Any]:
    sent = [call for call in server.calls if call.edge == "messages" and call.text]
    return [call for call in sent if "quick_replies" in call.fields["message"]]


def test_meta_shows_quick_replies_and_a_press_is_answered(
    entries: dict[str, KnowledgeEntry], meta: tuple[str, Tell], graph_server: GraphServer
) -> None:
    _, deliver = meta
    deliver("m_1", UNCLEAR)
    [offer] = offers_of(graph_server)
    replies = offer.fields["message"]["quick_replies"]
    assert offer.text.startswith("Did you mean one of these?\n\n1. ")
    assert all(title in offer.text for title in ANSWERS)
    assert [reply["content_type"] for reply in replies] == ["text"] * 4
    assert all(len(reply["title"]) <= 20 for reply in replies)

    chosen = {"payload": replies[0]["payload"]}
    deliver("m_2", replies[0]["title"], quick_reply=chosen)
    entry = KnowledgeEntry.objects.get(pk=chosen["payload"].removeprefix("offer:"))
    assert [call.text for call in graph_server.calls if call.text][-1] == entry.answer
    assert AnswerVerdict.objects.get().entry_id == entry.pk


def test_the_echo_of_an_offer_is_known_as_ours(
    entries: dict[str, KnowledgeEntry], meta: tuple[str, Tell], graph_server: GraphServer
) -> None:
    """Also where the answer to the send got lost, and only the words tell."""
    _, deliver = meta
    graph_server.plan("gateway_but_taken", times=-1)
    deliver("m_1", UNCLEAR)
    [offer] = offers_of(graph_server)
    assert OutboundChunk.objects.get().state == "uncertain"

    event_at = OutboundChunk.objects.get().begun_at
    assert event_at is not None
    deliver("m_echo", offer.text, ours=True, at=int(event_at.timestamp() * 1000))
    assert OutboundChunk.objects.get().state == "sent"
    assert Conversation.objects.get().status == "active", "nobody took over"
    assert not Message.objects.filter(type="support").exists()
