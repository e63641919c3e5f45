"""The business's entries over REST."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Business, User
from core.testing.fixtures import PASSWORD
from settings_app.models import KnowledgeEntry
from settings_app.selectors import knowledge_version
from settings_app.services import save_entry

pytestmark = pytest.mark.django_db
KNOWLEDGE = "/api/v1/knowledge/"
FIELDS = {
    *("id", "question", "answer", "phrasings", "tags", "language", "is_active"),
    *("valid_from", "valid_to", "created_at", "updated_at"),
}


@pytest.fixture
def entry(business: Business) -> KnowledgeEntry:
    return save_entry(
        business=business,
        question="Do you ship?",
        answer="Yes, in two days.",
        phrasings=["Can you send it?"],
        tags=["Versand", "größe"],
        language="en",
    )


def path_of(entry: KnowledgeEntry) -> str:
    return f"{KNOWLEDGE}{entry.pk}/"


def test_an_entry_is_made_read_changed_and_deleted(
    owner_api: APIClient, business: Business
) -> None:
    body = {"question": " Open on  Sunday? ", "answer": "No.", "tags": ["hours"], "language": "EN"}
    made = owner_api.post(KNOWLEDGE, body, format="json")
    assert made.status_code == 201, made.content
    assert set(made.json()) == FIELDS
    assert (made.json()["question"], made.json()["language"]) == ("Open on Sunday?", "en")
    place = f"{KNOWLEDGE}{made.json()['id']}/"
    assert owner_api.get(place).json() == made.json()
    changed = owner_api.patch(place, {"is_active": False}, format="json").json()
    assert (changed["is_active"], changed["tags"]) == (False, ["hours"])
    replaced = owner_api.put(place, {"question": "Sunday?", "answer": "No."}, format="json").json()
    assert (replaced["is_active"], replaced["tags"], replaced["language"]) == (True, [], "")
    assert owner_api.delete(place).status_code == 204
    assert owner_api.get(place).status_code == 404
    assert knowledge_version(business.pk) == 4


def test_a_form_makes_an_entry_that_is_in_use(owner_api: APIClient) -> None:
    body = {"question": "Q", "answer": "A", "tags": ["one", "two"], "phrasings": ["P"]}
    made = owner_api.post(KNOWLEDGE, body, format="multipart").json()
    assert (made["tags"], made["phrasings"], made["is_active"]) == (["one", "two"], ["P"], True)


@pytest.mark.parametrize("kind", ["json", "multipart"])
def test_a_part_changes_only_itself(owner_api: APIClient, entry: KnowledgeEntry, kind: str) -> None:
    before = owner_api.get(path_of(entry)).json()
    after = owner_api.patch(path_of(entry), {"answer": "Yes."}, format=kind).json()
    assert after == before | {"answer": "Yes.", "updated_at": after["updated_at"]}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2),
        ("search=two+DAYS", 1),
        ("tag=gr%C3%B6%C3%9Fe", 1),
        ("tag=gr", 0),
        ("tag=%25", 0),
        ("language=EN", 1),
        ("is_active=false", 1),
        ("is_active=true&tag=Versand&language=en&search=ship", 1),
    ],
)
def test_the_list_is_narrowed(
    owner_api: APIClient, entry: KnowledgeEntry, query: str, found: int
) -> None:
    save_entry(business=entry.business, question="Old?", answer="Gone.", is_active=False)
    assert owner_api.get(f"{KNOWLEDGE}?{query}").json()["count"] == found


def test_the_list_comes_in_pages(owner_api: APIClient, business: Business) -> None:
    for number in range(3):
        save_entry(business=business, question=f"Question {number}", answer="A")
    page = owner_api.get(f"{KNOWLEDGE}?page_size=2").json()
    assert (page["count"], len(page["results"]), page["previous"]) == (3, 2, None)
    rest = owner_api.get(page["next"]).json()
    assert [row["question"] for row in [*page["results"], *rest["results"]]] == [
        "Question 2",
        "Question 1",
        "Question 0",
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"answer": "A"}, "question"),
        ({"question": "Q", "answer": "A", "color": "red"}, "color"),
        ({"question": "Q" * 501, "answer": "A"}, "question"),
        ({"question": "Q", "answer": "A", "tags": "one"}, "tags"),
        ({"question": "Q", "answer": "A", "tags": [["one"]]}, "tags"),
    ],
)
def test_what_is_wrong_is_named(owner_api: APIClient, body: dict[str, Any], field: str) -> None:
    answer = owner_api.post(KNOWLEDGE, body, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


def test_the_same_question_twice_is_a_conflict(owner_api: APIClient, entry: KnowledgeEntry) -> None:
    body = {"question": entry.question, "answer": "A"}
    assert owner_api.post(KNOWLEDGE, body, format="json").status_code == 409


def test_agents_read_and_do_not_write(agent_api: APIClient, entry: KnowledgeEntry) -> None:
    assert agent_api.get(KNOWLEDGE).status_code == agent_api.get(path_of(entry)).status_code == 200
    for method, path in (
        ("post", KNOWLEDGE),
        ("put", path_of(entry)),
        ("patch", path_of(entry)),
        ("delete", path_of(entry)),
    ):
        answer = getattr(agent_api, method)(path, {"question": "Q", "answer": "A"}, format="json")
        assert answer.status_code == 403, method
    assert KnowledgeEntry.objects.get().question == entry.question


def test_platform_staff_have_no_entries(api_client: APIClient, staff: User) -> None:
    login = {"username": "staff", "password": PASSWORD}
    token = api_client.post("/auth/login", login, format="json").json()["access_token"]
    api_client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert api_client.get(KNOWLEDGE).status_code == 403
