"""Addresses, robots.txt, sitemaps and what is read next: decisions without a network."""

import gzip

import pytest
from django_celery_beat.models import PeriodicTask
from hypothesis import given
from hypothesis import strategies as st

from settings_app.maintenance import read_due_sources
from settings_app.web.addresses import is_page, may_follow, page_key, plain_address, site_of
from settings_app.web.frontier import SAME_DATES, SAME_PATH, Frontier
from settings_app.web.robots import read_robots
from settings_app.web.sitemap import MAX_ADDRESSES, read_sitemap

BASE = "https://shop.example/help/a.html"


@pytest.mark.parametrize(
    ("link", "wanted"),
    [
        ("b.html", "https://shop.example/help/b.html"),
        ("/b#part", "https://shop.example/b"),
        ("?page=2", "https://shop.example/help/a.html?page=2"),
        ("//other.example/x", "https://other.example/x"),
        ("https://Shop.Example:443/x/../y", "https://shop.example/y"),
        ("http://shop.example:80", "http://shop.example/"),
        ("/a?utm_source=x&b=1&fbclid=2", "https://shop.example/a?b=1"),
        ("/a;jsessionid=1F?sid=3", "https://shop.example/a"),
        ("/größe", "https://shop.example/gr%C3%B6%C3%9Fe"),
        ("https://münchen.example/", "https://xn--mnchen-3ya.example/"),
        ("/a b", "https://shop.example/a%20b"),
        ("/a%20b?q=a%26b", "https://shop.example/a%20b?q=a%26b"),
        ("mailto:a@b.example", None),
        ("javascript:alert(1)", None),
        ("tel:+49", None),
        ("https://user:pw@shop.example/", None),
        ("https://[::1", None),
        ("https://shop.example:99999/", None),
        ("/" + "a" * 2_000, None),
    ],
)
def test_addresses_are_written_in_one_way(link: str, wanted: str | None) -> None:
    assert plain_address(link, BASE) == wanted


@given(st.text(max_size=60))
def test_whatever_a_page_calls_a_link_is_an_address_or_none(link: str) -> None:
    found = plain_address(link, BASE)
    assert found is None or (found.isascii() and plain_address(found) == found)


def test_one_page_has_one_key() -> None:
    same = ["http://www.shop.example/a/", "https://shop.example/a", "https://shop.example/a/"]
    assert len({page_key(address) for address in same}) == 1
    assert page_key("https://shop.example/a?x=1&y=2") == page_key("https://shop.example/a?y=2&x=1")
    assert page_key("https://shop.example/a?x=1") != page_key("https://shop.example/a")
    assert site_of("https://shop.example:8443/") != site_of("https://shop.example/")


@pytest.mark.parametrize(
    ("here", "there", "may"),
    [
        ("http://shop.example/", "https://www.shop.example/en/", True),
        ("https://www.shop.example/", "https://shop.example/", True),
        ("https://shop.example/", "http://shop.example/", False),
        ("https://shop.example/", "https://other.example/", False),
        ("https://shop.example/", "https://shop.example.evil.example/", False),
        ("https://shop.example/", "https://shop.example:8443/", False),
    ],
)
def test_redirects_stay_on_the_site_and_keep_tls(here: str, there: str, may: bool) -> None:
    assert may_follow(here, there) is may


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("/a/b.html", True),
        ("/terms.pdf", True),
        ("/photo.JPG", False),
        ("/feed.xml", False),
        ("/x/x/x/x/", False),
        ("/" + "/".join(map(str, range(14))), False),
    ],
)
def test_pictures_and_endless_paths_are_no_pages(path: str, read: bool) -> None:
    assert is_page(f"https://shop.example{path}") is read


def walked(frontier: Frontier) -> list[str]:
    found = []
    while following := frontier.take():
        found.append(following[0].removeprefix("https://shop.example"))
    return found


def test_pages_are_taken_once_the_near_ones_first_and_only_of_the_site() -> None:
    frontier = Frontier("https://shop.example/", depth=1)
    links = ["/a", "/a#x", "a/", "https://www.shop.example/a", "/b", "https://other.example/"]
    frontier.add(links, base="https://shop.example/", depth=1)
    frontier.add(["/far"], base="https://shop.example/a", depth=2)
    assert walked(frontier) == ["/", "/a", "/b"]


def test_filters_and_calendars_are_not_endless() -> None:
    frontier = Frontier("https://shop.example/", depth=1)
    filters = [f"/list?colour={number}" for number in range(500)]
    days = [f"/events/20{year}-{month:02}-01" for year in range(10, 40) for month in range(1, 13)]
    frontier.add([*filters, *days, "/list", "/contact"], base=frontier.start, depth=1)
    found = walked(frontier)
    assert sum("colour" in path for path in found) == SAME_PATH
    assert sum("events" in path for path in found) == SAME_DATES
    assert found[-2:] == ["/list", "/contact"]


