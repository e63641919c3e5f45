"""Pages of a site: their texts, where they lead, and what they say of themselves."""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from settings_app.reading.decode import decode
from settings_app.reading.pages import _parsed, read_html
from settings_app.reading.shapes import Page, Refused

MAX_LINKS = 2_000
MAX_LINK = 2_000
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_REFRESH = re.compile(r"^\s*\d+(?:\.\d*)?\s*[;,]\s*url\s*=\s*[\"']?([^\"'>]+)", re.IGNORECASE)
_UNLISTED = re.compile(r"\b(?:noindex|none)\b", re.IGNORECASE)
_UNFOLLOWED = re.compile(r"\b(?:nofollow|none)\b", re.IGNORECASE)
_FOR_US = {"robots", "deskbell"}


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page as it came: `html` holds its bytes, each as the character of its number."""

    place: str
    html: str
    charset: str = ""


def packed(pages: Iterable[RawPage]) -> bytes:
    return b"\n".join(orjson.dumps(asdict(page)) for page in pages)


def read_pages(content: bytes) -> Iterator[Page]:
    """One page for each line, in their order."""
    for line in content.split(b"\n"):
        raw = RawPage(**orjson.loads(line))
        yield read_page(raw)


def read_page(raw: RawPage) -> Page:
    try:
        text = _decoded(raw.html.encode("latin-1"), raw.charset)
        said = _said(_parsed(text))
    except Refused:
        return Page(raw.place)
    try:
        document = read_html(text, title="", place=raw.place)
    except Refused:
        return Page(raw.place, **said)
    return Page(raw.place, title=document.title, text=document.text, **said)


def _decoded(content: bytes, charset: str) -> str:
    """As the server says, else as the page says, else by its letters. Raises Refused."""
    meta = _CHARSET.search(content[:4_096])
    for name in (charset, meta[1].decode() if meta else ""):
        try:
            if name and codecs.lookup(name)._is_text_encoding:
                return content.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return decode(content).text


def _said(tree: Any) -> dict[str, Any]:
    """What the page says of itself and where it leads; fields of a Page."""
    robots = " ".join(_metas(tree, _FOR_US))
    refresh = next(
        (
            found[1].strip()
            for element in tree.iter("meta")
            if str(element.get("http-equiv", "")).lower() == "refresh"
            and (found := _REFRESH.match(element.get("content", "")))
        ),
        "",
    )
    return {
        "canonical": _first(tree, "link", "href", "canonical"),
        "base": _first(tree, "base", "href"),
        "refresh": refresh[:MAX_LINK],
        "listed": not _UNLISTED.search(robots),
        "links": [] if _UNFOLLOWED.search(robots) else list(_links(tree)),
    }


def _metas(tree: Any, names: set[str]) -> Iterator[str]:
    for element in tree.iter("meta"):
        if str(element.get("name", "")).lower() in names:
            yield str(element.get("content", ""))


def _first(tree: Any, tag: str, attribute: str, rel: str = "") -> str:
    for element in tree.iter(tag):
        value = str(element.get(attribute, "")).strip()
        if value and (not rel or rel in str(element.get("rel", "")).lower().split()):
            return value[:MAX_LINK]
    return ""


def _links(tree: Any) -> Iterator[str]:
    seen: set[str] = set()
    for element in tree.iter("a", "area"):
        address = str(element.get("href", "")).strip()
        followed = "nofollow" not in str(element.get("rel", "")).lower().split()
        if followed and address and len(address) <= MAX_LINK and address not in seen:
            seen.add(address)
            yield address
        if len(seen) >= MAX_LINKS:
            return
