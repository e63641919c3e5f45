"""Answers with status 200 that are none."""

import gzip
import zlib
from collections.abc import Callable
from functools import lru_cache

from AI_model.testing.wire import JSON_HEADERS, Reply, dump

BOMB_MEGABYTES = 200
HTML = {"Content-Type": "text/html"}


@lru_cache(maxsize=1)
def _bomb() -> Reply:
    """200 MB of spaces in 200 kB."""
    squeeze, megabyte = zlib.compressobj(9, wbits=31), b" " * 1_000_000
    body = b"".join(squeeze.compress(megabyte) for _ in range(BOMB_MEGABYTES)) + squeeze.flush()
    return Reply(200, body, JSON_HEADERS | {"Content-Encoding": "gzip"})


def _gzip() -> Reply:
    return Reply(
        200, gzip.compress(b'{"choices": []}'), JSON_HEADERS | {"Content-Encoding": "gzip"}
    )


def _stuffed(filling: str, times: int) -> Reply:
    """Big enough that no vendor's envelope matters."""
    return Reply(200, dump({"choices": [{"message": {"content": filling * times}}]}))


SPECIAL: dict[str, Callable[[], Reply]] = {
    "html200": lambda: Reply(200, b"<html><h1>Welcome</h1></html>", HTML),
    "not_json": lambda: Reply(200, b'{"choices": [}'),
    "error200": lambda: Reply(200, dump({"error": {"code": 503, "message": "Upstream is down."}})),
    "redirect": lambda: Reply(302, b"", {"Location": "/v1/elsewhere"}),
    "big": lambda: _stuffed("long ", 2_000_000),
    "newlines": lambda: _stuffed("\n", 1_000_000),
    "gzip": _gzip,
    "gzip_bomb": _bomb,
}
