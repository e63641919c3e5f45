"""A web site on loopback that speaks real HTTP."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Served:
    body: bytes
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Site:
    """`pages` by path with query; what isn't there is 404. `asked` = the paths, in order.

    `on_asked` = what happens once while a path is asked for.
    """

    url: str = ""
    pages: dict[str, Served] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    on_asked: dict[str, Callable[[], None]] = field(default_factory=dict)

    def page(
        self, path: str, *parts: str, title: str = "", links: Any = (), head: str = ""
    ) -> None:
        """A page of HTML with these paragraphs and links."""
        words = "".join(f"<p>{part}</p>" for part in parts)
        ways = "".join(f'<a href="{link}">More</a> ' for link in links)
        title = title or path.strip("/").title() or "Home"
        html = (
            f"<!doctype html><html><head><title>{title}</title>{head}</head>"
            f"<body><main><h1>{title}</h1>{words}</main><nav>{ways}</nav></body></html>"
        )
        self.pages[path] = Served(html.encode())

    def put(self, path: str, body: bytes | str, kind: str, **more: Any) -> None:
        raw = body.encode() if isinstance(body, str) else body
        self.pages[path] = Served(raw, kind=kind, **more)

    def send_on(self, path: str, target: str, status: int = 302) -> None:
        self.pages[path] = Served(b"", status=status, headers={"Location": target})

    def fail(self, path: str, status: int = 500) -> None:
        self.pages[path] = Served(b"secret banner", status=status)


@contextmanager
def a_site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            site.agents.add(self.headers.get("User-Agent", ""))
            site.on_asked.pop(self.path, lambda: None)()
            served = site.pages.get(self.path) or Served(b"nothing here", status=404)
            self.send_response(served.status)
            for name, value in served.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", served.kind)
            self.send_header("Content-Length", str(len(served.body)))
            self.end_headers()
            self.wfile.write(served.body)

        def log_message(self, *args: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
