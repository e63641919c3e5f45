"""What a file is, found in its first bytes; what the sender calls it counts for nothing.

Signatures: the formats' own specifications (PNG, JFIF, GIF89a, RIFF, ISO 14496-12, RFC 3533, EBML).
What is not in this table, SVG and HTML among it, is only ever offered as a download.
"""

import re

UNKNOWN = "application/octet-stream"
HEAD = 64

IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
AUDIO = frozenset({"audio/ogg", "audio/mpeg", "audio/mp4", "audio/wav", "audio/webm"})
VIDEO = frozenset({"video/mp4", "video/quicktime", "video/webm"})
SHOWN = IMAGES | AUDIO | VIDEO
"""What a browser may show by itself: it can run nothing in these."""

_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_OGG_SOUND = (b"OpusHead", b"\x01vorbis", b"\x7fFLAC", b"Speex   ")
_MP4_SOUND = frozenset({b"M4A ", b"M4B "})
_MP4_VIDEO = re.compile(rb"isom|iso[2-9]|mp4[12]|avc1|dash|msnv|MSNV|M4V[ HP]|3g[p2].|mmp4|f4v ")
# A frame of MPEG audio: layer 1 to 3, with a bit rate and a sampling rate that exist.
_MP3_FRAME = re.compile(rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff][\x10-\xef]", re.DOTALL)


def find_mime(content: bytes) -> str:
    """The type that the bytes themselves show, or application/octet-stream."""
    head = content[:HEAD]
    plain = next((mime for start, mime in _BEGINNINGS if head.startswith(start)), "")
    return plain or _in_container(head) or UNKNOWN


def _in_container(head: bytes) -> str:
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12], "")
    if head.startswith(b"OggS"):
        return "audio/ogg" if any(mark in head for mark in _OGG_SOUND) else ""
    if head[4:8] == b"ftyp":
        return _mp4(head[8:12])
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"webm" in head else ""
    return "audio/mpeg" if _MP3_FRAME.match(head) else ""


def _mp4(brand: bytes) -> str:
    if brand in _MP4_SOUND:
        return "audio/mp4"
    if brand == b"qt  ":
        return "video/quicktime"
    return "video/mp4" if _MP4_VIDEO.fullmatch(brand) else ""


def heard_as(mime: str, kind: str) -> str:
    """A container for films may hold a voice only; what kind of message it is tells."""
    if kind in {"voice", "audio"} and mime in {"video/mp4", "video/webm"}:
        return "audio/" + mime.partition("/")[2]
    return mime
