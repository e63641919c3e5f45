"""Sitemaps (sitemaps.org 0.9): XML, an index of others, or plain lines; packed or not."""

import zlib
from dataclasses import dataclass, field
from xml.parsers import expat

MAX_BYTES = 10_000_000
MAX_ADDRESSES = 5_000


@dataclass(slots=True)
class Sitemap:
    pages: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


class _Enough(Exception):
    """No more is read."""


def read_sitemap(body: bytes) -> Sitemap:
    """What it names, as far as it can be read. Entities and document types end the reading."""
    content = _unpacked(body)
    if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return _Parser().read(content)
    lines = content.decode("utf-8-sig", "replace").splitlines()
    return Sitemap([line.strip() for line in lines if line.startswith("http")][:MAX_ADDRESSES])


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body[:MAX_BYTES]
    try:
        return zlib.decompressobj(wbits=31).decompress(body, MAX_BYTES)
    except zlib.error:
        return b""


class _Parser:
    """Expat by hand: it fetches nothing, and the first entity stops it."""

    def __init__(self) -> None:
        self.found = Sitemap()
        self.inside: list[str] = []
        self.text: list[str] = []

    def read(self, content: bytes) -> Sitemap:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self.begin
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.letters
        parser.StartDoctypeDeclHandler = self.stop
        try:
            parser.Parse(content, True)
        except (expat.ExpatError, _Enough, ValueError, LookupError):
            pass  # what came before it counts
        return self.found

    def begin(self, name: str, attributes: object) -> None:
        self.inside.append(name.rpartition(" ")[2].lower())
        self.text = []
        if len(self.inside) > 10:
            raise _Enough

    def letters(self, data: str) -> None:
        if self.inside[-1:] == ["loc"] and len(self.text) < 100:
            self.text.append(data)

    def end(self, name: str) -> None:
        path = self.inside[-2:]
        self.inside.pop()
        address = "".join(self.text).strip()[:2_000]
        self.text = []
        if path == ["url", "loc"] and address:
            self.found.pages.append(address)
        elif path == ["sitemap", "loc"] and address:
            self.found.others.append(address)
        if len(self.found.pages) + len(self.found.others) >= MAX_ADDRESSES:
            raise _Enough

    def stop(self, *_: object) -> None:
        raise _Enough
