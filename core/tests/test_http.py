"""Calls to addresses that users give: only to public hosts, and never without bounds."""

import gzip
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from ipaddress import ip_address

import pytest

from core.lib.http import OutboundRefused, check_url, fetch, may_call

Serve = Callable[[bytes], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """`serve(raw answer)` -> address; the requests it gets are in `serve.requests`."""
    listeners: list[socket.socket] = []
    requests: list[bytes] = []

    def start(answer: bytes, *, finish: bool = True) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def answer_all() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                listeners.append(connection)
                requests.append(connection.recv(65536))
                connection.sendall(answer)
                if finish:
                    connection.close()

        threading.Thread(target=answer_all, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/path"

    start.requests = requests  # type: ignore[attr-defined]
    yield start
    for each in listeners:
        each.close()


def leads_to(*addresses: str) -> Callable[[str, int], Awaitable[list[str]]]:
    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve


BLOCKED = [
    *("http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/"),
    *("http://017700000001/", "http://0/", "http://0.0.0.0/", "http://localhost/"),
    *("http://localhost./", "http://LOCALHOST:8000/", "http://127。0。0。1/", "http://127.0.0.1./"),
    *("http://example.com\\@127.0.0.1/", "http://x@127.0.0.1/", "http://user:pw@93.184.216.34/"),
    *("http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.0.1/"),
    *("http://169.254.169.254/latest/meta-data/", "http://224.0.0.1/", "http://255.255.255.255/"),
    *("http://[::1]/", "http://[::]/", "http://[fd00::1]/", "http://[fe80::1]/"),
    *("http://[::ffff:7f00:1]/", "http://[::ffff:127.0.0.1]/", "http://[::127.0.0.1]/"),
    *("http://[::ffff:0:127.0.0.1]/", "http://[64:ff9b::a9fe:a9fe]/", "http://[2002:7f00:1::]/"),
    *("http://[64:ff9b:1::7f00:1]/", "http://[2001:0:1::1]/", "http://[2001:db8::1]/"),
    *("http://[ff02::1]/", "http://[fec0::1]/", "http://[3fff::1]/", "http://[100::1]/"),
    *("file:///etc/passwd", "gopher://127.0.0.1/", "ftp://93.184.216.34/", "//93.184.216.34/"),
    *("93.184.216.34", "", "http://", "http:///path", "http://[", "http://[::1", "javascript:1"),
    *("http://93.184.216.34:22/", "http://93.184.216.34:6379/", "http://93.184.216.34:5432/"),
    *("http://93.184.216.34:99999/", "http://93.184.216.34:-1/", "http://93.184.216.34:0/"),
    *(
        "http://93.184.216.34\r\nX: y/",
        "http://93.184.216.34/\r\nX: y",
        "http://a b/",
        "http://\x00/",
    ),
    "http://93.184.216.34\t/",
]


@pytest.mark.parametrize("url", BLOCKED)
def test_addresses_that_lead_inside_are_refused(url: str) -> None:
    with pytest.raises(OutboundRefused) as caught:
        check_url(url)
    assert caught.value.code in {"address_blocked", "unreachable"}
    assert "127" not in caught.value.detail


@pytest.mark.parametrize(
    "url", ["http://93.184.216.34/", "https://93.184.216.34:8443/v1", "http://[2606:4700::1111]/"]
)
def test_public_addresses_are_allowed(url: str) -> None:
    assert check_url(url).pinned in {"93.184.216.34", "2606:4700::1111"}


def test_one_bad_address_among_good_ones_refuses_the_name() -> None:
    with pytest.raises(OutboundRefused):
        check_url("http://mixed.test/", resolve=leads_to("93.184.216.34", "127.0.0.1"))
    with pytest.raises(OutboundRefused):
        check_url("http://none.test/", resolve=leads_to())


@pytest.mark.parametrize(
    ("address", "public", "trusted"),
    [
        ("93.184.216.34", True, True),
        ("10.1.2.3", False, True),
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("fd00::1", False, True),
        ("169.254.169.254", False, False),
        ("fe80::1", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("224.0.0.1", False, False),
        ("0.0.0.0", False, False),
        ("64:ff9b::a9fe:a9fe", False, False),
    ],
)
def test_trusting_private_addresses_opens_no_metadata(
    address: str, public: bool, trusted: bool
) -> None:
    assert may_call(ip_address(address)) is public
    assert may_call(ip_address(address), allow_private=True) is trusted


def test_the_connection_goes_to_the_checked_address_under_the_given_name(serve: Serve) -> None:
    url = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nhi")
    named = url.replace("127.0.0.1", "model.test")
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    got = fetch("POST", named, body=b"x", allow_private=True, resolve=resolve)
    assert (got.status, got.body, got.headers["x-a"]) == (200, b"hi", "b")
    assert asked == ["model.test"]
    assert b"Host: model.test:" in serve.requests[0]  # type: ignore[attr-defined]


def test_a_redirect_is_not_followed(serve: Serve) -> None:
    url = serve(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n")
    assert fetch("GET", url, allow_private=True).status == 302
    assert len(serve.requests) == 1  # type: ignore[attr-defined]


def test_proxies_and_logins_of_the_environment_are_not_used(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    url = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert fetch("GET", url, allow_private=True).status == 200
    assert b"Authorization" not in serve.requests[0]  # type: ignore[attr-defined]


def body_of(content: bytes, encoding: str = "") -> bytes:
    packed = f"Content-Encoding: {encoding}\r\n" if encoding else ""
    return f"HTTP/1.1 200 OK\r\n{packed}Content-Length: {len(content)}\r\n\r\n".encode() + content


def test_a_packed_answer_is_unpacked(serve: Serve) -> None:
    assert fetch(
        "GET", serve(body_of(gzip.compress(b"hello"), "gzip")), allow_private=True
    ).body == (b"hello")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (body_of(b"x" * 2000), "too_large"),
        (body_of(gzip.compress(b"0" * 50_000_000), "gzip"), "too_large"),
        (body_of(b"not gzip", "gzip"), "bad_answer"),
        (body_of(b"x", "br"), "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "unreachable"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "unreachable"),
        (b"", "unreachable"),
    ],
)
def test_a_bad_answer_ends_in_a_plain_refusal(answer: bytes, code: str, serve: Serve) -> None:
    with pytest.raises(OutboundRefused) as caught:
        fetch("GET", serve(answer), max_bytes=1000, allow_private=True)
    assert caught.value.code == code
    assert "SSH" not in caught.value.detail


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"])
def test_an_answer_that_never_ends_is_given_up(begun: bytes, serve: Serve) -> None:
    url = serve(begun, finish=False)  # type: ignore[call-arg]
    with pytest.raises(OutboundRefused) as caught:
        fetch("GET", url, seconds=0.3, allow_private=True)
    assert caught.value.code == "timeout"


def test_nobody_there_is_said_plainly() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(OutboundRefused) as caught:
        fetch("GET", f"http://127.0.0.1:{port}/", allow_private=True)
    assert caught.value.code == "unreachable"
