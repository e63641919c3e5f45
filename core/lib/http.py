"""The one way to call an address that a user gave: public hosts only, and bounded in every way.

The name is resolved once, every address it has must be allowed, and the connection goes to the
address that was checked. No redirects, no proxies or logins from the environment.
"""

import asyncio
import re
import ssl
import zlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, TypeVar

import httpx

from core.lib.errors import DomainError
from core.lib.on_commit import BackgroundLoop

T = TypeVar("T")
Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]

CONNECT_SECONDS = 3.0
MAX_BYTES = 1_000_000
# Only this part of IPv6 is handed out to hosts; these corners of it lead elsewhere or nowhere.
HOSTS_6 = IPv6Network("2000::/3")
NOT_HOSTS_6 = [IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]
# Below 1024 only the web's own; above it, what speaks another protocol.
OTHER_SERVICES = {1433, 1521, 2049, 3306, 3389, 5432, 5672, 6379, 9042, 11211, 27017}
UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")


class OutboundRefused(DomainError):
    """The call was not made, or did not end well. Says nothing of what the other side holds."""

    code = "outbound"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a checked address leads: `pinned` is the one IP to connect to."""

    url: httpx.URL
    pinned: str


@dataclass(frozen=True, slots=True)
class Fetched:
    status: int
    headers: Mapping[str, str]
    body: bytes


def fetch(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    seconds: float = 10.0,
    max_bytes: int = MAX_BYTES,
    allow_private: bool = False,
    resolve: Resolve | None = None,
) -> Fetched:
    """One request, over in `seconds` whatever happens. A redirect is returned, not followed.

    Raises OutboundRefused: address_blocked, unreachable, timeout, too_large, bad_answer.
    """
    call = _fetch(method, url, headers, body, max_bytes, allow_private, resolve or _system_resolve)
    return _run(call, seconds)


def check_url(
    url: str, *, seconds: float = 5.0, allow_private: bool = False, resolve: Resolve | None = None
) -> Target:
    """Where the address leads, if it may be called. Raises OutboundRefused."""
    return _run(_target(url, allow_private, resolve or _system_resolve), seconds)


def check_form(url: str) -> httpx.URL:
    """The address, if one written like this may be called at all. Asks no network."""
    parsed = _parsed(url)
    port = _port(parsed)
    if port not in {80, 443} and (port not in range(1024, 65536) or port in OTHER_SERVICES):
        raise _blocked()
    return parsed


def _port(url: httpx.URL) -> int:
    return {"http": 80, "https": 443}[url.scheme] if url.port is None else url.port


def may_call(address: Address, *, allow_private: bool = False) -> bool:
    """Whether a host at this address may be called; link-local and multicast never."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_multicast or address.is_unspecified or address.is_link_local:
        return False
    if allow_private and (address.is_private or address.is_loopback):
        return True
    if isinstance(address, IPv6Address):
        return address in HOSTS_6 and not any(address in net for net in NOT_HOSTS_6)
    return address.is_global


_loops = BackgroundLoop()


def _run(call: Coroutine[Any, Any, T], seconds: float) -> T:
    async def bounded() -> T:
        async with asyncio.timeout(seconds):
            return await call

    try:
        return asyncio.run_coroutine_threadsafe(bounded(), _loops.loop()).result(seconds + 2)
    except TimeoutError:
        raise _refused("timeout", f"No whole answer came within {seconds:g} seconds.") from None
    except httpx.HTTPError as error:
        name = type(error).__name__
        raise _refused("unreachable", f"The address could not be reached ({name}).") from None


async def _target(url: str, allow_private: bool, resolve: Resolve) -> Target:
    parsed = check_form(url)
    port = _port(parsed)
    try:
        addresses = [ip_address(found) for found in await resolve(parsed.host, port)]
    except (OSError, UnicodeError, ValueError):
        raise _refused("unreachable", "There is no host of this name.") from None
    if not addresses or not all(may_call(a, allow_private=allow_private) for a in addresses):
        raise _blocked()
    return Target(parsed, str(addresses[0]))


def _parsed(url: str) -> httpx.URL:
    if UNSAFE.search(url):
        raise _blocked()
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise _blocked() from None
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.userinfo:
        raise _blocked()
    return parsed


async def _system_resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, proto=6)
    return [str(address[4][0]) for address in found]


async def _fetch(
    method: str,
    url: str,
    headers: Mapping[str, str] | None,
    body: bytes | None,
    max_bytes: int,
    allow_private: bool,
    resolve: Resolve,
) -> Fetched:
    target = await _target(url, allow_private, resolve)
    timeout = httpx.Timeout(None, connect=CONNECT_SECONDS)
    async with httpx.AsyncClient(verify=_tls(), trust_env=False, timeout=timeout) as client:
        request = client.build_request(
            method,
            target.url.copy_with(host=target.pinned),
            headers={**(headers or {}), "Host": target.url.netloc.decode()},
            content=body,
            extensions={"sni_hostname": target.url.raw_host.decode()},
        )
        response = await client.send(request, stream=True)
        try:
            whole = await _read(response, max_bytes)
        finally:
            await response.aclose()
    return Fetched(response.status_code, response.headers, whole)


async def _read(response: httpx.Response, max_bytes: int) -> bytes:
    """The decoded body; unpacks no further than the cap, so that a bomb stays small."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", "deflate"}:
        raise _refused("bad_answer", "The answer is packed in a way that is not supported.")
    unpack = None if encoding == "identity" else zlib.decompressobj(wbits=47)
    whole = bytearray()
    async for part in response.aiter_raw():
        try:
            whole += unpack.decompress(part, max_bytes + 1 - len(whole)) if unpack else part
        except zlib.error:
            raise _refused("bad_answer", "The answer could not be unpacked.") from None
        if len(whole) > max_bytes:
            raise _refused("too_large", f"The answer is larger than {max_bytes} bytes.")
    return bytes(whole)


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def _blocked() -> OutboundRefused:
    return _refused("address_blocked", "This address is not allowed. Use a public web address.")


def _refused(code: str, detail: str) -> OutboundRefused:
    return OutboundRefused(detail, code=code)
