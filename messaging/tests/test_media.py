"""Files that customers send: fetched once, known by their bytes, kept privately, shown safely."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Business, User
from messaging.adapters.base import FileRefused
from messaging.media.kinds import UNKNOWN, find_mime
from messaging.media.names import clean_name
from messaging.media.serving import PART_BYTES
from messaging.models import Channel, Conversation, Customer, MediaFile, Message
from messaging.services.media import MAX_ATTEMPTS, delete_media, fetch_media, media_due
from messaging.testing.files import FilesAdapter, files_platform, png, wav
from messaging.types import FetchedFile

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
BUSY = FileRefused("The platform is busy.", permanent=False)


def short_id(value: object) -> str | None:
    return value[:16].hex() if isinstance(value, bytes) else None


@pytest.fixture(autouse=True)
def files(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path / "media"
    with files_platform():
        yield


@pytest.fixture
def message(business: Business) -> Message:
    return a_message(business)


@pytest.fixture
def desk(agent: User) -> Client:
    return browser_of(agent)


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.UsernameOrEmailBackend")
    return client


def a_message(business: Business) -> Message:
    channel = Channel.objects.create(business=business, kind="files", name="Files")
    customer = Customer.objects.create(business=business, channel=channel, external_id="c")
    conversation = Conversation.objects.create(
        business=business,
        channel=channel,
        customer=customer,
        external_id="c",
        status="support_active",
        revision=1,
    )
    return Message.objects.create(
        business=business, conversation=conversation, seq=1, revision=1, type="customer"
    )


def add_file(message: Message, *, kind: str = "photo", name: str = "", ref: str = "r") -> MediaFile:
    """As `receive` makes it: a row, and its mirror in the message."""
    media = MediaFile.objects.create(
        business=message.business,
        message=message,
        position=len(message.attachments),
        kind=kind,
        ref=ref,
        name=name,
    )
    shown: dict[str, Any] = {
        "kind": kind,
        "ref": ref,
        "name": name,
        "mime": "",
        "size": None,
        "details": {},
    }
    message.attachments.append(shown | {"media_id": media.pk, "state": "waiting"})
    message.save()
    return media


def fetched(message: Message, content: bytes, **how: Any) -> MediaFile:
    FilesAdapter.files["r"] = [FetchedFile(content, "text/html", "evil.html")]
    media = add_file(message, **how)
    fetch_media(media_id=media.pk)
    media.refresh_from_db()
    return media


def make_due(media: MediaFile) -> None:
    MediaFile.objects.filter(pk=media.pk).update(due_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (png(), "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"GIF89a\x01\x00", "image/gif"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
        (wav(), "audio/wav"),
        (b"RIFF\x24\x00\x00\x00AVI LIST", UNKNOWN),
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00", "video/mp4"),
        (b"\x00\x00\x00\x18ftyp3gp5", "video/mp4"),
        (b"\x00\x00\x00\x14ftypqt  ", "video/quicktime"),
        (b"\x00\x00\x00\x18ftypM4A ", "audio/mp4"),
        (b"\x00\x00\x00\x18ftypheic", UNKNOWN),
        (b"OggS\x00\x02" + bytes(22) + b"OpusHead", "audio/ogg"),
        (b"OggS\x00\x02" + bytes(22) + b"\x80theora", UNKNOWN),
        (b"ID3\x04\x00", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"\xff\xf8\x90\x64", UNKNOWN),
        (b"\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1fB\x82\x84webm", "video/webm"),
        (b"\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x23B\x82\x88matroska", UNKNOWN),
        (b"%PDF-1.7", "application/pdf"),
        (SVG, UNKNOWN),
        (b"<?xml version='1.0'?>" + SVG, UNKNOWN),
        (b"<!doctype html><script>alert(1)</script>", UNKNOWN),
        (b"PK\x03\x04", UNKNOWN),
        (b"", UNKNOWN),
    ],
    ids=short_id,
)
def test_a_file_is_what_its_bytes_say(content: bytes, mime: str) -> None:
    assert find_mime(content) == mime


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("invoice.pdf", "invoice.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\photo.jpg", "photo.jpg"),
        ("bill\u202efdp.exe", "billfdp.exe"),
        ('a"b\r\nSet-Cookie: x', 'a"b Set-Cookie: x'),
        ("  .. ", ""),
        ("Счёт  №5.pdf", "Счёт №5.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("x" * 300, "x" * 120),
    ],
)
def test_names_are_made_harmless(name: str, clean: str) -> None:
    assert clean_name(name) == clean


@pytest.mark.django_db
def test_a_file_is_stored_privately_and_shows_in_its_message(
    message: Message, settings: Settings
) -> None:
    picture = png()
    media = fetched(message, picture, name="../holiday.png")

    kept = settings.MEDIA_ROOT / message.business_id / media.pk
    assert kept.read_bytes() == picture
    assert [oct(path.stat().st_mode & 0o777) for path in (kept, kept.parent)] == ["0o600", "0o700"]
    assert (media.state, media.mime, media.size) == ("stored", "image/png", len(picture))
    message.refresh_from_db()
    [shown] = message.attachments
    assert (shown["state"], shown["media_id"], shown["mime"]) == ("stored", media.pk, "image/png")
    assert (shown["name"], shown["size"]) == ("holiday.png", len(picture))
    assert message.revision == message.conversation.revision == 2


@pytest.mark.django_db
def test_a_voice_in_a_container_for_films_is_sound(message: Message) -> None:
    film = b"\x00\x00\x00\x18ftypisom"
    assert fetched(message, film, kind="voice").mime == "audio/mp4"
    assert fetched(message, film, kind="video").mime == "video/mp4"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (FileRefused("The customer deleted it."), "The customer deleted it."),
        (FetchedFile(b""), "The file is empty."),
        (FetchedFile(b"x" * (1024 * 1024 + 1)), "The file is larger than 1 MB."),
    ],
    ids=["gone", "empty", "large"],
)
def test_what_can_not_be_kept_says_why(
    message: Message, settings: Settings, answer: Any, reason: str
) -> None:
    settings.MEDIA_MAX_BYTES = 1024 * 1024
    FilesAdapter.files["r"] = [answer]
    media = add_file(message)
    fetch_media(media_id=media.pk)

    media.refresh_from_db()
    message.refresh_from_db()
    assert (media.state, media.reason) == ("refused", reason)
    shown = message.attachments[0]
    assert (shown["state"], shown["reason"]) == ("refused", reason)
    assert list(media_due(older_than=-9999)) == []


@pytest.mark.django_db
def test_no_more_than_ten_files_of_a_message_are_kept(message: Message) -> None:
    FilesAdapter.files["r"] = [FetchedFile(png())]
    rows = [add_file(message) for _ in range(11)]
    for media in rows:
        fetch_media(media_id=media.pk)
    message.refresh_from_db()
    assert [shown["state"] for shown in message.attachments] == ["stored"] * 10 + ["refused"]
    assert len(FilesAdapter.asked) == 10


@pytest.mark.django_db
def test_a_platform_that_is_busy_is_asked_again_later(message: Message) -> None:
    FilesAdapter.files["r"] = [BUSY, FetchedFile(png())]
    media = add_file(message)
    fetch_media(media_id=media.pk)
    fetch_media(media_id=media.pk)
    assert len(FilesAdapter.asked) == 1
    assert list(media_due(older_than=0)) == []

    make_due(media)
    assert list(media_due(older_than=0)) == [media.pk]
    fetch_media(media_id=media.pk)
    media.refresh_from_db()
    assert (media.state, media.attempts) == ("stored", 2)


@pytest.mark.django_db
def test_the_platform_says_how_long_to_wait(message: Message) -> None:
    FilesAdapter.files["r"] = [FileRefused("Slow down.", permanent=False, retry_after=300)]
    media = add_file(message)
    fetch_media(media_id=media.pk)
    media.refresh_from_db()
    assert media.due_at is not None
    assert 280 < (media.due_at - timezone.now()).total_seconds() < 310


@pytest.mark.django_db
def test_after_five_tries_it_is_given_up(message: Message) -> None:
    FilesAdapter.files["r"] = [BUSY]
    media = add_file(message)
    for _ in range(MAX_ATTEMPTS + 2):
        make_due(media)
        fetch_media(media_id=media.pk)
    media.refresh_from_db()
    assert (media.state, media.reason) == ("refused", "The platform is busy.")
    assert len(FilesAdapter.asked) == MAX_ATTEMPTS == 5


@pytest.mark.django_db
def test_a_try_that_dies_is_repeated_but_not_for_ever(message: Message) -> None:
    def die() -> FetchedFile:
        raise ZeroDivisionError

    FilesAdapter.files["r"] = [die]
    media = add_file(message)
    for _ in range(MAX_ATTEMPTS):
        make_due(media)
        with pytest.raises(ZeroDivisionError):
            fetch_media(media_id=media.pk)
    make_due(media)
    fetch_media(media_id=media.pk)
    media.refresh_from_db()
    assert (media.state, media.reason) == ("refused", "Fetching this file failed too often.")


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_fetches(message: Message) -> None:
    FilesAdapter.files["r"] = [FetchedFile(png())]
    media = add_file(message)
    both_ready = threading.Barrier(2)

    def work() -> None:
        both_ready.wait(10)
        fetch_media(media_id=media.pk)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert len(FilesAdapter.asked) == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_is_locked_while_a_file_is_fetched(message: Message) -> None:
    seen: list[bool] = []

    def look() -> FetchedFile:
        seen.append(connection.in_atomic_block)
        return FetchedFile(png())

    FilesAdapter.files["r"] = [look]
    fetch_media(media_id=add_file(message).pk)
    assert seen == [False]


@pytest.mark.django_db(transaction=True)
def test_deleted_files_are_gone_from_the_disk(message: Message, settings: Settings) -> None:
    media = fetched(message, png())
    kept = settings.MEDIA_ROOT / message.business_id / media.pk
    assert delete_media(message_ids=[message.pk]) == 1
    assert delete_media(message_ids=[message.pk]) == 0
    media.refresh_from_db()
    assert (media.state, media.ref, media.name, kept.exists()) == ("deleted", "", "", False)


@pytest.mark.django_db(transaction=True)
def test_a_file_goes_with_its_conversation(message: Message, settings: Settings) -> None:
    media = fetched(message, png())
    kept = settings.MEDIA_ROOT / message.business_id / media.pk
    assert kept.exists()
    message.conversation.delete()
    assert not kept.exists()


@pytest.mark.django_db(transaction=True)
def test_a_file_taken_back_while_it_is_fetched_is_not_kept(
    message: Message, settings: Settings
) -> None:
    def taken_back() -> FetchedFile:
        delete_media(message_ids=[message.pk])
        return FetchedFile(png())

    FilesAdapter.files["r"] = [taken_back]
    media = add_file(message)
    fetch_media(media_id=media.pk)
    media.refresh_from_db()
    assert media.state == "deleted"
    assert not (settings.MEDIA_ROOT / message.business_id / media.pk).exists()


@pytest.mark.django_db
def test_a_slow_try_leaves_alone_what_a_later_one_stored(
    message: Message, settings: Settings
) -> None:
    media = add_file(message)

    def overtaken() -> FetchedFile:
        make_due(media)
        fetch_media(media_id=media.pk)
        return FetchedFile(png(9, 9))

    FilesAdapter.files["r"] = [overtaken, FetchedFile(png())]
    fetch_media(media_id=media.pk)
    media.refresh_from_db()
    assert (media.state, media.attempts) == ("stored", 2)
    assert (settings.MEDIA_ROOT / message.business_id / media.pk).exists()


def body_of(response: Any) -> bytes:
    return b"".join(response) if response.streaming else response.content


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "kind", "mime", "disposition"),
    [
        (png(), "photo", "image/png", "inline"),
        (wav(), "voice", "audio/wav", "inline"),
        (b"\x00\x00\x00\x18ftypisom", "video", "video/mp4", "inline"),
        (b"%PDF-1.7", "document", "application/pdf", "attachment"),
        (SVG, "photo", UNKNOWN, "attachment"),
        (b"<html><script>alert(1)</script>", "document", UNKNOWN, "attachment"),
    ],
    ids=short_id,
)
def test_a_browser_can_run_nothing_in_a_file(
    desk: Client, message: Message, content: bytes, kind: str, mime: str, disposition: str
) -> None:
    media = fetched(message, content, kind=kind, name='my "file"\r\n.html')
    for place in ("inbox/media", "api/v1/media"):
        response: Any = desk.get(f"/{place}/{media.pk}/")
        assert (response.status_code, body_of(response)) == (200, content)
        assert response["Content-Type"] == mime
        assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cache-Control"] == "private, max-age=3600"
        shown, _, name = response["Content-Disposition"].partition("; ")
        assert (shown, "\r" in name) == (disposition, False)


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_not_kept_is_not_found(desk: Client, message: Message) -> None:
    media = fetched(message, png())
    waiting = add_file(message)
    assert desk.get(f"/inbox/media/{waiting.pk}/").status_code == 404
    delete_media(message_ids=[message.pk])
    assert desk.get(f"/inbox/media/{media.pk}/").status_code == 404
    assert desk.get(f"/api/v1/media/{media.pk}/").json()["code"] == "not_found"


@pytest.mark.django_db
def test_only_the_business_that_got_a_file_sees_it(
    client: Client, message: Message, stranger: User
) -> None:
    path = f"/inbox/media/{fetched(message, png()).pk}/"
    assert client.get(path)["Location"].startswith("/accounts/login/")
    assert browser_of(stranger).get(path).status_code == 404
    assert browser_of(stranger).get("/api/v1" + path.removeprefix("/inbox")).status_code == 404


SOUND = wav(1.0)
LONG = wav(60.0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [
        ("bytes=0-9", 206, 0, 9),
        ("bytes=10-", 206, 10, len(SOUND) - 1),
        ("bytes=-5", 206, len(SOUND) - 5, len(SOUND) - 1),
        ("bytes=0-999999999", 206, 0, len(SOUND) - 1),
        (f"bytes={len(SOUND)}-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
        ("bytes=9-3", 200, 0, len(SOUND) - 1),
        ("bytes=0-1,5-6", 200, 0, len(SOUND) - 1),
        ("bytes=-", 200, 0, len(SOUND) - 1),
        ("lines=0-9", 200, 0, len(SOUND) - 1),
        ("bytes=" + "9" * 40 + "-", 200, 0, len(SOUND) - 1),
    ],
)
def test_a_player_may_ask_for_a_part(
    desk: Client, message: Message, asked: str, status: int, first: int, last: int
) -> None:
    media = fetched(message, SOUND, kind="voice")
    response: Any = desk.get(f"/inbox/media/{media.pk}/", headers={"Range": asked})
    assert response.status_code == status
    if status == 416:
        assert response["Content-Range"] == f"bytes */{len(SOUND)}"
        return
    assert body_of(response) == SOUND[first : last + 1]
    if status == 206:
        assert response["Content-Range"] == f"bytes {first}-{last}/{len(SOUND)}"
        assert response["Content-Type"] == "audio/wav"
        assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
def test_a_long_film_is_given_in_parts_that_hold_no_thread(desk: Client, message: Message) -> None:
    media = fetched(message, LONG, kind="audio")
    response = desk.get(f"/inbox/media/{media.pk}/", headers={"Range": "bytes=0-"})
    assert response["Content-Range"] == f"bytes 0-{PART_BYTES - 1}/{len(LONG)}"
    assert response.content == LONG[:PART_BYTES]


@pytest.mark.django_db
def test_a_browser_keeps_what_has_not_changed(desk: Client, message: Message) -> None:
    media = fetched(message, SOUND, kind="voice")
    path = f"/inbox/media/{media.pk}/"
    etag = desk.get(path)["ETag"]
    assert desk.get(path, headers={"If-None-Match": etag}).status_code == 304
    other = desk.get(path, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert other.status_code == 200


@pytest.mark.django_db
def test_scripts_learn_where_the_file_is_and_not_where_it_came_from(
    agent_api: Any, message: Message
) -> None:
    media = fetched(message, png(), ref="r")
    [shown] = agent_api.get(f"/api/v1/messages/{message.pk}/").json()["attachments"]
    assert (shown["url"], "ref" in shown) == (f"/api/v1/media/{media.pk}/", False)
    assert body_of(agent_api.get(shown["url"])) == png()
