"""What a model wrote in Markdown or HTML, as plain text that reads well in any chat."""

import re
from collections.abc import Callable

Change = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]


def _link(match: re.Match[str]) -> str:
    """[a](b) -> a: b, and once only where both are the same."""
    words, address = match[1].strip(), match[2].strip()
    bare = address.removeprefix("mailto:").removeprefix("tel:")
    return bare if not words or words in (address, bare) else f"{words}: {bare}"


_CHANGES: tuple[Change, ...] = (
    (re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n]*\n?", re.MULTILINE), ""),
    (re.compile(r"!?\[([^\]\n]*)\]\(\s*<?([^)\s>]+)>?(?:\s+[\"'][^)\n]*)?\)"), _link),
    (re.compile(r"<(https?://[^\s>]+)>"), r"\1"),
    (re.compile(r"<br\s*/?>", re.IGNORECASE), "\n"),
    (
        re.compile(r"<[aA]\b[^>]*\bhref\s*=\s*[\"']?([^\"'\s>]+)[^>]*>(.*?)</[aA]>", re.DOTALL),
        r"\2: \1",
    ),
    (re.compile(r"</?(?:b|i|u|s|p|ul|ol|li|em|strong|code|pre|h[1-6]|div|span)\b[^>]*>", re.I), ""),
    (re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+(.+?)[ \t]*#*$", re.MULTILINE), r"\1"),
    (re.compile(r"^[ \t]{0,3}>[ \t]?", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*(?:[-*_][ \t]*){3,}$", re.MULTILINE), ""),
    (re.compile(r"^([ \t]*)[*+•][ \t]+", re.MULTILINE), r"\1- "),
    (re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=\S)\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w_])_(?=[^\s_])([^_\n]+?)(?<=\S)_(?![\w_])"), r"\1"),
    (re.compile(r"~~(?=\S)(.+?)(?<=\S)~~"), r"\1"),
    (re.compile(r"`([^`\n]+)`"), r"\1"),
    (re.compile(r"\n{3,}"), "\n\n"),
)


def plain_text(text: str) -> str:
    for pattern, change in _CHANGES:
        text = pattern.sub(change, text)
    return text.strip()
