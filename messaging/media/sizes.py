"""How wide and high a picture is, from its header, so that a page keeps room for it.

Formats: the PNG, GIF89a, JPEG (ITU T.81, B.2.2) and WebP container specifications.
"""

import struct

Size = tuple[int, int]
LARGEST = 50_000
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def picture_size(content: bytes, mime: str) -> Size | None:
    """Width and height in pixels; None when the header doesn't tell."""
    read = {"image/png": _png, "image/gif": _gif, "image/jpeg": _jpeg, "image/webp": _webp}
    if mime not in read:
        return None
    try:
        found = read[mime](content)
    except (struct.error, IndexError):
        return None
    return found if found and all(0 < side <= LARGEST for side in found) else None


def _png(content: bytes) -> Size:
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def _gif(content: bytes) -> Size:
    width, height = struct.unpack_from("<HH", content, 6)
    return width, height


def _jpeg(content: bytes) -> Size | None:
    at = 2
    while content[at] == 0xFF:
        if content[at + 1] in _FRAMES:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        at += 2 + int(struct.unpack_from(">H", content, at + 2)[0])
    return None


def _webp(content: bytes) -> Size | None:
    match content[12:16]:
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", content, 26)
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            bits = int.from_bytes(content[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            sides = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
            return next(sides), next(sides)
    return None
