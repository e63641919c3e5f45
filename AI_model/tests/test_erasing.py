"""A customer's data handed out whole, and erased so that no row and no file tells of them."""

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import CASCADE
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Business, User
from AI_model.models import AIRun, ChatSession, Spending, UsageRecord
from AI_model.services.sessions import sync_sessions
from AI_model.testing.chats import settle
from messaging.media.store import place_of, write_file
from messaging.models import (
    Channel,
    Conversation,
    Customer,
    InboundEvent,
    MediaFile,
    Message,
    WebhookDelivery,
    WebhookEndpoint,
)
from messaging.services.receive import quarantine_payload
from messaging.testing.telegram_server import TelegramServer

pytestmark = pytest.mark.django_db(transaction=True)

WORD, NAME, KEY = "quetzalcoatlus", "Xiuhtecuhtli", "990001234"
OTHER_WORD, OTHER_KEY = "pterodactyl", "8990001234"
KNOWN = "Do you ship to Norway? " + WORD


@pytest.fixture
def telegram(settings: Settings) -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        settings.TELEGRAM_API_BASE = server.url
        yield server


@pytest.fixture
def write(
    client: Any, telegram_channel: Channel, telegram: TelegramServer, settings: Settings
) -> Callable[..., None]:
    settings.REPLY_QUIET_PERIOD_MS = 0
    count = iter(range(100, 10_000))

    def post(text: str, *, key: str = KEY, name: str = NAME) -> None:
        number = next(count)
        body = {
            "update_id": number,
            "message": {
                "message_id": number,
                "date": 1,
                "text": text,
                "from": {"id": int(key), "is_bot": False, "first_name": name},
                "chat": {"id": int(key), "type": "private", "first_name": name},
            },
        }
        answer = client.post(
            f"/webhooks/telegram/{telegram_channel.pk}/",
            json.dumps(body),
            content_type="application/json",
            headers={"X-Telegram-Bot-Api-Secret-Token": "hook-secret"},
        )
        assert answer.status_code == 200, answer.content
        settle()

    return post


@pytest.fixture
def person(
    write: Callable[..., None],
    owner_api: APIClient,
    telegram_channel: Channel,
    knowledge: Any,
    owner: User,
) -> Customer:
    """Somebody of whom every table knows something, beside somebody else."""
    write(KNOWN)
    write(f"I want to talk to a person, {WORD}")
    write(f"Hello, {OTHER_WORD}", key=OTHER_KEY, name="Somebody")
    customer = Customer.objects.get(external_id=KEY)
    conversation = Conversation.objects.get(customer=customer)
    there = f"/api/v1/conversations/{conversation.pk}"
    owner_api.post(f"{there}/messages/", {"text": f"Dear {NAME}"})
    settle()
    _add_media(conversation)
    _add_delivery(conversation)
    Spending.objects.create(
        business=customer.business, scope=f"conversation:{conversation.pk}", tokens=3
    )
    unreadable = json.dumps({"odd": {"from": {"id": int(KEY)}, "words": WORD}}).encode()
    quarantine_payload(channel=telegram_channel, raw=unreadable, reason="odd")
    others = json.dumps({"odd": {"from": {"id": int(OTHER_KEY)}}}).encode()
    quarantine_payload(channel=telegram_channel, raw=others, reason="odd")
    sync_sessions()
    return customer


def _add_media(conversation: Conversation) -> None:
    for name in (WORD, "picture"):
        message = conversation.messages.filter(type="customer").first()
        assert message is not None
        media = MediaFile.objects.create(
            business_id=conversation.business_id,
            message=message,
            position=message.media.count(),
            kind="document",
            name=f"{name}.txt",
            state="stored",
            size=len(WORD),
        )
        write_file(place_of(media.business_id, media.pk), WORD.encode())


def _add_delivery(conversation: Conversation) -> None:
    endpoint = WebhookEndpoint.objects.create(
        business_id=conversation.business_id, url="https://example.com/hook"
    )
    for pk in (conversation.pk, "another"):
        body = json.dumps(
            {"data": {"conversation_id": pk, "text": WORD if pk != "another" else ""}}
        )
        WebhookDelivery.objects.create(
            business_id=conversation.business_id, endpoint=endpoint, event="x", body=body
        )


