"""What a business no longer keeps is deleted, and nothing that somebody waits for."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Business, SettingChange, User
from AI_model.maintenance import clean_up_sessions, generate_analytics
from AI_model.models import AIRun, ChatSession, UsageDay, UsageRecord
from AI_model.services.sessions import sync_sessions
from AI_model.testing.chats import Chat, settle
from messaging.media.store import place_of, write_file
from messaging.models import (
    Channel,
    Conversation,
    Customer,
    InboundEvent,
    MediaFile,
    Message,
    StatusChange,
    WebhookDelivery,
    WebhookEndpoint,
)
from messaging.services.receive import quarantine_payload, receive_events
from messaging.types import EventKind, InboundMessage
from settings_app.models import Retention

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/api/v1/ai/retention/"
QUESTION = "Do you ship to Norway?"
TIMES = {
    Message: ["created_at"],
    MediaFile: ["created_at"],
    StatusChange: ["at"],
    InboundEvent: ["received_at"],
    WebhookDelivery: ["created_at"],
    Customer: ["created_at"],
    AIRun: ["started_at"],
    UsageRecord: ["created_at"],
    ChatSession: ["last_activity_at"],
    Conversation: [
        *("created_at", "updated_at", "last_customer_at", "last_person_at"),
        "first_unanswered_at",
    ],
}


class Visitor(Chat):
    """A customer with a thread of their own."""

    def __init__(self, channel: Channel, key: str) -> None:
        super().__init__(channel)
        self.key = key

    def write(self, text: str, *args: Any, **options: Any) -> None:
        self.count += 1
        event = InboundMessage(
            kind=EventKind.MESSAGE,
            dedupe_key=f"{self.key} {self.count}",
            conversation_key=self.key,
            customer_key=self.key,
            text=text,
        )
        receive_events(channel=self.channel, events=[event], raw=text.encode())

    @property
    def conversation(self) -> Conversation:
        return Conversation.objects.get(external_id=self.key)

    def messages(self) -> int:
        return Message.objects.filter(conversation__external_id=self.key).count()


def let_pass(days: int) -> None:
    for model, names in TIMES.items():
        earlier = {name: F(name) - timedelta(days=days) for name in names}
        model._default_manager.update(**earlier)


def keep(client: APIClient, **days: int | None) -> None:
    answer = client.put(URL, days, format="json")
    assert answer.status_code == 200, answer.content


def run(capsys: pytest.CaptureFixture[str], **options: Any) -> dict[str, int]:
    capsys.readouterr()
    call_command("apply_retention", json=True, **options)
    [facts] = json.loads(capsys.readouterr().out)["businesses"]
    rows: dict[str, int] = {name: count for name, count in facts["rows"].items() if count}
    return rows


@pytest.fixture
def visitors(
    chat: Chat, webchat_channel: Channel, owner_api: APIClient, business: Business
) -> dict[str, Visitor]:
    """A thread that is over, one that waits for people, and one that will go on."""
    made = {key: Visitor(webchat_channel, key) for key in ("over", "waits", "lives")}
    for visitor in made.values():
        visitor.write(QUESTION)
        settle()
    made["waits"].write("I want to talk to a person")
    settle()
    _add_file(made["over"].conversation)
    _add_file(made["lives"].conversation)
    quarantine_payload(channel=webchat_channel, raw=b"odd", reason="odd")
    endpoint = WebhookEndpoint.objects.create(
        business=business, url="https://example.com/", is_active=False
    )
    for state in ("delivered", "waiting"):
        WebhookDelivery.objects.create(
            business=business,
            endpoint=endpoint,
            event="x",
            body="words",
            state=state,
            due_at=timezone.now() + timedelta(days=1),
        )
    sync_sessions()
    let_pass(50)
    made["lives"].write(QUESTION)
    settle()
    return made


def _add_file(conversation: Conversation) -> None:
    message = conversation.messages.filter(type="customer").get()
    media = MediaFile.objects.create(
        business_id=conversation.business_id,
        message=message,
        position=0,
        kind="document",
        name="bill.pdf",
        state="stored",
        size=4,
    )
    message.attachments = [{"kind": "document", "state": "stored", "media_id": media.pk}]
    message.save()
    write_file(place_of(media.business_id, media.pk), b"bill")


def files() -> int:
    return sum(path.is_file() for path in Path(settings.MEDIA_ROOT).rglob("*"))


def test_the_dry_run_tells_exactly_what_then_goes(
    visitors: dict[str, Visitor], owner_api: APIClient, capsys: pytest.CaptureFixture[str]
) -> None:
    generate_analytics()
    keep(owner_api, messages_days=30, media_days=30, ai_records_days=40)
    before = {model: model._default_manager.count() for model in TIMES}
    told = run(capsys, dry_run=True)
    assert {model: model._default_manager.count() for model in TIMES} == before
    assert run(capsys) == told
    for name, model in {
        "messages": Message,
        "conversations": Conversation,
        "customers": Customer,
        "ai_runs": AIRun,
        "calls": UsageRecord,
        "sessions": ChatSession,
    }.items():
        assert before[model] - model._default_manager.count() == told.get(name, 0) > 0, name
    assert run(capsys) == {}


def test_what_is_over_goes_and_what_somebody_waits_for_stays(
    visitors: dict[str, Visitor], owner_api: APIClient, capsys: pytest.CaptureFixture[str]
) -> None:
    disk = files()
    keep(owner_api, messages_days=30)
    run(capsys)
    assert set(Conversation.objects.values_list("external_id", flat=True)) == {"waits", "lives"}
    assert set(Customer.objects.values_list("external_id", flat=True)) == {"waits", "lives"}
    asked = Message.objects.filter(conversation__external_id="waits", type="customer")
    assert [message.text for message in asked] == ["I want to talk to a person"]
    assert visitors["waits"].conversation.handover_reason == "asked_for_person"
    assert visitors["waits"].conversation.handover_summary
    assert visitors["lives"].messages() == 2
    assert disk - files() == 2 and MediaFile.objects.count() == 0
    raws = [bytes(event.raw) for event in InboundEvent.objects.order_by("received_at")]
    assert raws[-1] == QUESTION.encode() and set(raws[:-1]) == {b""}
    assert [one.state for one in WebhookDelivery.objects.all()] == ["waiting"]


def test_what_waits_to_be_sent_stays(
    visitors: dict[str, Visitor], owner_api: APIClient, capsys: pytest.CaptureFixture[str]
) -> None:
    Message.objects.filter(conversation__external_id="over", type="AI").update(delivery="queued")
    keep(owner_api, messages_days=30)
    run(capsys)
    assert visitors["over"].messages() == 1


def test_files_alone_can_go_and_the_thread_says_so(
    visitors: dict[str, Visitor],
    owner_api: APIClient,
    agent_api: APIClient,
    capsys: pytest.CaptureFixture[str],
) -> None:
    disk, count = files(), Message.objects.count()
    media = MediaFile.objects.filter(message__conversation__external_id="over").get()
    keep(owner_api, media_days=30)
    assert run(capsys) == {"files": 2}
    assert Message.objects.count() == count and disk - files() == 2
    there = f"/api/v1/conversations/{visitors['over'].conversation.pk}/messages/"
    shown = agent_api.get(there).json()["results"][0]["attachments"][0]
    assert (shown["state"], shown["url"]) == ("deleted", None)
    assert agent_api.get(f"/api/v1/media/{media.pk}/").status_code in {404, 410}


def test_ledger_rows_go_only_once_their_sums_are_kept(
    visitors: dict[str, Visitor], owner_api: APIClient, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = UsageRecord.objects.count()
    keep(owner_api, ai_records_days=30)
    assert "calls" not in run(capsys) and UsageRecord.objects.count() == calls
    generate_analytics()
    gone = run(capsys)["calls"]
    assert UsageRecord.objects.count() == calls - gone < calls
    assert sum(day.calls for day in UsageDay.objects.all()) == gone


def test_the_night_does_it_and_only_for_those_who_decided(
    visitors: dict[str, Visitor], owner_api: APIClient, other_business: Business
) -> None:
    count = Message.objects.count()
    clean_up_sessions()
    assert Message.objects.count() == count
    Retention.objects.create(business=other_business, messages_days=1)
    clean_up_sessions()
    assert Message.objects.count() == count
    keep(owner_api, messages_days=30)
    clean_up_sessions()
    assert Message.objects.count() < count


def test_a_thread_whose_words_are_gone_shows_none_of_them(
    visitors: dict[str, Visitor], owner_api: APIClient, capsys: pytest.CaptureFixture[str]
) -> None:
    Conversation.objects.filter(external_id="over").update(
        updated_at=visitors["lives"].conversation.updated_at, handover_summary="words"
    )
    revision = visitors["over"].conversation.revision
    keep(owner_api, messages_days=30)
    run(capsys)
    over = visitors["over"].conversation
    assert (over.last_text, over.handover_summary, over.suggestion) == ("", "", None)
    assert over.revision == revision


def test_owners_decide_over_the_api_and_it_is_logged(
    owner_api: APIClient, agent_api: APIClient, other_api: APIClient, owner: User
) -> None:
    empty = {"messages_days": None, "media_days": None, "ai_records_days": None}
    assert owner_api.get(URL).json() == empty
    keep(owner_api, messages_days=365)
    assert agent_api.get(URL).json() == empty | {"messages_days": 365}
    assert agent_api.put(URL, {"messages_days": 1}, format="json").status_code == 403
    assert other_api.get(URL).json() == empty
    for wrong in (
        {"messages_days": 0},
        {"ai_records_days": 29},
        {"months": 1},
        {"media_days": "x"},
    ):
        answer = owner_api.put(URL, wrong, format="json")
        assert answer.status_code == 400 and set(answer.json()["fields"]) == set(wrong)
    keep(owner_api, messages_days=None)
    log = SettingChange.objects.filter(subject="retention").order_by("pk")
    assert [(row.field, row.before, row.after, row.user) for row in log] == [
        ("messages_days", None, 365, owner),
        ("messages_days", 365, None, owner),
    ]


def test_the_command_says_what_is_wrong(capsys: pytest.CaptureFixture[str], owner: User) -> None:
    with pytest.raises(CommandError, match="There is no user"):
        call_command("apply_retention", user="nobody")
    call_command("apply_retention")
    assert "No business keeps" in capsys.readouterr().out
