"""Sites on loopback, read as the background reads them."""

import gzip
import io
from collections.abc import Iterator
from typing import Any

import docx
import pytest

from core.lib.http import Resolve
from settings_app.reading.shapes import Document, Reading, Refused
from settings_app.tests.site_server import Served, Site, a_site
from settings_app.web.addresses import page_key
from settings_app.web.crawl import Crawl
from settings_app.web.fetching import Fetcher


@pytest.fixture(autouse=True)
def no_transaction(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Nothing is asked of the database, but whoever waits gives the connection back."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def site() -> Iterator[Site]:
    with a_site() as site:
        site.page("/", "We sell kites of every colour.", links=["/a", "/b"])
        site.page("/a", "Delivery takes three days.", links=["/c"])
        site.page("/b", "Returns are free within 14 days.")
        site.page("/c", "Our shop is in Bremen.")
        yield site


def crawl(site: Site, path: str = "/", depth: int = 1, pages: int = 50, **more: Any) -> Reading:
    fetcher = more.pop("fetcher", None) or Fetcher(pause=0, allow_private=True)
    return Crawl(site.url + path, depth, pages, fetcher, **more).read()


def paths(site: Site, reading: Reading) -> list[str]:
    return [document.place.removeprefix(site.url) for document in reading.documents]


def texts(reading: Reading) -> str:
    return "\n".join(document.text for document in reading.documents)


def refused(site: Site, *args: Any, **more: Any) -> str:
    with pytest.raises(Refused) as caught:
        crawl(site, *args, **more)
    return caught.value.reason.replace(site.url.removeprefix("http://"), "SITE")


def known(site: Site, reading: Reading) -> dict[str, Document]:
    return {page_key(document.place): document for document in reading.documents}


@pytest.mark.parametrize(
    ("depth", "wanted"),
    [(0, ["/"]), (1, ["/", "/a", "/b"]), (2, ["/", "/a", "/b", "/c"])],
)
def test_pages_are_read_as_far_away_as_wanted(site: Site, depth: int, wanted: list[str]) -> None:
    reading = crawl(site, depth=depth)
    assert paths(site, reading) == wanted
    assert reading.problems == []
    assert reading.documents[0].title == "Home" and "kites" in reading.documents[0].text


def test_no_more_pages_are_read_than_wanted(site: Site) -> None:
    site.page("/", "Many.", links=[f"/{number}" for number in range(50)])
    for number in range(50):
        site.page(f"/{number}", f"Page number {number}.")
    reading = crawl(site, pages=7)
    assert len(reading.documents) == 7
    assert reading.problems == ["Only 7 pages were read; raise the limit to read more."]
    assert len(site.asked) < 20


def test_what_robots_txt_forbids_is_not_asked_for(site: Site) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /a\n", "text/plain")
    assert paths(site, crawl(site)) == ["/", "/b"]
    assert "/a" not in site.asked


def test_a_forbidden_start_is_refused_in_one_sentence(site: Site) -> None:
    site.put("/robots.txt", "User-agent: Deskbell\nDisallow: /\n", "text/plain")
    wanted = "The robots.txt of SITE asks programs not to read this address."
    assert refused(site) == wanted
    assert site.asked == ["/robots.txt"]


def test_the_sitemap_leads_to_pages_that_no_link_leads_to(site: Site) -> None:
    index = f"<sitemapindex><sitemap><loc>{site.url}/m.xml.gz</loc></sitemap></sitemapindex>"
    pages = f"<urlset><url><loc>{site.url}/lonely</loc></url></urlset>"
    site.put("/robots.txt", f"Sitemap: {site.url}/index.xml", "text/plain")
    site.put("/index.xml", index, "application/xml")
    site.put("/m.xml.gz", gzip.compress(pages.encode()), "application/gzip")
    site.page("/lonely", "Nobody links here.")
    assert "/lonely" in paths(site, crawl(site))
    assert "/lonely" not in paths(site, crawl(site, depth=0))


def test_the_sitemap_of_a_whole_shop_is_not_read_for_one_folder(site: Site) -> None:
    locs = "".join(f"<url><loc>{site.url}{path}</loc></url>" for path in ("/help/x", "/c"))
    site.put("/sitemap.xml", f"<urlset>{locs}</urlset>", "application/xml")
    site.page("/help/", "Ask us.")
    site.page("/help/x", "This helps.")
    assert paths(site, crawl(site, "/help/")) == ["/help/", "/help/x"]


def test_redirects_on_the_site_are_followed_and_known_pages_not_read_twice(site: Site) -> None:
    site.send_on("/a", "/new", 301)
    site.page("/new", "Delivery takes two days.")
    site.page("/", "Kites.", links=["/a", "/new", "/b"])
    assert paths(site, crawl(site)) == ["/", "/b", "/new"]


def test_redirects_without_an_end_and_to_other_hosts_are_problems(site: Site) -> None:
    site.send_on("/a", "/a2")
    site.send_on("/a2", "/a")
    site.send_on("/b", "https://elsewhere.example/b")
    reading = crawl(site)
    assert paths(site, reading) == ["/"]
    assert site.asked.count("/a") + site.asked.count("/a2") == 4
    assert [problem.partition(" ")[2] for problem in reading.problems] == [
        "leads from address to address without an end.",
        "leads to elsewhere.example, which is not read with this site.",
    ]


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest", "http://localhost:1/", "file:///etc/passwd", "//["]
)
def test_a_start_that_redirects_inside_is_refused(site: Site, target: str) -> None:
    site.send_on("/", target)
    assert "which is not read" in refused(site) or "no web address" in refused(site)


