"""`/api/v1/replays/` and the pages of the admin."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Business, User
from AI_model.models import Replay
from AI_model.testing.chats import SHIPPING, Chat, settle
from AI_model.testing.replays import replay
from settings_app.models import KnowledgeEntry
from settings_app.services import change_entry, delete_entry

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = "/api/v1/replays/"
NORWAY = "do you ship to norway"
REPAIR = "price of fixing a flat tyre"


@pytest.fixture
def asked(chat: Chat, knowledge: KnowledgeEntry) -> Chat:
    chat.ask(NORWAY)
    chat.ask(REPAIR)
    changed = SHIPPING.replace("five", "six")
    change_entry(entry=knowledge, changes={"answer": changed}, as_draft=True)
    delete_entry(entry=KnowledgeEntry.objects.exclude(pk=knowledge.pk).get(), as_draft=True)
    return chat


@pytest.fixture
def owner_pages(client: Client, owner: User) -> Client:
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    return client


def ask(api: APIClient, status: int = 202, **body: Any) -> dict[str, Any]:
    answer = api.post(ROOT, body, format="json")
    assert answer.status_code == status, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_it_is_asked_for_done_in_the_background_and_read(
    asked: Chat, owner_api: APIClient, owner: User
) -> None:
    begun = ask(owner_api, draft=True, days=3, most=10)
    assert (begun["state"], begun["against"], begun["who"]["id"]) == ("waiting", "draft", owner.pk)
    assert begun["draft_digest"] == owner_api.get("/api/v1/knowledge/draft/").json()["digest"]
    settle()

    done = owner_api.get(f"{ROOT}{begun['id']}/").json()
    assert (done["state"], done["done"], done["total"], done["money"]) == ("done", 2, 2, 0.0)
    assert done["summary"] == {
        "asked": 2,
        "answered": 1,
        "offered": 0,
        "handed_over": 1,
        "same": 0,
        "newly_answered": 0,
        "newly_handed_over": 1,
        "changed": 1,
    }
    assert [row["id"] for row in owner_api.get(ROOT).json()["results"]] == [begun["id"]]


def test_each_turn_has_a_difference_in_words(
    asked: Chat, business: Business, owner_api: APIClient
) -> None:
    done = replay(business, draft=True)
    page = owner_api.get(f"{ROOT}{done.pk}/turns/?verdict=changed").json()
    [turn] = page["results"]
    assert (page["count"], turn["question"], turn["verdict"]) == (1, NORWAY, "changed")
    assert turn["before"]["text"] == SHIPPING and turn["after"]["outcome"] == "answered"
    told = [(part["op"], part["text"].strip()) for part in turn["difference"]]
    assert ("removed", "five") in told and ("added", "six") in told
    assert turn["conversation_id"] == asked.conversation.pk
    whole = owner_api.get(f"{ROOT}{done.pk}/turns/").json()["results"]
    assert [turn["question"] for turn in whole] == [REPAIR, NORWAY]


def test_what_is_wrong_with_a_request_is_named(chat: Chat, owner_api: APIClient) -> None:
    assert "days" in ask(owner_api, 400, days=0)["fields"]
    assert "most" in ask(owner_api, 400, most=1001)["fields"]
    assert "to" in ask(owner_api, 400, to="me")["fields"]
    assert "Nothing is drafted" in ask(owner_api, 409, draft=True)["detail"]
    begun = ask(owner_api)
    assert "running already" in ask(owner_api, 409)["detail"]
    assert owner_api.get(f"{ROOT}{begun['id']}/turns/?verdict=odd").status_code == 400
    assert owner_api.post(f"{ROOT}{begun['id']}/stop/").json()["state"] == "stopped"
    assert owner_api.post(f"{ROOT}{begun['id']}/stop/").status_code == 409


def test_without_a_provider_nothing_begins(chat: Chat, owner_api: APIClient, settings: Any) -> None:
    settings.EMBEDDED_ANSWERS = False
    assert "provider" in ask(owner_api, 409)["detail"]


def test_it_is_for_owners_and_not_too_often(
    asked: Chat, agent_api: APIClient, owner_api: APIClient, settings: Any
) -> None:
    settings.ASK_USER_PER_MINUTE = 1
    assert agent_api.get(ROOT).status_code == agent_api.post(ROOT).status_code == 403
    begun = ask(owner_api)
    assert agent_api.get(f"{ROOT}{begun['id']}/turns/").status_code == 403
    ask(owner_api, 429)
    assert owner_api.get(ROOT).status_code == 200


def test_the_page_starts_one_shows_it_and_stops_it(
    asked: Chat, business: Business, owner_pages: Client
) -> None:
    draft_page = owner_pages.get("/admin/settings_app/knowledgedraft/").content.decode()
    assert "/admin/AI_model/replay/add/?against=draft" in draft_page
    words = {"against": "draft", "days": 7, "most": 50}
    begun = owner_pages.post("/admin/AI_model/replay/add/", words)
    started = Replay.objects.get()
    here = f"/admin/AI_model/replay/{started.pk}/"
    assert begun.headers["Location"] == f"{here}change/"
    assert "progress/" in owner_pages.get(f"{here}change/").content.decode()
    refused = owner_pages.post("/admin/AI_model/replay/add/", words, follow=True)
    assert "running already" in refused.content.decode()
    settle()

    page = owner_pages.get(f"{here}change/").content.decode()
    assert "<del>five</del> <ins>six</ins>" in page
    assert "nothing in the knowledge answers this" in page
    assert "hx-get" not in owner_pages.get(f"{here}progress/").content.decode()
    late = owner_pages.post(f"{here}stop/", follow=True).content.decode()
    assert "ended already" in late
    assert owner_pages.get(f"{here}stop/").status_code == 405


def test_a_customers_export_holds_what_was_replayed(asked: Chat, business: Business) -> None:
    from messaging.services.personal import registered_parts

    replay(business)
    [part] = [part for part in registered_parts() if part.name == "replays"]
    rows = [part.form(row) for row in part.rows([asked.conversation.pk])]  # type: ignore[misc]
    assert {row["question"] for row in rows} == {NORWAY, REPAIR}
    asked.conversation.delete()
    assert not Replay.objects.get().turns.exists()
