"""Files of Telegram's customers: what is fetched, what never will be, and what may be later."""

import traceback

import pytest

from messaging.adapters.base import FileRefused
from messaging.adapters.registry import adapter_for
from messaging.testing.telegram_server import TelegramServer
from messaging.types import Attachment, ChannelAccount, Content, FetchedFile

ACCOUNT = ChannelAccount(
    id="c1",
    kind="telegram",
    external_id="700100200",
    secrets={"token": "700100200:very-secret-token", "webhook_secret": "hook-secret"},
)
MEGABYTE = 1024 * 1024
VOICE = Attachment(kind=Content.VOICE, ref="vo", mime="audio/ogg", size=9)


def fetch(attachment: Attachment = VOICE, max_bytes: int = 20 * MEGABYTE) -> FetchedFile:
    return adapter_for("telegram").fetch_media(ACCOUNT, attachment, max_bytes=max_bytes)


def refused(attachment: Attachment = VOICE, max_bytes: int = 20 * MEGABYTE) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        fetch(attachment, max_bytes)
    assert caught.value.detail.endswith(".")
    assert "very-secret" not in "".join(traceback.format_exception(caught.value))
    return caught.value


def test_a_file_comes_with_what_is_claimed_of_it(telegram_api: TelegramServer) -> None:
    telegram_api.files["vo"] = b"OggS\x00\x01\xff"
    assert fetch() == FetchedFile(b"OggS\x00\x01\xff", mime="audio/ogg", name="vo")
    assert [call.method for call in telegram_api.calls] == ["getFile", "file"]


def test_its_own_name_is_kept(telegram_api: TelegramServer) -> None:
    telegram_api.files["a b#?ä"] = b"%PDF"
    document = Attachment(kind=Content.DOCUMENT, ref="a b#?ä", name="receipt.pdf")
    assert fetch(document) == FetchedFile(b"%PDF", name="receipt.pdf")


def test_an_empty_file_is_a_file(telegram_api: TelegramServer) -> None:
    telegram_api.files["vo"] = b""
    assert fetch().content == b""


def test_a_file_that_says_it_is_too_large_is_not_asked_for(telegram_api: TelegramServer) -> None:
    large = Attachment(kind=Content.VIDEO, ref="vo", size=3 * MEGABYTE + 1)
    error = refused(large, max_bytes=3 * MEGABYTE)
    assert (error.permanent, error.detail) == (True, "The file is larger than 3 MB.")
    assert telegram_api.calls == []


def test_a_file_whose_size_comes_out_later_is_not_downloaded(telegram_api: TelegramServer) -> None:
    telegram_api.files["vo"] = bytes(MEGABYTE + 1)
    assert refused(max_bytes=MEGABYTE).permanent
    assert [call.method for call in telegram_api.calls] == ["getFile"]


def test_no_more_than_the_limit_is_read_whatever_was_said(telegram_api: TelegramServer) -> None:
    telegram_api.files["vo"] = b"small"

    def swell(call: object) -> None:
        telegram_api.files["vo"] = bytes(2 * MEGABYTE)

    telegram_api.hooks["response_sent"] = swell
    error = refused(max_bytes=MEGABYTE)
    assert (error.permanent, error.detail) == (True, "The file is larger than 1 MB.")
    assert telegram_api.calls[-1].method == "file"


def test_what_telegram_keeps_from_bots_is_never_asked_for_again(
    telegram_api: TelegramServer,
) -> None:
    telegram_api.files["vo"] = bytes(20 * MEGABYTE + 1)
    error = refused(max_bytes=200 * MEGABYTE)
    assert error.permanent
    assert "20 MB" in error.detail


# Mode of getFile -> whether asking again may help, and after how long.
REFUSALS = {
    "file_too_big": (True, None),
    "bad_file": (True, None),
    "unknown_file": (False, None),
    "slow_down": (False, 1.0),
    "unauthorized": (False, None),
    "server_error": (False, None),
    "gateway_502": (False, None),
    "not_json": (False, None),
    "reset_after_read": (False, None),
    "half_an_answer": (False, None),
}


@pytest.mark.parametrize("mode", REFUSALS)
def test_each_refusal_says_whether_to_ask_again(mode: str, telegram_api: TelegramServer) -> None:
    telegram_api.files["vo"] = b"OggS"
    telegram_api.plan(mode, method="getFile")
    error = refused()
    assert (error.permanent, error.retry_after) == REFUSALS[mode]
    assert fetch().content == b"OggS"


@pytest.mark.parametrize(
    "mode", ["server_error", "gateway_403", "not_found", "reset_after_read", "half_an_answer"]
)
def test_a_download_that_breaks_off_is_tried_again_later(
    mode: str, telegram_api: TelegramServer
) -> None:
    telegram_api.files["vo"] = b"OggS"
    telegram_api.plan(mode, method="file")
    assert not refused().permanent
    assert fetch().content == b"OggS"


@pytest.mark.parametrize("path", ["/var/lib/telegram/voice.oga", "../../secret", "a/../../b"])
def test_a_path_of_the_servers_own_disk_is_refused(path: str, telegram_api: TelegramServer) -> None:
    telegram_api.files["vo"] = b"OggS"
    telegram_api.paths["vo"] = path
    assert refused().permanent
    assert [call.method for call in telegram_api.calls] == ["getFile"]


@pytest.mark.parametrize("path", ["", "x" * 100_000])
def test_no_usable_path_is_asked_for_again(path: str, telegram_api: TelegramServer) -> None:
    telegram_api.files["vo"] = b"OggS"
    telegram_api.paths["vo"] = path
    assert not refused().permanent


def test_an_attachment_without_a_file_has_nothing_to_fetch(telegram_api: TelegramServer) -> None:
    assert refused(Attachment(kind=Content.LOCATION)).permanent
    assert telegram_api.calls == []


def test_the_token_stands_in_no_log(
    telegram_api: TelegramServer,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(0)
    telegram_api.files["vo"] = b"OggS"
    telegram_api.plan("reset_after_read", method="file")
    refused()
    fetch()
    printed = capfd.readouterr()
    assert "very-secret" not in caplog.text + printed.out + printed.err
