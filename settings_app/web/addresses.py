"""Which addresses are the same page, which are of the same site, and which lead nowhere new."""

import re
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

MAX_ADDRESS = 1_000
MAX_FOLDERS = 12
# What tells shops who came from where, and who is who: the page is the same without.
_TRACKING = re.compile(
    r"(?:utm_\w*|mtm_\w*|pk_\w*|hsa_\w*|_hs\w*|fbclid|gclid|gbraid|wbraid|dclid|msclkid|yclid"
    r"|twclid|ttclid|igshid|mc_[ce]id|mkt_tok|_ga|_gl|sessionid|session_id|phpsessid|jsessionid"
    r"|sid|srsltid|replytocom)",
    re.IGNORECASE,
)
_SESSION = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
# Pictures, sound, archives, programs: there is nothing to read in them.
_NO_TEXT = re.compile(
    r"\.(?:jpe?g|png|gif|svg|webp|avif|ico|bmp|tiff?|mp[34]|m4[av]|webm|ogg|wav|avi|mov|zip|gz|rar"
    r"|7z|tar|exe|dmg|apk|msi|iso|css|js|mjs|json|xml|rss|atom|woff2?|ttf|eot|ics|vcf|xlsx?|pptx?"
    r"|doc|rtf)$",
    re.IGNORECASE,
)
_KEPT = "/:@!$&'()*+,;=~-._%"


def plain_address(address: str, base: str = "") -> str | None:
    """The address as it is asked for: absolute, no fragment, no tracking. None when it is no page.

    Never raises, whatever a page calls a link.
    """
    try:
        parts = urlsplit(urljoin(base, address.strip()) if base else address.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None:
        return None
    usual = {"http": 80, "https": 443}[parts.scheme]
    shown = f"[{host}]" if ":" in host else host
    where = shown if port in {None, usual} else f"{shown}:{port}"
    path = quote(_SESSION.sub("", _dotless(parts.path)), safe=_KEPT) or "/"
    whole = urlunsplit((parts.scheme, where, path, _query(parts), ""))
    return whole if len(whole) <= MAX_ADDRESS and whole.isascii() else _in_ascii(whole)


def _in_ascii(whole: str) -> str | None:
    """Names of hosts in other scripts as the network knows them."""
    if len(whole) > MAX_ADDRESS:
        return None
    parts = urlsplit(whole)
    try:
        return urlunsplit(parts._replace(netloc=parts.netloc.encode("idna").decode()))
    except UnicodeError:
        return None


def _dotless(path: str) -> str:
    """Without `.` and `..`, which urljoin leaves in an absolute address."""
    if "/." not in path:
        return path
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            kept = kept[:-1] or [""]
        elif part != ".":
            kept.append(part)
    return "/".join(kept) + ("/" if path.endswith(("/.", "/..")) else "")


def _query(parts: SplitResult) -> str:
    pairs = [pair for pair in parts.query.split("&") if pair]
    kept = [pair for pair in pairs if not _TRACKING.fullmatch(pair.partition("=")[0])]
    return quote("&".join(kept), safe=_KEPT + "?")


def page_key(address: str) -> str:
    """Equal for the addresses of one page: with or without `www.`, a last slash, TLS."""
    parts = urlsplit(address)
    query = "&".join(sorted(parts.query.split("&")))
    return f"{site_of(address)}{parts.path.rstrip('/')}?{query}"


def site_of(address: str) -> str:
    """Equal for the addresses of one site: its host without `www.`, and an unusual port."""
    parts = urlsplit(address)
    host = (parts.hostname or "").removeprefix("www.")
    return f"{host}:{parts.port}" if parts.port else host


def may_follow(here: str, there: str) -> bool:
    """Whether a redirect stays on the site, and does not give up TLS."""
    downgraded = here.startswith("https:") and not there.startswith("https:")
    return site_of(here) == site_of(there) and not downgraded


def is_page(address: str) -> bool:
    """Whether something may be read there: no picture, no endless path."""
    path = urlsplit(address).path
    folders = [part for part in path.split("/") if part]
    repeated = any(folders.count(part) > 2 for part in set(folders))
    return not _NO_TEXT.search(path) and len(folders) <= MAX_FOLDERS and not repeated


def folder_of(address: str) -> str:
    """The path that the page and its neighbours begin with, `/` for a start page."""
    return urlsplit(address).path.rpartition("/")[0] + "/"