ROBOTS = b"""\xef\xbb\xbf# ours
User-agent: other
Disallow: /

User-agent: *
Disallow: /private/
Disallow: /*.pdf$
Disallow: /search?
Allow: /private/open
Disallow: /kom%66ort
Crawl-delay: 30
Sitemap: https://shop.example/map.xml
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True),
        ("/private/x", False),
        ("/private/open.html", True),
        ("/a/terms.pdf", False),
        ("/a/terms.pdf?x=1", True),
        ("/search?q=1", False),
        ("/search", True),
        ("/komfort", False),
        ("/robots.txt", True),
    ],
)
def test_the_longest_rule_of_robots_txt_decides(path: str, allowed: bool) -> None:
    assert read_robots(200, ROBOTS).allows(f"https://shop.example{path}") is allowed


def test_rules_for_deskbell_go_before_those_for_everybody() -> None:
    text = b"User-agent: *\nDisallow: /\n\nUser-agent: Deskbell/2\nUser-agent: x\nDisallow: /no\n"
    robots = read_robots(200, text)
    assert robots.allows("https://shop.example/") and not robots.allows("https://shop.example/no")


def test_delays_are_bounded_and_sitemaps_are_found() -> None:
    robots = read_robots(200, ROBOTS)
    assert (robots.delay, robots.sitemaps) == (5.0, ["https://shop.example/map.xml"])
    assert read_robots(200, b"user-agent: *\ncrawl-delay: soon").delay == 0


def test_a_missing_robots_txt_allows_all_and_a_broken_server_nothing() -> None:
    page = "https://shop.example/"
    assert read_robots(404, b"").allows(page) and read_robots(403, b"").allows(page)
    assert not read_robots(503, b"").allows(page)


def test_a_rule_of_many_stars_takes_no_time() -> None:
    rule = b"user-agent: *\ndisallow: /" + b"*a" * 5_000 + b"*b$"
    assert read_robots(200, rule).allows("https://shop.example/" + "a" * 900)


MAP = (
    b'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    b"<url><loc> https://shop.example/a?x=1&amp;y=2 </loc><i:image xmlns:i='i'><i:loc>no</i:loc>"
    b"</i:image></url><url><loc>https://shop.example/b</loc></url></urlset>"
)


def test_sitemaps_are_read_plain_packed_and_as_lines() -> None:
    wanted = ["https://shop.example/a?x=1&y=2", "https://shop.example/b"]
    assert read_sitemap(MAP).pages == wanted
    assert read_sitemap(gzip.compress(MAP)).pages == wanted
    assert read_sitemap(b"https://shop.example/b\nrubbish\n").pages == wanted[1:]


def test_an_index_names_other_sitemaps() -> None:
    index = b"<sitemapindex><sitemap><loc>https://shop.example/1.xml</loc></sitemap></sitemapindex>"
    assert read_sitemap(index).others == ["https://shop.example/1.xml"]


def test_entities_bombs_and_rubbish_end_the_reading_of_a_sitemap() -> None:
    bomb = b'<!DOCTYPE u [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><urlset><url><loc>&b;</loc></url>'
    assert read_sitemap(bomb).pages == []
    assert read_sitemap(b'<!DOCTYPE u SYSTEM "file:///etc/passwd"><urlset/>').pages == []
    assert read_sitemap(MAP[:-40]).pages[0].startswith("https://shop.example/a")
    assert read_sitemap(gzip.compress(MAP)[:30]).others == []
    many = b"<urlset>" + b"<url><loc>https://a.example/</loc></url>" * 9_000
    assert len(read_sitemap(many).pages) == MAX_ADDRESSES
    packed = gzip.compress(b"<urlset>" + b" " * 60_000_000)
    assert read_sitemap(packed).pages == []


@given(st.binary(max_size=200))
def test_whatever_a_site_sends_as_a_map_or_rules_is_read(body: bytes) -> None:
    read_sitemap(body)
    read_sitemap(b"<urlset>" + body)
    read_robots(200, b"user-agent: *\ndisallow: " + body).allows("https://shop.example/a")


@pytest.mark.django_db
def test_beat_knows_when_to_look_for_what_is_due() -> None:
    rows = PeriodicTask.objects.filter(task="settings_app.maintenance.read_due_sources")
    assert rows.count() == 1 and read_due_sources.name == rows.get().task
