"""What goes over the bridge from ASGI to WSGI, and what it refuses."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from core import bridge
from core.bridge import WSGIBridge

Messages = list[dict[str, Any]]


def echo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response(
        "200 OK", [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    )
    facts = (environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"])
    yield " ".join(facts).encode("latin-1") + b" "
    yield environ["wsgi.input"].read()


def show_headers(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [repr({k: v for k, v in environ.items() if k.startswith(("HTTP_", "CONTENT"))}).encode()]


def large(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [])
    for _ in range(10):
        yield b"x" * 100_000


async def exchange(
    app: Any, incoming: Messages, headers: Any = (), path: str = "/a/ü/"
) -> Messages:
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"q=1",
        "http_version": "1.1",
        "headers": list(headers),
        "client": ("192.0.2.1", 50000),
        "server": ("127.0.0.1", 8000),
    }
    waiting = iter(incoming)
    sent: Messages = []

    async def receive() -> dict[str, Any]:
        message = next(waiting, None)
        if message is None:
            await asyncio.sleep(3600)
        return message or {}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    served = WSGIBridge(app, threads=2)
    await served(scope, receive, send)
    served.close()
    return sent


def part(body: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_in_parts_arrives_whole_and_the_answer_leaves_whole() -> None:
    start, body = await exchange(echo, [part(b"one ", True), part(b"two")])
    assert start["status"] == 200
    assert [value for name, value in start["headers"] if name == b"set-cookie"] == [b"a=1", b"b=2"]
    assert body["body"].decode() == "POST /a/ü/ q=1 one two"


async def test_a_large_answer_leaves_in_parts() -> None:
    sent = await exchange(large, [part(b"")])
    assert len(sent) > 3
    assert sum(len(message.get("body", b"")) for message in sent) == 1_000_000
    assert [message.get("more_body", False) for message in sent[1:]][-1] is False


async def test_a_client_that_leaves_in_mid_body_reaches_no_view() -> None:
    assert await exchange(echo, [part(b"half", True), {"type": "http.disconnect"}]) == []


@pytest.mark.parametrize("headers", [[], [(b"content-length", b"9000000")]])
async def test_a_body_over_the_limit_is_refused(headers: Any) -> None:
    start, body = await exchange(
        echo, [part(b"x" * 1_500_000, True), part(b"x" * 1_500_000)], headers
    )
    assert start["status"] == 413
    assert b"too_large" in body["body"]


async def test_a_body_that_never_ends_holds_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "BODY_SECONDS", 0.05)
    start, _ = await exchange(echo, [part(b"x", True)])
    assert start["status"] == 408


async def test_a_header_with_an_underscore_can_not_pose_as_another() -> None:
    headers = [
        (b"x_forwarded_proto", b"https"),
        (b"x-real", b"1"),
        (b"x-real", b"2"),
        (b"content-length", b"99"),
    ]
    _, body = await exchange(show_headers, [part(b"abc")], headers)
    assert body["body"] == b"{'CONTENT_TYPE': '', 'CONTENT_LENGTH': '3', 'HTTP_X_REAL': '1,2'}"


MULTIPART = [(b"content-type", b"multipart/form-data; boundary=x")]
UPLOAD = "/api/v1/knowledge/imports/"


def count(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [str(len(environ["wsgi.input"].read())).encode()]


async def test_a_file_of_knowledge_may_be_large() -> None:
    parts = [part(b"x" * 1_500_000, True), part(b"x" * 1_500_000)]
    start, body = await exchange(count, parts, MULTIPART, UPLOAD)
    assert (start["status"], body["body"]) == (200, b"3000000")


@pytest.mark.parametrize(
    ("headers", "path"), [(MULTIPART, "/api/v1/knowledge/"), ([], UPLOAD), (MULTIPART, "/a/")]
)
async def test_nothing_else_may(headers: Any, path: str) -> None:
    parts = [part(b"x" * 1_500_000, True), part(b"x" * 1_500_000)]
    start, _ = await exchange(count, parts, headers, path)
    assert start["status"] == 413


async def test_a_file_over_the_limit_is_refused_before_it_comes() -> None:
    headers = [*MULTIPART, (b"content-length", b"60000000")]
    start, _ = await exchange(count, [part(b"x", True)], headers, UPLOAD)
    assert start["status"] == 413


async def test_few_files_come_in_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "UPLOADS_AT_ONCE", 0)
    start, body = await exchange(count, [part(b"x")], MULTIPART, UPLOAD)
    assert start["status"] == 503
    assert b"busy" in body["body"]
