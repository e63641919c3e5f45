"""What a visitor of the web chat can do over HTTP."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Business, User
from messaging.models import Channel, Conversation, Message
from messaging.services.conversations import assign_conversation, take_over
from messaging.webchat.tokens import issue_token
from settings_app.models import Holiday

pytestmark = pytest.mark.django_db

FOREIGN = {"Origin": "https://shop.example"}


class Visitor:
    """A page that runs the widget."""

    def __init__(self, channel: Channel, token: str = "") -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.address = f"/widget/{channel.id}"
        self.token = token or self.client.post(f"{self.address}/visitors/").json()["token"]

    def headers(self, more: dict[str, str] | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", **(more or {})}

    def write(
        self, text: Any = "Hello", client_key: Any = "k1", more: dict[str, str] | None = None
    ) -> Any:
        return self.client.post(
            f"{self.address}/messages/",
            {"text": text, "client_key": client_key},
            content_type="application/json",
            headers=self.headers(more),
        )

    def read(self, after: Any = 0, more: dict[str, str] | None = None) -> Any:
        return self.client.get(
            f"{self.address}/messages/", {"after": after}, headers=self.headers(more)
        )


@pytest.fixture
def visitor(webchat_channel: Channel) -> Visitor:
    return Visitor(webchat_channel)


def say(conversation: Conversation, text: str, **fields: Any) -> Message:
    """A message of ours in a given state of delivery."""
    Conversation.objects.filter(pk=conversation.pk).update(revision=conversation.revision + 1)
    conversation.refresh_from_db()
    place = {"seq": conversation.revision, "revision": conversation.revision}
    return Message.objects.create(
        business_id=conversation.business_id,
        conversation=conversation,
        text=text,
        **place | fields,
    )


def test_a_visitor_writes_and_reads_it_again_after_a_reload(visitor: Visitor) -> None:
    answer = visitor.write("  Is it open?\r\n", "key-1")
    assert answer.status_code == 201
    page = visitor.read().json()
    assert [message["text"] for message in page["messages"]] == ["Is it open?"]
    assert page["messages"][0]["client_key"] == "key-1"
    assert answer.json()["message"] == page["messages"][0]
    assert page["is_open"] is True


def test_the_same_key_is_stored_once_and_answered_alike(visitor: Visitor) -> None:
    first, second = visitor.write("Hello", "same"), visitor.write("Hello", "same")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert Message.objects.filter(type="customer").count() == 1


def test_two_visitors_with_the_same_key_are_two(webchat_channel: Channel) -> None:
    one, other = Visitor(webchat_channel), Visitor(webchat_channel)
    assert one.write("mine", "k").status_code == other.write("theirs", "k").status_code == 201
    assert [message["text"] for message in one.read().json()["messages"]] == ["mine"]


def test_a_visitor_sees_what_was_sent_and_neither_notes_nor_what_waits(visitor: Visitor) -> None:
    visitor.write()
    conversation = Conversation.objects.get()
    say(
        conversation,
        "answer",
        type="AI",
        delivery="sent",
        citations=[{"entry_id": "e1", "title": "Opening hours", "score": 0.9}],
    )
    say(conversation, "waiting", type="AI", delivery="queued")
    say(conversation, "broken", type="support", delivery="failed", failure={"code": "x"})
    say(conversation, "by a person", type="support", delivery="sent")
    say(conversation, "Ola took over", type="system")
    messages = visitor.read().json()["messages"]
    assert [message["text"] for message in messages] == ["Hello", "answer", "by a person"]
    assert messages[1]["sources"] == ["Opening hours"]
    assert "e1" not in str(messages)


def test_a_message_that_is_sent_later_comes_after_the_cursor(visitor: Visitor) -> None:
    visitor.write()
    conversation = Conversation.objects.get()
    answer = say(conversation, "answer", type="AI", delivery="queued")
    cursor = visitor.read().json()["cursor"]
    Conversation.objects.filter(pk=conversation.pk).update(revision=cursor + 1)
    Message.objects.filter(pk=answer.pk).update(delivery="sent", revision=cursor + 1)
    page = visitor.read(cursor).json()
    assert [message["text"] for message in page["messages"]] == ["answer"]
    assert visitor.read(page["cursor"]).json()["messages"] == []


def test_a_long_gap_is_read_page_by_page_without_a_loss(visitor: Visitor) -> None:
    visitor.write()
    conversation = Conversation.objects.get()
    for number in range(120):
        say(conversation, str(number), type="AI", delivery="sent")
    seen: list[str] = []
    cursor = 1
    while page := visitor.read(cursor).json():
        seen += [message["text"] for message in page["messages"]]
        if not page["messages"]:
            break
        cursor = page["cursor"]
    assert seen == [str(number) for number in range(120)]


def test_a_visitor_learns_who_answers(visitor: Visitor, agent: User) -> None:
    visitor.write()
    conversation = Conversation.objects.get()
    states = []
    for status in ("active", "support_active", "closed"):
        Conversation.objects.filter(pk=conversation.pk).update(status=status)
        states.append(visitor.read().json()["conversation"]["handled_by"])
    take_over(conversation=conversation, user=agent)
    states.append(visitor.read().json()["conversation"]["handled_by"])
    assign_conversation(conversation=conversation, user=agent, assignee=None)
    states.append(visitor.read().json()["conversation"]["handled_by"])
    assert states == ["assistant", "waiting", "closed", "person", "waiting"]
    assert agent.username not in visitor.read().content.decode()


@pytest.mark.parametrize("text", ["", "   ", "\0", None, 5, ["x"], {"a": 1}])
def test_nothing_to_send_is_refused_in_plain_words(visitor: Visitor, text: Any) -> None:
    answer = visitor.write(text)
    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert not Message.objects.exists()


def test_four_thousand_characters_fit_and_one_more_does_not(visitor: Visitor) -> None:
    assert visitor.write("ä" * 4000, "a").status_code == 201
    refused = visitor.write("ä" * 4001, "b")
    assert (refused.status_code, refused.json()["code"]) == (400, "too_long")
    assert "4000" in refused.json()["detail"]


@pytest.mark.parametrize("key", ["", "x" * 65, "a b", "a/b", None, 7, "é"])
def test_a_bad_client_key_is_refused(visitor: Visitor, key: Any) -> None:
    assert visitor.write("Hello", key).status_code == 400


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "9" * 30, "0" * 18 + "9" * 9, "٣", "1\0"])
def test_a_bad_cursor_is_refused(visitor: Visitor, after: str) -> None:
    assert visitor.read(after).status_code == 400


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"text": NaN}', b"[" * 900])
def test_a_body_that_is_no_json_object_is_refused(visitor: Visitor, body: bytes) -> None:
    answer = visitor.client.post(
        f"{visitor.address}/messages/",
        body,
        content_type="application/json",
        headers=visitor.headers(),
    )
    assert answer.status_code == 400


def test_a_token_of_another_channel_or_none_is_refused(
    webchat_channel: Channel, visitor: Visitor
) -> None:
    for token in (issue_token("another"), "nonsense", "ü", "x" * 900):
        assert Visitor(webchat_channel, token).read().status_code == 401
        assert Visitor(webchat_channel, token).write().status_code == 401
    assert not Message.objects.exists()


def test_only_an_active_web_chat_is_found(
    telegram_channel: Channel, webchat_channel: Channel, client: Client
) -> None:
    webchat_channel.is_active = False
    webchat_channel.save()
    for name in (telegram_channel.id, webchat_channel.id, "nothing", "a%00b"):
        assert client.post(f"/widget/{name}/visitors/").status_code == 404
        assert client.get(f"/widget/{name}/widget.js").status_code == 404


def test_the_twenty_first_message_of_a_minute_has_to_wait(visitor: Visitor) -> None:
    for number in range(20):
        assert visitor.write("Hello", f"k{number}").status_code == 201
    refused = visitor.write("Hello", "k20")
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert refused["Access-Control-Allow-Origin"] == "*"


def test_one_address_does_not_write_for_many_visitors_at_once(webchat_channel: Channel) -> None:
    codes = [Visitor(webchat_channel).write().status_code for _ in range(61)]
    assert codes == [201] * 60 + [429]


def test_any_page_may_ask_and_no_cookie_is_used_or_set(visitor: Visitor) -> None:
    preflight = visitor.client.options(f"{visitor.address}/messages/", headers=FOREIGN)
    assert preflight.status_code == 204
    assert preflight["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in preflight["Access-Control-Allow-Headers"]
    answer = visitor.write(more=FOREIGN)
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer
    assert not answer.cookies


def test_a_listed_page_may_ask_and_another_may_not(
    webchat_channel: Channel, visitor: Visitor
) -> None:
    webchat_channel.settings = {"allowed_origins": ["https://shop.example/"]}
    webchat_channel.save()
    answer = visitor.write(more=FOREIGN)
    assert answer.status_code == 201
    assert answer["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Origin" in answer["Vary"]
    refused = visitor.write("Hello", "k2", {"Origin": "https://evil.example"})
    assert refused.status_code == 403
    assert "Access-Control-Allow-Origin" not in refused
    assert Message.objects.count() == 1
    assert visitor.read(more={"Origin": "http://127.0.0.1:8000"}).status_code == 200


def test_a_visitor_is_told_that_nobody_is_in(visitor: Visitor, business: Business) -> None:
    assert visitor.read().json()["is_open"] is True
    Holiday.objects.create(business=business, date=timezone.now().date())
    assert visitor.read().json()["is_open"] is False
