"""Giving a stored file to a person's browser, so that it can show it and run nothing in it."""

import re
from dataclasses import dataclass
from typing import BinaryIO

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header

from core.lib.errors import NotFound
from messaging.media.kinds import SHOWN, UNKNOWN
from messaging.media.names import download_name
from messaging.media.store import read_file
from messaging.models import MediaFile

# Smaller than what core.bridge hands back whole: a player that pauses reading holds no thread.
PART_BYTES = 240 * 1024
BLOCK_BYTES = 64 * 1024
_RANGE = re.compile(r"bytes=(\d{1,15})?-(\d{1,15})?")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `first` to `last`, both included; `first` beyond the end = there are none such."""

    first: int
    last: int


def read_range(header: str, size: int) -> Span | None:
    """What a Range header asks of a file of `size` bytes, at most PART_BYTES of it.

    None = all of it: no range, several ranges, or something else than bytes (RFC 9110, 14.2).
    """
    found = _RANGE.fullmatch(header.replace(" ", ""))
    if found is None or found.group() == "bytes=-":
        return None
    start, end = found.groups()
    first = int(start) if start else max(0, size - int(end))
    last = min(int(end), size - 1) if start and end else size - 1
    if start and end and int(end) < first:
        return None
    return Span(first, min(last, first + PART_BYTES - 1))


def serve_media(request: HttpRequest, media: MediaFile) -> HttpResponseBase:
    """The file, or the part of it that was asked for. NotFound when it isn't kept."""
    if media.state != MediaFile.State.STORED or media.size is None:
        raise NotFound("There is no file here.")
    etag = f'"{media.pk}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponseBase = HttpResponse(status=304)
    else:
        fits = request.headers.get("If-Range", etag) == etag
        span = read_range(request.headers.get("Range", ""), media.size) if fits else None
        response = _part(media, span, media.size) if span else _whole(media)
    for name, value in _headers(etag).items():
        response.headers[name] = value
    return response


def _headers(etag: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, max-age=3600",
        "Accept-Ranges": "bytes",
        "ETag": etag,
    }


def _whole(media: MediaFile) -> FileResponse:
    response = FileResponse(
        _opened(media),
        content_type=media.mime or UNKNOWN,
        as_attachment=media.mime not in SHOWN,
        filename=_name(media),
    )
    response.block_size = BLOCK_BYTES
    return response


def _part(media: MediaFile, span: Span, size: int) -> HttpResponse:
    if span.first >= size:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    with _opened(media) as file:
        file.seek(span.first)
        body = file.read(span.last - span.first + 1)
    headers = {
        "Content-Type": media.mime or UNKNOWN,
        "Content-Disposition": content_disposition_header(media.mime not in SHOWN, _name(media)),
        "Content-Range": f"bytes {span.first}-{span.last}/{size}",
    }
    return HttpResponse(body, status=206, headers=headers)


def _opened(media: MediaFile) -> BinaryIO:
    try:
        return read_file(media.file.name or "")
    except FileNotFoundError:
        raise NotFound("The file is no longer kept.") from None


def _name(media: MediaFile) -> str:
    return download_name(media.name, kind=media.kind, mime=media.mime)
