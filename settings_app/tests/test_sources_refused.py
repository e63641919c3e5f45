"""What is no source, where none may lead, and who may not make one."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Business, User
from settings_app.models import KnowledgeSource
from settings_app.tests.site_server import Site
from settings_app.tests.source_calls import ADDRESS, add, send, shown

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_network")]

BAD = [
    ({}, ""),
    ({"text": "x"}, "title"),
    ({"title": "x", "text": "  "}, "text"),
    ({"url": "https://a.example", "text": "x", "title": "x"}, ""),
    ({"title": "x", "text": "x", "max_pages": 5}, "max_pages"),
    ({"url": "https://93.184.216.34/", "max_pages": 501}, "max_pages"),
    ({"url": "https://93.184.216.34/", "follow_links": -1}, "follow_links"),
    ({"url": "https://93.184.216.34/", "refresh_hours": 0}, "refresh_hours"),
    ({"url": "https://93.184.216.34/", "colour": "red"}, "colour"),
    ({"url": "file:///etc/passwd"}, "url"),
    ({"url": "x" * 3_000}, "url"),
]


@pytest.mark.parametrize(("body", "named"), BAD)
def test_what_is_no_source_is_refused(pages: Client, body: dict[str, Any], named: str) -> None:
    answer = send(pages, "POST", ADDRESS, body)
    assert answer.status_code == 400, answer.content
    assert not named or named in answer.json()["fields"]
    assert not KnowledgeSource.objects.exists()


INSIDE = [
    *("http://127.0.0.1/", "localhost", "http://2130706433/", "http://[::1]/", "http://10.0.0.1/"),
    *("http://169.254.169.254/latest/", "http://127。0。0。1/", "http://user@93.184.216.34/"),
    *("http://93.184.216.34:22/", "http://93.184.216.34:6379/", "gopher://93.184.216.34/"),
    *("http://0x7f000001/", "http://[::ffff:7f00:1]/", "http://localhost./", "http://0/"),
]


@pytest.mark.parametrize("url", INSIDE)
def test_addresses_that_lead_inside_are_refused_when_they_are_added_or_changed(
    pages: Client, business: Business, settings: Any, url: str
) -> None:
    settings.TRUST_PRIVATE_ENDPOINTS = False
    assert send(pages, "POST", ADDRESS, {"url": url}).status_code == 400
    assert not KnowledgeSource.objects.exists()
    source = KnowledgeSource.objects.create(business=business, kind="web", title="x", url="x")
    answer = send(pages, "PATCH", f"{ADDRESS}{source.pk}/", {"url": url})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["url"])


def test_an_address_that_leads_inside_later_gets_no_request(
    pages: Client, site: Site, settings: Any, work: Any
) -> None:
    source_id = add(pages, url=site.url)["id"]
    settings.TRUST_PRIVATE_ENDPOINTS = False
    work()
    assert shown(pages, source_id)["problem"].endswith("leads to an address that is not public.")
    assert site.asked == []


def test_an_agent_looks_and_changes_nothing(
    client: Client, agent: User, pages: Client, site: Site, work: Any
) -> None:
    source_id = add(pages, url=site.url)["id"]
    work()
    client.force_login(agent, backend="accounts.backends.UsernameOrEmailBackend")
    assert client.get(ADDRESS).json()["count"] == 1
    for method, path in [
        ("POST", ADDRESS),
        ("PATCH", f"{ADDRESS}{source_id}/"),
        ("DELETE", f"{ADDRESS}{source_id}/"),
        ("POST", f"{ADDRESS}{source_id}/read/"),
        ("POST", f"{ADDRESS}{source_id}/pending/"),
        ("DELETE", f"{ADDRESS}{source_id}/pending/"),
    ]:
        assert send(client, method, path, {"title": "x", "text": "y"}).status_code == 403, path


def test_a_list_of_many_sources_takes_no_more_statements_than_of_one(
    pages: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        add(pages, title=f"Text {number}", text="Words.")
    with django_assert_max_num_queries(8):
        told = pages.get(f"{ADDRESS}?kind=text&pending=false").json()
    assert told["count"] == 12 and told["results"][0]["pages"] == 1


def test_a_body_nested_beyond_reason_is_bad_input(client: Client, owner: User) -> None:
    client.force_login(owner)
    answer = client.post(
        "/api/v1/knowledge/sources/", "[" * 50_000, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")