def everything() -> str:
    """All that the database and the disk hold, as text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                for value in row:
                    held = bytes(value) if isinstance(value, memoryview | bytes) else value
                    found.append(f"{table}: {held!r}")
    for path in Path(django_settings.MEDIA_ROOT).rglob("*"):
        found.append(f"{path} {path.read_bytes()!r}" if path.is_file() else str(path))
    return "\n".join(found)


def erase(*args: str, **options: Any) -> None:
    call_command("erase_customer", *args, **options)


def test_nothing_in_the_database_or_on_the_disk_tells_of_them(
    person: Customer, capsys: pytest.CaptureFixture[str]
) -> None:
    conversation = Conversation.objects.get(customer=person)
    traces = [WORD, NAME, f"'{KEY}'", f" {KEY}", person.pk, conversation.pk]
    before = everything()
    assert [trace for trace in traces if trace not in before] == []
    calls = UsageRecord.objects.count()
    kept = Message.objects.exclude(conversation=conversation).count()

    erase(f"telegram:{KEY}", json=True)

    after = [line for line in everything().splitlines() if any(t in line for t in traces)]
    assert after == []
    assert UsageRecord.objects.count() == calls
    assert Message.objects.count() == kept > 0
    assert Customer.objects.get().external_id == OTHER_KEY
    assert InboundEvent.objects.filter(fate="quarantined").count() == 1
    assert WebhookDelivery.objects.count() == 1
    counts = json.loads(capsys.readouterr().out)["erased"]
    assert (counts["conversations"], counts["files"], counts["budgets"]) == (1, 2, 1)
    assert counts["messages"] > 4 and counts["ai_runs"] == 2 and counts["events"] == 3


def test_the_dry_run_counts_what_the_real_one_erases(
    person: Customer, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything()
    erase(person.pk, json=True, dry_run=True)
    dry = json.loads(capsys.readouterr().out)["erased"]
    assert everything() == before
    erase(person.pk, json=True)
    assert json.loads(capsys.readouterr().out)["erased"] == dry


def test_a_post_about_several_people_loses_its_bytes_only(
    person: Customer, telegram_channel: Channel
) -> None:
    other = Message.objects.filter(text__contains=OTHER_WORD).get()
    event = InboundEvent.objects.get(message=other)
    InboundEvent.objects.filter(pk=event.pk).update(raw=json.dumps({"id": int(KEY)}).encode())
    erase(person.pk)
    event.refresh_from_db()
    assert bytes(event.raw) == b"" and event.message_id == other.pk


def test_the_export_holds_what_was_said_and_the_files(
    person: Customer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("export_customer", person.pk)
    form = json.loads(capsys.readouterr().out)
    assert form["customer"]["external_id"] == KEY and form["customer"]["name"] == NAME
    [conversation] = form["conversations"]
    texts = [message["text"] for message in conversation["messages"]]
    assert KNOWN in texts and f"Dear {NAME}" in texts
    assert [change["after"] for change in conversation["status_changes"]] == ["support_active"]
    assert len(form["ai_runs"]) == AIRun.objects.filter(conversation__customer=person).count() == 2
    assert len(form["sessions"]) == 1 and ChatSession.objects.count() == 2
    assert {file["size"] for file in form["files"]} == {len(WORD)}
    assert OTHER_WORD not in json.dumps(form)

    call_command("export_customer", f"telegram:{KEY}", out=tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert json.loads(archive.read("customer.json"))["customer"] == form["customer"]
        names = [name for name in archive.namelist() if name.startswith("files/")]
        assert [archive.read(name) for name in names] == [WORD.encode()] * 2


def test_who_is_not_there_is_an_error(person: Customer, other_owner: User, owner: User) -> None:
    for command in ("erase_customer", "export_customer"):
        for key in ("nobody", "telegram:1", f"instagram:{KEY}"):
            with pytest.raises(CommandError, match="There is no customer"):
                call_command(command, key)
        with pytest.raises(CommandError, match="There is no customer"):
            call_command(command, person.pk, user=other_owner.username)
    assert Customer.objects.filter(pk=person.pk).exists()
    erase(person.pk, user=owner.username)


def test_the_same_key_at_two_bots_has_to_be_told_apart(
    person: Customer, business: Business
) -> None:
    bot = Channel.objects.create(business=business, kind="telegram", external_id="2")
    Customer.objects.create(business=business, channel=bot, external_id=KEY)
    with pytest.raises(CommandError, match="Several customers"):
        erase(f"telegram:{KEY}")
    erase(f"{bot.pk}:{KEY}")
    assert Customer.objects.filter(pk=person.pk).exists()


def test_every_table_about_a_conversation_goes_with_it_or_is_known_to_stay() -> None:
    """A new table that points at a person or a thread has to be thought about here."""
    stays = {"UsageRecord", "Episode", "AIChat"}
    pointing = {
        model.__name__
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model in {Customer, Conversation, Message}
        and getattr(field.remote_field, "on_delete", CASCADE) is not CASCADE
    }
    assert pointing - stays == {"AIRun", "InboundEvent"}
