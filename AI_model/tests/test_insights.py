"""`/insights/`: each figure leads to the conversations that make it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from AI_model.services.episodes import refresh
from AI_model.testing.history import History
from messaging.models import Channel

pytestmark = pytest.mark.django_db
LINK = re.compile(r'href="(/insights/conversations/\?[^"]+)">([\d,]+)<')
BARS = re.compile(
    r'href="(/insights/conversations/\?[^"]+)">[^<]+</a>\s*<span class="number">([\d,]+)<'
)


@pytest.fixture
def page(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
def history(webchat_channel: Channel) -> None:
    first = timezone.now() - timedelta(days=12)
    story = History(webchat_channel, seed="insights", first=first, days=11, conversations=60)
    story.write(timezone.now())
    refresh(webchat_channel.business)


def text_of(page: Client, path: str) -> str:
    response = page.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def listed(html: str) -> int:
    found = re.search(r"([\d,]+) conversations?,", html)
    assert found is not None
    return int(found[1].replace(",", ""))


def test_before_anything_happened_it_says_what_will_stand_here(page: Client) -> None:
    html = text_of(page, "/insights/")
    assert "No conversation in these days" in html
    assert "Look at the channels" in html


def test_each_number_lists_as_many_conversations(page: Client, history: None) -> None:
    html = text_of(page, "/insights/?days=30")
    links = [*LINK.findall(html), *BARS.findall(html)]
    # The one number here that counts calls and not conversations.
    links = [link for link in links if "unpriced" not in link[0]]
    assert len(links) >= 8
    for path, number in links:
        assert listed(text_of(page, path.replace("&amp;", "&"))) == int(number.replace(",", ""))


def test_every_link_of_the_page_leads_somewhere(page: Client, history: None) -> None:
    html = text_of(page, "/insights/?days=30")
    paths = {path.replace("&amp;", "&") for path in re.findall(r'href="(/insights/[^"]+)"', html)}
    assert any("metric=hour:" in path for path in paths)
    for path in paths:
        text_of(page, path)


def test_a_conversation_is_one_click_away(page: Client, history: None) -> None:
    html = text_of(page, "/insights/conversations/?metric=answered_by:ai&days=30")
    links = re.findall(r'href="(/inbox/\w+/)"', html)
    assert links
    assert page.get(links[0]).status_code == 200


def test_many_conversations_come_in_pages_of_the_same_list(page: Client, history: None) -> None:
    first = text_of(page, "/insights/conversations/?days=30")
    if listed(first) > 50:
        assert "?metric=conversations&amp;days=30&amp;page=2" in first


def test_an_unknown_figure_is_refused_in_a_sentence(page: Client) -> None:
    response = page.get("/insights/conversations/?metric=luck")
    assert response.status_code == 400
    assert "luck" in response.content.decode()


@pytest.mark.parametrize("days", ["", "0", "-1", "ten", "99999999", "٣٠"])
def test_days_that_are_no_choice_mean_the_usual_ones(page: Client, days: str) -> None:
    html = text_of(page, f"/insights/?days={days}")
    assert 'href="?days=30" aria-current="true"' in html


def test_agents_see_it_and_strangers_log_in_first(agent: User, staff: User) -> None:
    client = Client()
    assert client.get("/insights/").status_code == 302
    client.force_login(agent)
    assert client.get("/insights/").status_code == 200
    client.force_login(staff)
    assert client.get("/insights/").status_code == 403


def test_nothing_of_another_business_shows(other_owner: User, history: None) -> None:
    client = Client()
    client.force_login(other_owner)
    assert "No conversation in these days" in text_of(client, "/insights/")
    assert listed(text_of(client, "/insights/conversations/?days=365")) == 0


def test_a_year_takes_no_more_statements_than_a_week(page: Client, history: None) -> None:
    text_of(page, "/insights/")
    counts = []
    for days in (7, 365):
        with CaptureQueriesContext(
            connection,
        ) as found:
            text_of(page, f"/insights/?days={days}")
        counts.append(len(found))
    assert counts[0] == counts[1] <= 12
