"""HTML as Markdown, without what a browser would not show."""

import re
from collections.abc import Iterator
from typing import Any

from settings_app.reading.clean import one_line, visible
from settings_app.reading.shapes import EMPTY, Document, Refused

_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?:\.0+)?\s*(?:;|!|$)"
    r"|font-size\s*:\s*0(?:\.0+)?(?:px|pt|em|rem|%)?\s*(?:;|!|$)|text-indent\s*:\s*-\d{3,}"
    r"|(?:left|top)\s*:\s*-\d{4,}",
    re.IGNORECASE,
)
_NEVER_SHOWN = {
    *("script", "style", "template", "noscript", "head", "object", "embed", "iframe", "svg"),
    *("math", "select", "datalist", "audio", "video", "canvas", "map"),
}
_AROUND = {"nav", "footer", "aside"}
_BLOCKS = {
    *("p", "div", "section", "article", "main", "header", "footer", "nav", "aside", "table"),
    *("ul", "ol", "dl", "dt", "dd", "blockquote", "pre", "figure", "figcaption", "form", "tr"),
    *("details", "summary", "body", "html", "address", "fieldset", "hr", "h1", "h2", "h3"),
    *("h4", "h5", "h6", "li"),
}
ENOUGH = 0.5
"""Of the page's words outside menus, below which the extract is not trusted."""
_GAPS = re.compile(r"\n{3,}")
_HEADINGS = re.compile(r"^#{1,6} \S", re.MULTILINE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
# The library drops joiners, without which Persian and Indic words are other words.
_PART = {0x200C: "\u2e17", 0x200D: "\u2e19"}
_JOIN = {0x2E17: "\u200c", 0x2E19: "\u200d"}
# What quotes a passage shows the signs as they stand.
_EMPHASIS = re.compile(r"(\*{1,3})(?=\S)([^*\n]+)(?<=\S)\1")
_BLANKS = re.compile(r"\s+")


def read_html(text: str, *, title: str, place: str = "") -> Document:
    """A page's own text with headings, lists and tables; menus are dropped. Raises Refused."""
    tree = _parsed(text)
    named = one_line(_title(tree).translate(_JOIN)) or title
    _drop_hidden(tree)
    whole = _markdown(tree)
    extract = _extract(tree, place)
    kept = extract if _trusted(extract, whole) else whole
    words = visible(kept.translate(_JOIN)).strip()
    if not words:
        raise Refused(EMPTY)
    return Document(named, words, place)


def _trusted(extract: str, whole: str) -> bool:
    """Where too little was found, or the headings were lost, the whole page is better."""
    headings = _HEADINGS.search(extract) or not _HEADINGS.search(whole)
    return bool(headings) and len(extract) >= ENOUGH * len(whole)


def _parsed(text: str) -> Any:
    from lxml import etree, html

    declared = _DECLARATION.sub("", text.lstrip("\ufeff")).translate(_PART)
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True)
    try:
        tree = html.document_fromstring(declared, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError) as error:
        raise Refused(EMPTY) from error
    return tree


def _title(tree: Any) -> str:
    for path in ("//title", "//h1"):
        for element in tree.xpath(path)[:1]:
            if words := one_line(str(element.text_content())):
                return words
    return ""


def _drop_hidden(tree: Any) -> None:
    for element in list(tree.iter()):
        if element.getparent() is not None and _is_hidden(element):
            element.drop_tree()


def _is_hidden(element: Any) -> bool:
    if not isinstance(element.tag, str) or element.tag in _NEVER_SHOWN:
        return True
    if element.get("hidden") is not None or element.get("aria-hidden", "").lower() == "true":
        return True
    return element.tag == "input" or bool(_HIDING.search(element.get("style", "")))


def _extract(tree: Any, place: str) -> str:
    """The page's main text; trafilatura changes the tree, so this comes last."""
    import logging

    from trafilatura import extract

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        found = extract(
            tree,
            url=place or None,
            output_format="markdown",
            include_formatting=True,
            include_tables=True,
            include_comments=False,
            include_links=False,
            favor_recall=True,
        )
    except MemoryError:
        raise
    except Exception:  # it lets out whatever an odd page makes it stumble over
        return ""
    return _EMPHASIS.sub(r"\2", found or "")


def _markdown(tree: Any) -> str:
    lines = "".join(_pieces(tree)).split("\n")
    tidy = "\n".join(" ".join(line.split()) for line in lines)
    return _GAPS.sub("\n\n", tidy).strip()


def _pieces(tree: Any) -> Iterator[str]:
    """Walks without recursion, so that no nesting can exhaust the stack."""
    waiting: list[tuple[Any, bool]] = [(tree, False)]
    while waiting:
        element, closing = waiting.pop()
        if isinstance(element, str):
            yield _BLANKS.sub(" ", element)
            continue
        if closing:
            yield _after(element.tag)
            continue
        if element.tag in _AROUND:
            continue
        yield _before(element.tag)
        yield _BLANKS.sub(" ", element.text or "")
        waiting.append((element, True))
        for child in reversed(element):
            waiting.append((child.tail or "", False))
            waiting.append((child, False))


def _before(tag: str) -> str:
    if len(tag) == 2 and tag[0] == "h" and tag[1] in "123456":
        return f"\n\n{'#' * int(tag[1])} "
    if tag in {"td", "th"}:
        return " | "
    if tag in {"li", "tr"}:
        return "\n- " if tag == "li" else "\n"
    return "\n" if tag == "br" else "\n\n" if tag in _BLOCKS else ""


def _after(tag: str) -> str:
    return "\n\n" if tag in _BLOCKS - {"li", "tr"} else "\n" if tag in {"li", "tr"} else ""
