"""A file that came with a message: getFile, then the download (core.telegram.org/bots/api#getfile).

The address of a file holds the bot's token, so no error here says more than a name of what broke.
"""

import asyncio
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

import httpx
from django.conf import settings

from core.lib.decoding import clean_text
from messaging.adapters.base import FileRefused
from messaging.adapters.telegram_calls import Exchange, call, line
from messaging.types import Attachment, FetchedFile

DOWNLOAD_SECONDS = 90.0
LONGEST_PATH = 1000
TOO_BIG = "The file is larger than {} MB."
PLATFORM_LIMIT = "The file is larger than the 20 MB that Telegram gives to bots."


@dataclass(slots=True)
class Download:
    """What came of a download; `content` is whole only when neither of the others is set."""

    content: bytes = b""
    failure: str = ""
    too_big: bool = False


def fetch_file(token: str, attachment: Attachment, *, max_bytes: int) -> FetchedFile:
    """The file's bytes, never more than `max_bytes` of them in memory. Raises FileRefused."""
    _check_size(attachment.size, max_bytes)
    if not attachment.ref:
        raise FileRefused("There is no file in this message.")
    path = _path_of(call(token, lambda bot: bot.get_file(attachment.ref)), max_bytes)
    download = _download(token, path, max_bytes)
    if download.too_big:
        _check_size(max_bytes + 1, max_bytes)
    if download.failure:
        sentence = f"Telegram did not give the whole file ({download.failure})."
        raise FileRefused(sentence, permanent=False)
    name = attachment.name or clean_text(PurePosixPath(path).name)[:255]
    return FetchedFile(download.content, mime=attachment.mime, name=name)


def _check_size(size: object, max_bytes: int) -> None:
    if isinstance(size, int) and size > max_bytes:
        raise FileRefused(TOO_BIG.format(max_bytes // (1024 * 1024)))


def _path_of(exchange: Exchange, max_bytes: int) -> str:
    """Where the file lies for the next hour. Raises FileRefused."""
    answer = exchange.answer() if exchange.status is not None else None
    if answer is None:
        why = exchange.failure or f"HTTP {exchange.status}"
        raise FileRefused(f"Telegram could not be asked for the file ({why}).", permanent=False)
    if not answer["ok"]:
        raise _refusal(answer, exchange)
    file = answer.get("result")
    file = file if isinstance(file, dict) else {}
    _check_size(file.get("file_size"), max_bytes)
    path = file.get("file_path")
    if not isinstance(path, str) or not 0 < len(path) <= LONGEST_PATH:
        raise FileRefused("Telegram does not say where the file is.", permanent=False)
    if path.startswith("/") or ".." in path.split("/"):
        sentence = "Telegram's server keeps the file on its own disk, out of our reach."
        raise FileRefused(sentence)
    return path


def _refusal(answer: dict[str, object], exchange: Exchange) -> FileRefused:
    code, words = answer.get("error_code"), str(answer.get("description", "")).lower()
    if "file is too big" in words:
        return FileRefused(PLATFORM_LIMIT)
    if code == 429:
        wait = "Telegram asks us to fetch files more slowly."
        return FileRefused(wait, permanent=False, retry_after=_seconds(answer, exchange))
    if code in {401, 404}:
        return FileRefused("Telegram does not accept the bot's token.", permanent=False)
    if code == 400 and "temporarily unavailable" not in words:
        return FileRefused("Telegram does not know this file any more.")
    return FileRefused(f"Telegram did not give the file (error {code}).", permanent=False)


def _seconds(answer: dict[str, object], exchange: Exchange) -> float | None:
    parameters = answer.get("parameters")
    asked = parameters.get("retry_after") if isinstance(parameters, dict) else None
    try:
        return max(0.0, float(asked if asked is not None else exchange.retry_after))
    except (TypeError, ValueError):
        return None


def _download(token: str, path: str, max_bytes: int) -> Download:
    base = f"{settings.TELEGRAM_API_BASE.rstrip('/')}/file/bot"
    download = Download()
    loop, client = line.connections()
    reading = _read(client, f"{base}{token}/{quote(path)}", max_bytes, download)
    future = asyncio.run_coroutine_threadsafe(reading, loop)
    try:
        future.result(DOWNLOAD_SECONDS + 2)
    except TimeoutError:
        future.cancel()
        return Download(failure="Deadline")
    return download


async def _read(client: httpx.AsyncClient, url: str, max_bytes: int, download: Download) -> None:
    body = bytearray()
    try:
        async with asyncio.timeout(DOWNLOAD_SECONDS), client.stream("GET", url) as response:
            if response.status_code != 200:
                download.failure = f"HTTP {response.status_code}"
                return
            async for part in response.aiter_bytes():
                body += part
                if len(body) > max_bytes:
                    download.too_big = True
                    return
        download.content = bytes(body)
    except httpx.HTTPError as error:
        download.failure = type(error).__name__
    except TimeoutError:
        download.failure = "Deadline"
