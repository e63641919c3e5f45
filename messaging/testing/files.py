"""Files as customers send them, and a channel that hands them out as it was told to."""

import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from messaging.adapters.base import Adapter, FileRefused
from messaging.adapters.registry import ADAPTERS
from messaging.types import (
    Attachment,
    Capabilities,
    ChannelAccount,
    FetchedFile,
    InboundMessage,
    LengthUnit,
    OutboundMessage,
    SendOutcome,
    SendReceipt,
    TextLimit,
)

Answer = FetchedFile | FileRefused | Callable[[], FetchedFile]


def png(width: int = 4, height: int = 3, colour: tuple[int, int, int] = (11, 103, 96)) -> bytes:
    """A picture of one colour."""
    row = b"\0" + bytes(colour) * width
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(row * height)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def wav(seconds: float = 1.0, rate: int = 8000) -> bytes:
    """Silence."""
    samples = b"\x80" * int(seconds * rate)
    form = struct.pack("<HHIIHH", 1, 1, rate, rate, 1, 8)
    body = b"fmt " + struct.pack("<I", len(form)) + form
    body += b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WAVE" + body


@contextmanager
def files_platform() -> Iterator[dict[str, list[Answer]]]:
    """Channels of kind "files", and what they hold by ref."""
    ADAPTERS["files"] = ("Files", "messaging.testing.files.FilesAdapter")
    FilesAdapter.asked.clear()
    try:
        yield FilesAdapter.files
    finally:
        FilesAdapter.files.clear()
        del ADAPTERS["files"]


class FilesAdapter(Adapter):
    """Gives for each `ref` what `files` holds, or its answers one after the other."""

    kind = "files"
    capabilities = Capabilities(text_limit=TextLimit(4000, LengthUnit.CHARACTERS), media=True)
    files: ClassVar[dict[str, list[Answer]]] = {}
    asked: ClassVar[list[Attachment]] = []
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def parse(self, account: ChannelAccount, payload: Any) -> list[InboundMessage]:
        return []

    def send(self, account: ChannelAccount, message: OutboundMessage) -> SendReceipt:
        return SendReceipt(SendOutcome.SENT, external_id=message.local_id)

    def fetch_media(
        self, account: ChannelAccount, attachment: Attachment, *, max_bytes: int
    ) -> FetchedFile:
        with self._lock:
            self.asked.append(attachment)
            answers = self.files.get(attachment.ref) or [FileRefused("There is no such file.")]
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, FileRefused):
            raise answer
        return answer() if callable(answer) else answer
