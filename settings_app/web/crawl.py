"""One reading of a site: from its address on, as far as the source says and the site allows."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from settings_app.reading.shapes import MAX_CHARACTERS, MAX_TITLE, Document, Page, Reading, Refused
from settings_app.web.addresses import folder_of, page_key, plain_address, site_of
from settings_app.web.fetching import Answer, Exhausted, Fetcher, Unread
from settings_app.web.frontier import Frontier
from settings_app.web.robots import MAX_BYTES as ROBOTS_BYTES
from settings_app.web.robots import Robots, read_robots
from settings_app.web.sitemap import MAX_BYTES as SITEMAP_BYTES
from settings_app.web.sitemap import Sitemap, read_sitemap
from settings_app.web.texts import is_file, is_html, name_of, read_file, read_pages

BATCH = 8
BATCH_BYTES = 8_000_000
HTML_BYTES = 3_000_000
MAX_SITEMAPS = 10
MAX_PROBLEMS = 50

CLOSED = "The robots.txt of {site} asks programs not to read this address."
UNREACHED = "{site} can't be reached; look whether the address is right."
NOTHING = "There is no text at this address that can be read."
UNLISTED = "This page asks not to be listed (noindex), so it is not read."
ENDED = "The site is large or slow: the reading stopped after {pages} pages."
LIMIT = "Only {pages} pages were read; raise the limit to read more."
TOO_MUCH = "Only the first {pages} pages were read: together they hold too much text."
BROKEN = "{failed} of the {known} pages known so far can't be read now; what was known stays."


@dataclass(slots=True)
class Crawl:
    """`known` = what the last reading found, by `page_key`. `tell` hears how many are read."""

    start: str
    depth: int
    max_pages: int
    fetcher: Fetcher
    known: Mapping[str, Document] = field(default_factory=dict)
    tell: Callable[[int], None] = lambda pages: None
    robots: Robots = field(default_factory=Robots)
    problems: list[str] = field(default_factory=list)
    found: dict[str, Document] = field(default_factory=dict)
    stand_ins: dict[str, Document] = field(default_factory=dict)
    digests: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    batch: list[tuple[Answer, int]] = field(default_factory=list)
    characters: int = 0

    def read(self) -> Reading:
        """All that was found, the start page first. Raises Refused."""
        frontier = Frontier(self.start, self.depth)
        try:
            self._ask_robots()
            self._seed(frontier)
            self._walk(frontier)
        except Exhausted:
            self._read_batch(frontier)
            self.problems.append(ENDED.format(pages=len(self.found)))
            self._keep(key for key in self.known if key not in self.asked | self.failed)
        if len(self.failed & self.known.keys()) * 2 > len(self.known):
            failed = len(self.failed & self.known.keys())
            raise Refused(BROKEN.format(failed=failed, known=len(self.known)))
        return Reading(documents=self._documents(), problems=self.problems[:MAX_PROBLEMS])

    def _ask_robots(self) -> None:
        address = urljoin(self.start, "/robots.txt")
        try:
            answer = self.fetcher.get(address, max_bytes=ROBOTS_BYTES * 2)
            self.robots = read_robots(answer.status, answer.body)
        except Unread as unread:
            if not unread.gone:
                raise Refused(f"{site_of(self.start)} {unread.reason}.") from unread
        if not self.robots.allows(self.start):
            raise Refused(CLOSED.format(site=site_of(self.start)))
        self.fetcher.pause = max(self.fetcher.pause, self.robots.delay)

    def _seed(self, frontier: Frontier) -> None:
        """Pages that the sitemap names, of the start page's folder, are as near as its links."""
        if not self.depth:
            return
        named = [plain_address(item, self.start) for item in self.robots.sitemaps]
        waiting = [item for item in named if item and site_of(item) == site_of(self.start)]
        waiting = waiting or [urljoin(self.start, "/sitemap.xml")]
        folder = folder_of(self.start)
        for _ in range(MAX_SITEMAPS):
            if not waiting:
                return
            found = self._sitemap(waiting.pop(0))
            waiting += [item for item in found.others if site_of(item) == site_of(self.start)]
            pages = [item for item in found.pages if urlsplit(item).path.startswith(folder)]
            frontier.add(pages, base=self.start, depth=1)

    def _sitemap(self, address: str) -> Sitemap:
        try:
            answer = self.fetcher.get(address, max_bytes=SITEMAP_BYTES)
        except Unread:
            return Sitemap()
        return read_sitemap(answer.body) if answer.status == 200 else Sitemap()

    def _walk(self, frontier: Frontier) -> None:
        for _ in range(self.max_pages * 3 + 20):
            room = self.max_pages - len(self.found)
            if len(self.batch) >= min(room, BATCH) or self._batch_bytes() >= BATCH_BYTES:
                self._read_batch(frontier)
            following = self._next(frontier)
            if following is None or self._is_full(frontier):
                return
            self._visit(frontier, *following)
        self._read_batch(frontier)

    def _batch_bytes(self) -> int:
        return sum(len(answer.body) for answer, _ in self.batch)

    def _next(self, frontier: Frontier) -> tuple[str, int] | None:
        """The next address; the pages that wait are read first when nothing else is left."""
        following = frontier.take()
        if following is None and self.batch:
            self._read_batch(frontier)
            following = frontier.take()
        return following

    def _is_full(self, frontier: Frontier) -> bool:
        if len(self.found) >= self.max_pages:
            self.problems.append(LIMIT.format(pages=len(self.found)))
        elif self.characters >= MAX_CHARACTERS:
            self.problems.append(TOO_MUCH.format(pages=len(self.found)))
        else:
            return False
        return True

    def _visit(self, frontier: Frontier, address: str, depth: int) -> None:
        if not self.robots.allows(address):
            return
        try:
            answer = self._fetched(address)
        except Unread as unread:
            self._fail(address, unread, depth)
            return
        self.asked.add(page_key(address))
        moved = page_key(answer.url) != page_key(address)
        if moved and (not frontier.leads_to(answer.url) or not self.robots.allows(answer.url)):
            return
        if is_html(answer):
            self.batch.append((answer, depth))
            if not depth:
                self._read_batch(frontier)
        elif is_file(answer):
            self._take_file(answer, depth)
        elif not depth:
            raise Refused(NOTHING)

    def _fetched(self, address: str) -> Answer:
        answer = self.fetcher.get(address)
        if answer.status != 200:
            raise Unread(f"answers with {answer.status}", gone=answer.status in {404, 410})
        if is_html(answer) and len(answer.body) > HTML_BYTES:
            raise Unread("is too large", gone=True)
        return answer

    def _fail(self, address: str, unread: Unread, depth: int) -> None:
        """A problem; of a known page that may come back, what was known stays."""
        line = f"{address[:200]} {unread.reason}."
        if not depth:
            raise Refused(line) from unread
        self.problems.append(line)
        self.failed.add(page_key(address))
        if not unread.gone:
            self._keep([page_key(address)])

    def _keep(self, keys: Iterable[str]) -> None:
        for key in keys:
            if key in self.known:
                self._add(self.known[key])

    def _take_file(self, answer: Answer, depth: int) -> None:
        try:
            reading = read_file(answer)
        except Refused as refused:
            if not depth:
                raise
            self.problems.append(f"{answer.url[:150]}: {refused.reason}")
            return
        for item in reading.documents[:1]:
            self._add(Document(item.title or name_of(answer.url), item.text, answer.url))

    def _read_batch(self, frontier: Frontier) -> None:
        batch, self.batch = self.batch, []
        depths = {answer.url: depth for answer, depth in batch}
        unlisted = {
            answer.url
            for answer, _ in batch
            if "noindex" in answer.headers.get("X-Robots-Tag", "").lower()
        }
        for page in read_pages([answer for answer, _ in batch]):
            base = urljoin(page.place, page.base) if page.base else page.place
            frontier.add(page.links, base=base, depth=depths[page.place] + 1)
            frontier.add(
                [page.refresh] if page.refresh else [], base=base, depth=depths[page.place]
            )
            if page.listed and page.place not in unlisted:
                self._take_page(frontier, page, depths[page.place])
            elif not depths[page.place] and not self.depth:
                raise Refused(UNLISTED)
        self.tell(len(self.found))

    def _take_page(self, frontier: Frontier, page: Page, depth: int) -> None:
        if not page.text:
            return
        document = Document(page.title or name_of(page.place), page.text, page.place)
        wanted = plain_address(page.canonical, page.place) if page.canonical else None
        elsewhere = wanted is not None and page_key(wanted) != page_key(page.place)
        if wanted and elsewhere and site_of(wanted) == site_of(self.start):
            frontier.add([wanted], base=page.place, depth=depth)
            self.stand_ins.setdefault(page_key(wanted), document)
        else:
            self._add(document)

    def _add(self, document: Document) -> None:
        """Keep it, unless the same text or address is there, or there is too much already."""
        key = page_key(document.place)
        digest = hashlib.sha256(document.text.encode("utf-8", "replace")).hexdigest()
        full = len(self.found) >= self.max_pages or self.characters >= MAX_CHARACTERS
        if key in self.found or digest in self.digests or full:
            return
        self.digests.add(digest)
        self.characters += len(document.text)
        self.found[key] = Document(document.title[:MAX_TITLE], document.text, document.place)

    def _documents(self) -> list[Document]:
        """In an order that only changes with the site."""
        for key, document in self.stand_ins.items():
            if key not in self.found:
                self._add(document)
        if not self.found:
            raise Refused(self.problems[0] if self.problems else NOTHING)
        first = page_key(self.start)
        return sorted(self.found.values(), key=lambda it: (page_key(it.place) != first, it.place))
