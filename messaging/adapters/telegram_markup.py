"""The little of Markdown that models write, as Telegram's HTML; all else stays as it is."""

import re
from functools import partial
from html import escape

RULES = (
    (re.compile(r"```(?:\w*\n)?(.+?)```", re.DOTALL), "pre"),
    (re.compile(r"`([^`\n]+)`"), "code"),
    (re.compile(r"\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*"), "b"),
)
# Set aside finished code, so that nothing inside it is taken for bold.
MARK = "\ue000{}\ue001"
MARKED = re.compile("\ue000(\\d+)\ue001")


def to_html(text: str) -> str:
    """Escaped text with `<pre>`, `<code>` and `<b>`, each closed within the text."""
    done: list[str] = []
    text = escape(re.sub("[\ue000\ue001]", "", text), quote=False)
    for pattern, tag in RULES:
        text = pattern.sub(partial(_set_aside, done, tag), text)
    while MARKED.search(text):
        text = MARKED.sub(lambda found: done[int(found[1])], text)
    return text


def _set_aside(done: list[str], tag: str, found: re.Match[str]) -> str:
    done.append(f"<{tag}>{found[1]}</{tag}>")
    return MARK.format(len(done) - 1)
