"""Pieces of a streamed answer, so that together they are what a whole answer would be."""

import re

from core.lib.decoding import clean_text

# Of a character that a server's JSON cut in two, and of a line end.
_HALF = re.compile("[\ud800-\udbff\r]$")


class Piecing:
    """Gives out what is fit to be shown: white space waits for the words that follow it."""

    def __init__(self) -> None:
        self.length = 0
        self._given: list[str] = []
        self._space = ""
        self._half = ""

    @property
    def text(self) -> str:
        return "".join(self._given)

    def add(self, piece: str) -> str:
        """What may be shown now; often not all of it, or ""."""
        seen = self._space + clean_text(self._whole(piece))
        if not self._given:
            seen = seen.lstrip()
        shown = seen.rstrip()
        self._space = seen[len(shown) :]
        if shown:
            self._given.append(shown)
            self.length += len(shown)
        return shown

    def _whole(self, piece: str) -> str:
        joined = self._half + piece
        half = _HALF.search(joined)
        self._half = half.group() if half else ""
        whole = joined[: len(joined) - len(self._half)]
        if whole.isascii():
            return whole
        return whole.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
