"""The script that an owner embeds, the demo shop, and what they are made with."""

import json

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.models import Business
from messaging.models import Channel
from messaging.webchat.look import contrast, ink_on, valid_colour
from messaging.webchat.script import snippet
from settings_app.models import KnowledgeEntry

pytestmark = pytest.mark.django_db


def look_in(script: str) -> dict[str, str]:
    line = next(line for line in script.splitlines() if line.startswith("const LOOK = "))
    found: dict[str, str] = json.loads(line.removeprefix("const LOOK = ").removesuffix(";"))
    return found


def test_the_script_carries_the_public_look_and_no_secret(
    client: Client, webchat_channel: Channel
) -> None:
    webchat_channel.settings = {"colour": "#FFD400", "greeting": "Ahoy", "note": "internal"}
    webchat_channel.secrets = {"token": "very-secret"}
    webchat_channel.save()
    answer = client.get(f"/widget/{webchat_channel.id}/widget.js")
    script = answer.content.decode()
    look = look_in(script)
    assert (look["name"], look["greeting"]) == ("Kite Bikes", "Ahoy")
    assert (look["colour"], look["ink"]) == ("#ffd400", "#000000")
    assert "very-secret" not in script and "internal" not in script
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "public, max-age=300"
    assert not answer.cookies


def test_a_name_with_markup_stays_data(client: Client, webchat_channel: Channel) -> None:
    name = "</script><script>alert(1)</script>\u2028\"'\\"
    Business.objects.update(name=name)
    script = client.get(f"/widget/{webchat_channel.id}/widget.js").content.decode()
    assert "</script>" not in script and "\u2028" not in script
    assert look_in(script)["name"] == name


def test_an_unchanged_script_is_not_sent_again(client: Client, webchat_channel: Channel) -> None:
    address = f"/widget/{webchat_channel.id}/widget.js"
    tag = client.get(address)["ETag"]
    assert client.get(address, HTTP_IF_NONE_MATCH=tag).status_code == 304
    Business.objects.update(name="Renamed")
    assert client.get(address, HTTP_IF_NONE_MATCH=tag).status_code == 200


def test_the_snippet_is_one_script_tag_of_the_public_address(
    webchat_channel: Channel, settings: LazySettings
) -> None:
    settings.PUBLIC_URL = "https://desk.example"
    address = f"https://desk.example/widget/{webchat_channel.id}/widget.js"
    assert snippet(webchat_channel) == f'<script src="{address}" async></script>'


def test_the_demo_shop_embeds_the_widget_like_a_customer(
    client: Client, webchat_channel: Channel, business: Business
) -> None:
    webchat_channel.settings = {"demo": True}
    webchat_channel.save()
    KnowledgeEntry.objects.create(business=business, question="Do you <repair> it?", answer="Yes")
    page = client.get("/widget/demo/").content.decode()
    assert f'<script src="/widget/{webchat_channel.id}/widget.js" async></script>' in page
    assert page.count("<script") == 1
    assert "Kite Bikes" in page
    assert "Do you &lt;repair&gt; it?" in page


def test_without_a_demo_shop_its_page_says_so(client: Client, webchat_channel: Channel) -> None:
    answer = client.get("/widget/demo/")
    assert answer.status_code == 404
    assert "There is no demo shop here" in answer.content.decode()


@pytest.mark.parametrize(
    "colour", ["#000000", "#ffffff", "#0b6760", "#ffd400", "#777777", "#ff0000"]
)
def test_words_on_any_colour_can_be_read(colour: str) -> None:
    assert contrast(ink_on(colour), colour) >= 4.5


@pytest.mark.parametrize("value", ["red", "#fff", "#12345g", "url(x)", None, 5, "#0000000"])
def test_what_is_no_colour_becomes_ours(value: object) -> None:
    assert valid_colour(value) == "#0b6760"