def test_a_name_that_changes_its_address_between_two_pages_is_refused(site: Site) -> None:
    """DNS rebinding: each request resolves and checks anew."""
    answers = iter(["127.0.0.1", "127.0.0.1", "127.0.0.1", "169.254.169.254"])

    async def resolve(host: str, port: int) -> list[str]:
        return [next(answers, "169.254.169.254")]

    reading = crawl(site, fetcher=Fetcher(0, allow_private=True, resolve=resolve))
    assert paths(site, reading) == ["/"]
    assert reading.problems[0].endswith("leads to an address that is not public.")
    assert "/a" not in site.asked and "/b" not in site.asked


def leads_to(*addresses: str) -> Resolve:
    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve


@pytest.mark.parametrize("inside", [["127.0.0.1"], ["10.0.0.8"], ["93.184.216.34", "::1"]])
def test_a_name_that_leads_inside_gets_no_request(site: Site, inside: list[str]) -> None:
    named = site.url.replace("127.0.0.1", "shop.example")
    fetcher = Fetcher(0, resolve=leads_to(*inside))
    with pytest.raises(Refused) as caught:
        Crawl(f"{named}/", 1, 50, fetcher).read()
    assert caught.value.reason.endswith("leads to an address that is not public.")
    assert site.asked == []


def test_a_page_that_fails_is_a_line_and_not_the_end(site: Site) -> None:
    site.fail("/a", 500)
    reading = crawl(site)
    assert paths(site, reading) == ["/", "/b"]
    assert reading.problems == [f"{site.url}/a answers with 500."]
    assert "secret" not in str(reading)


def test_a_start_that_fails_ends_the_reading(site: Site) -> None:
    site.fail("/", 503)
    assert refused(site) == "http://SITE/ answers with 503."


def test_a_server_that_is_away_is_said_to_be() -> None:
    fetcher = Fetcher(0, allow_private=True)
    with pytest.raises(Refused) as caught:
        Crawl("http://127.0.0.1:9/", 0, 1, fetcher).read()
    assert caught.value.reason.endswith("is not public.")
    with pytest.raises(Refused) as caught:
        Crawl("http://127.0.0.1:9998/", 0, 1, fetcher).read()
    assert caught.value.reason == "127.0.0.1:9998 can't be reached."


def test_a_known_page_that_fails_for_now_keeps_its_text(site: Site) -> None:
    before = known(site, crawl(site))
    site.fail("/a", 502)
    reading = crawl(site, known=before)
    assert paths(site, reading) == ["/", "/a", "/b"] and "three days" in texts(reading)
    site.fail("/a", 404)
    assert paths(site, crawl(site, known=before)) == ["/", "/b"]


def test_when_most_known_pages_fail_nothing_is_taken_away(site: Site) -> None:
    before = known(site, crawl(site))
    site.fail("/a")
    site.fail("/b")
    wanted = "2 of the 3 pages known so far can't be read now; what was known stays."
    assert refused(site, known=before) == wanted


def test_pages_that_say_noindex_are_not_read(site: Site) -> None:
    site.page("/a", "Secret offer.", head='<meta name="Robots" content="noindex, follow">')
    site.pages["/b"].headers["X-Robots-Tag"] = "noindex"
    site.page("/", "Kites.", links=["/a", "/b"])
    assert paths(site, crawl(site, depth=2)) == ["/"]
    assert refused(site, "/a", 0) == "This page asks not to be listed (noindex), so it is not read."


def test_links_that_say_nofollow_are_not_followed(site: Site) -> None:
    site.put("/", '<p>Kites.</p><a rel="nofollow" href="/a">a</a><a href="/b">b</a>', "text/html")
    assert paths(site, crawl(site)) == ["/", "/b"]


def test_a_canonical_address_takes_the_place_of_its_copies(site: Site) -> None:
    for copy in ("/a?sort=up", "/a?sort=down"):
        site.page(copy, "Delivery takes three days.", head='<link rel="canonical" href="/a">')
    site.page("/", "Kites.", links=["/a?sort=up", "/a?sort=down"])
    assert paths(site, crawl(site)) == ["/", "/a"]


