"""What a site asks of programs that read it (RFC 9309)."""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

NAME = "deskbell"
USER_AGENT = "Deskbell"
MAX_BYTES = 500_000
MAX_RULES = 2_000
MAX_DELAY = 5.0


@dataclass(slots=True)
class Robots:
    """`rules` = (allowed, pattern) of our group; `delay` in seconds."""

    rules: list[tuple[bool, str]] = field(default_factory=list)
    delay: float = 0.0
    sitemaps: list[str] = field(default_factory=list)

    def allows(self, address: str) -> bool:
        """The longest rule that fits decides, and of equals the one that allows."""
        parts = urlsplit(address)
        path = _plain(parts.path or "/") + (f"?{_plain(parts.query)}" if parts.query else "")
        if path == "/robots.txt":
            return True
        fitting = [(len(rule), allowed) for allowed, rule in self.rules if _fits(rule, path)]
        return max(fitting, default=(0, True))[1]


CLOSED = Robots(rules=[(False, "/")])


def read_robots(status: int, body: bytes) -> Robots:
    """A missing file allows all of it, a broken server nothing."""
    if 400 <= status < 500:
        return Robots()
    if status >= 500:
        return CLOSED
    text = body[:MAX_BYTES].decode("utf-8-sig", "replace")
    return _parsed([_line(line) for line in re.split(r"[\r\n]+", text)])


def _line(line: str) -> tuple[str, str]:
    name, _, value = line.partition("#")[0].partition(":")
    return name.strip().lower(), value.strip()


def _parsed(lines: list[tuple[str, str]]) -> Robots:
    """Groups for us if there are any, else those for everybody."""
    ours, everybodys, sitemaps = Robots(), Robots(), list[str]()
    is_named, into, naming = False, list[Robots](), False
    for name, value in lines:
        if name == "sitemap" and len(sitemaps) < 20:
            sitemaps.append(value)
        elif name == "user-agent":
            into = into if naming else []
            naming = True
            agent = value.lower().partition("/")[0].strip()
            if agent == NAME:
                is_named = True
                into.append(ours)
            elif agent == "*":
                into.append(everybodys)
        elif name in {"allow", "disallow", "crawl-delay"}:
            naming = False
            for group in into:
                _take(group, name, value)
    found = ours if is_named else everybodys
    found.sitemaps = sitemaps
    return found


def _take(group: Robots, name: str, value: str) -> None:
    if name == "crawl-delay":
        group.delay = min(MAX_DELAY, _seconds(value))
    elif value.startswith(("/", "*")) and len(group.rules) < MAX_RULES:
        group.rules.append((name == "allow", _plain(value)))


def _seconds(value: str) -> float:
    found = re.match(r"\d{1,6}(?:\.\d{1,3})?", value)
    return float(found[0]) if found else 0.0


def _plain(path: str) -> str:
    """The same letters whether they were escaped or not."""
    return quote(unquote(path), safe="/*$?=&;,:@!+'()%~-._")


def _fits(rule: str, path: str) -> bool:
    """`*` stands for anything and a last `$` for the end. Takes no longer than rule × path."""
    ends = rule.endswith("$")
    first, *others = rule.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    if ends and not others:
        return path == first
    place = len(first)
    for part in others[:-1] if ends else others:
        place = path.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return not ends or (path.endswith(others[-1]) and len(path) - len(others[-1]) >= place)