def test_a_page_stands_in_for_a_canonical_one_that_is_not_there(site: Site) -> None:
    site.page("/a", "Delivery takes three days.", head='<link rel="canonical" href="/gone">')
    reading = crawl(site)
    assert "/a" in paths(site, reading)
    site.page("/a", "Hello.", head='<link rel="canonical" href="https://elsewhere.example/">')
    assert "/a" in paths(site, crawl(site))


def test_the_same_text_is_kept_once(site: Site) -> None:
    site.pages["/b"] = site.pages["/a"]
    assert paths(site, crawl(site)) == ["/", "/a"]


def test_files_are_read_by_their_kind(site: Site) -> None:
    word = docx.Document()
    word.add_paragraph("Wholesale begins at fifty kites.")
    stream = io.BytesIO()
    word.save(stream)
    site.put("/terms.docx", stream.getvalue(), "application/octet-stream")
    site.put("/notes.md", "# Notes\n\nKites need wind.", "text/markdown")
    site.put("/broken.pdf", b"%PDF-1.4 broken", "application/pdf")
    site.put("/photo", b"\x89PNG", "image/png")
    site.page("/", "Kites.", links=["/terms.docx", "/notes.md", "/broken.pdf", "/photo", "/x.png"])
    reading = crawl(site)
    assert paths(site, reading) == ["/", "/notes.md", "/terms.docx"]
    assert "fifty kites" in texts(reading) and "# Notes" in texts(reading)
    assert len(reading.problems) == 1 and "damaged" in reading.problems[0]
    assert "/x.png" not in site.asked


def test_a_start_that_is_no_text_is_refused(site: Site) -> None:
    site.put("/", b"\x89PNG", "image/png")
    assert refused(site) == "There is no text at this address that can be read."
    site.put("/", "<html><body><script>app()</script></body></html>", "text/html")
    assert refused(site) == "There is no text at this address that can be read."


def test_charsets_are_the_servers_the_pages_or_told_by_the_letters(site: Site) -> None:
    words = "<title>x</title><p>Größe und Maße für Drachen</p>"
    site.put("/a", words.encode("cp1252"), "text/html; charset=windows-1252")
    meta = "<meta http-equiv='content-type' content='text/html; charset=koi8-r'>"
    site.put("/b", (meta + "<p>Воздушные змеи летают</p>").encode("koi8_r"), "text/html")
    reading = crawl(site)
    assert "Größe und Maße" in texts(reading) and "Воздушные змеи" in texts(reading)


def test_what_nobody_sees_on_a_page_is_not_knowledge(site: Site) -> None:
    hidden = [
        '<p style="display:none">CANARY one</p>',
        "<p hidden>CANARY two</p>",
        "<!-- CANARY three -->",
        "<script>CANARY four</script><style>CANARY five {}</style>",
        "<template>CANARY six</template><noscript>CANARY seven</noscript>",
        '<p style="font-size:0px">CANARY eight</p><div aria-hidden="true">CANARY nine</div>',
        '<p style="position:absolute; left:-9999px">CANARY ten</p>',
        '<img alt="" src="https://canary.example/?q=1"><iframe srcdoc="CANARY eleven"></iframe>',
    ]
    site.page(
        "/a", "Delivery takes\u200b three days.", *hidden, "".join(map(chr, (0xE0041, 0x202E)))
    )
    text = texts(crawl(site))
    assert "CANARY" not in text and "canary" not in text
    assert "Delivery takes three days." in text


def test_a_page_that_kills_its_reader_costs_only_itself(site: Site) -> None:
    site.put("/a", b"<div>" * 500_000, "text/html")
    site.put("/b", "<p>Returns are free within 14 days.</p>", "text/html")
    assert "/b" in paths(site, crawl(site))


def test_time_and_bytes_are_bounded_and_what_was_known_stays(site: Site) -> None:
    before = known(site, crawl(site))
    fetcher = Fetcher(0, allow_private=True, most_bytes=len(site.pages["/"].body) + 30)
    reading = crawl(site, known=before, fetcher=fetcher)
    assert paths(site, reading) == ["/", "/a", "/b"]
    assert reading.problems[-1] == "The site is large or slow: the reading stopped after 1 pages."


def test_a_page_that_is_too_large_is_a_problem(site: Site) -> None:
    site.pages["/a"] = Served(b"<p>x</p>" * 500_000)
    reading = crawl(site)
    assert reading.problems == [f"{site.url}/a is too large."]


def test_requests_keep_the_pause_that_the_site_asks_for(site: Site) -> None:
    site.put("/robots.txt", "User-agent: *\nCrawl-delay: 2\n", "text/plain")
    fetcher = Fetcher(0, allow_private=True)
    Crawl(f"{site.url}/c", 0, 1, fetcher)._ask_robots()
    assert fetcher.pause == 2


def test_the_order_of_pages_does_not_follow_the_order_of_links(site: Site) -> None:
    first = crawl(site)
    site.page("/", "We sell kites of every colour.", links=["/b", "/a"])
    assert crawl(site).documents == first.documents
