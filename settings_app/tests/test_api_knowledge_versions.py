"""Drafts, publishing, versions and going back over REST."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Business, SettingChange, User
from settings_app.models import KnowledgeDraft, KnowledgeEntry
from settings_app.selectors import knowledge_version
from settings_app.services import save_entry, save_prompts

pytestmark = pytest.mark.django_db
KNOWLEDGE = "/api/v1/knowledge/"
DRAFT, PUBLISH = f"{KNOWLEDGE}draft/", f"{KNOWLEDGE}publish/"
VERSIONS, ROLLBACK = f"{KNOWLEDGE}versions/", f"{KNOWLEDGE}rollback/"


def body(question: str = "Do you ship?", answer: str = "Yes.", **words: Any) -> dict[str, Any]:
    return {"question": question, "answer": answer, **words}


def send(api: APIClient, method: str, path: str, data: Any = None, status: int = 200) -> Any:
    answer = getattr(api, method)(path, data, format="json")
    assert answer.status_code == status, answer.content
    return answer.json() if answer.content else None


def listed(api: APIClient, query: str = "") -> list[str]:
    return [row["question"] for row in send(api, "get", f"{KNOWLEDGE}{query}")["results"]]


def test_a_draft_is_written_read_published_and_undone(
    owner_api: APIClient, business: Business, owner: User
) -> None:
    kept = send(owner_api, "post", KNOWLEDGE, body("Kept?", "Old."), 201)["id"]
    gone = send(owner_api, "post", KNOWLEDGE, body("Gone?"), 201)["id"]
    new = send(owner_api, "post", f"{KNOWLEDGE}?draft=true", body("New?"), 201)
    send(owner_api, "patch", f"{KNOWLEDGE}{kept}/?draft=true", {"answer": "New."})
    send(owner_api, "delete", f"{KNOWLEDGE}{gone}/?draft=true", status=204)
    new_path = f"{KNOWLEDGE}{new['id']}/"
    send(owner_api, "put", f"{new_path}?draft=true", body("Newer?"))

    assert set(listed(owner_api)) == {"Kept?", "Gone?"}
    assert set(listed(owner_api, "?draft=true")) == {"Kept?", "Newer?"}
    assert send(owner_api, "get", f"{KNOWLEDGE}{kept}/")["answer"] == "Old."
    assert send(owner_api, "get", f"{KNOWLEDGE}{kept}/?draft=true")["answer"] == "New."
    send(owner_api, "get", f"{KNOWLEDGE}{gone}/?draft=true", status=404)
    send(owner_api, "get", new_path, status=404)
    assert knowledge_version(business.pk) == 2

    draft = send(owner_api, "get", DRAFT)
    assert draft["digest"] and draft["changes"]["count"] == 3
    changes = {row["id"]: row for row in draft["changes"]["results"]}
    assert (changes[kept]["before"]["answer"], changes[kept]["after"]["answer"]) == ("Old.", "New.")
    assert changes[gone]["after"] is None and changes[new["id"]]["before"] is None

    made = send(owner_api, "post", PUBLISH)
    assert made["number"] == 3 and made["who"] == {"id": owner.pk, "name": owner.display_name}
    assert made["counts"] == {"added": 1, "changed": 1, "deleted": 1}
    assert set(listed(owner_api)) == {"Kept?", "Newer?"}
    assert send(owner_api, "get", DRAFT) == {
        "digest": None,
        "changes": {"count": 0, "next": None, "previous": None, "results": []},
    }
    back = send(owner_api, "post", ROLLBACK, {"version": 2})
    assert (back["number"], back["summary"]) == (4, "Back to version 2")
    assert {row.pk: row.answer for row in KnowledgeEntry.objects.all()} == {
        kept: "Old.",
        gone: "Yes.",
    }
    logged = SettingChange.objects.filter(subject="knowledge", field="version")
    assert [(row.after, row.via) for row in logged.order_by("pk")] == [(3, "api"), (4, "api")]


def test_versions_tell_who_changed_what_from_what_to_what(
    owner_api: APIClient, business: Business, owner: User
) -> None:
    save_prompts(business=business, texts={"manual_prompt": "Be kind."})
    entry = send(owner_api, "post", KNOWLEDGE, body(answer="Old."), 201)["id"]
    send(owner_api, "patch", f"{KNOWLEDGE}{entry}/", {"answer": "New."})
    save_prompts(business=business, texts={"manual_prompt": "Be brief."})
    page = send(owner_api, "get", VERSIONS)
    assert [row["number"] for row in page["results"]] == [4, 3, 2, 1]
    assert [row["via"] for row in page["results"]] == ["", "api", "api", ""]
    assert [row["counts"]["added"] for row in page["results"]] == [0, 0, 1, 0]
    third = send(owner_api, "get", f"{VERSIONS}3/")
    (change,) = third["changes"]["results"]
    assert (change["kind"], change["id"]) == ("entry", entry)
    assert (change["before"]["answer"], change["after"]["answer"]) == ("Old.", "New.")
    (prompts,) = send(owner_api, "get", f"{VERSIONS}4/")["changes"]["results"]
    assert prompts == {
        "kind": "prompts",
        "id": "",
        "before": {"manual_prompt": "Be kind."},
        "after": {"manual_prompt": "Be brief."},
    }


def test_long_lists_come_in_pages(owner_api: APIClient, business: Business) -> None:
    for number in range(5):
        save_entry(business=business, question=f"Live {number}?", answer="A")
        save_entry(business=business, question=f"Drafted {number}?", answer="A", as_draft=True)
    found: list[str] = []
    address = f"{KNOWLEDGE}?draft=true&page_size=3"
    while address:
        page = send(owner_api, "get", address)
        found += [row["question"] for row in page["results"]]
        address = page["next"]
    assert page["count"] == 10
    assert found[:5] == [f"Drafted {number}?" for number in (4, 3, 2, 1, 0)]
    assert found[5:] == [f"Live {number}?" for number in (4, 3, 2, 1, 0)]
    draft = send(owner_api, "get", f"{DRAFT}?page=2&page_size=3")["changes"]
    assert (draft["count"], len(draft["results"]), draft["next"]) == (5, 2, None)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=SHIP", {"Do you ship?"}),
        ("tag=post", {"Do you ship?"}),
        ("language=de", {"Wo?"}),
        ("is_active=false", {"Do you ship?"}),
        ("search=ship&is_active=true", set()),
    ],
)
def test_the_drafted_list_is_narrowed_as_the_live_one(
    owner_api: APIClient, business: Business, query: str, found: set[str]
) -> None:
    save_entry(business=business, question="Wo?", answer="Hier.", language="de")
    entry = send(owner_api, "post", KNOWLEDGE, body(), 201)["id"]
    changes = {"tags": ["post"], "is_active": False}
    send(owner_api, "patch", f"{KNOWLEDGE}{entry}/?draft=true", changes)
    assert set(listed(owner_api, f"?draft=true&{query}")) == found


def test_entries_hold_the_days_they_are_valid(owner_api: APIClient) -> None:
    made = send(owner_api, "post", KNOWLEDGE, body(valid_from="2026-12-01"), 201)
    assert (made["valid_from"], made["valid_to"]) == ("2026-12-01", None)
    path = f"{KNOWLEDGE}{made['id']}/"
    refused = send(owner_api, "patch", path, {"valid_to": "2026-11-30"}, 400)
    assert "before it begins" in refused["detail"]
    send(owner_api, "patch", f"{path}?draft=true", {"valid_to": "2026-12-01"})
    assert send(owner_api, "get", f"{path}?draft=true")["valid_to"] == "2026-12-01"
    assert "valid_to" in send(owner_api, "patch", path, {"valid_to": "soon"}, 400)["fields"]


@pytest.mark.parametrize(
    ("method", "path", "data", "status"),
    [
        ("post", PUBLISH, None, 409),
        ("delete", DRAFT, None, 409),
        ("post", ROLLBACK, {"version": 1}, 409),
        ("post", ROLLBACK, {"version": 2}, 404),
        ("post", ROLLBACK, {"version": 2**70}, 400),
        ("post", ROLLBACK, {}, 400),
        ("get", f"{VERSIONS}2/", None, 404),
        ("get", f"{VERSIONS}{2**70}/", None, 404),
        ("get", f"{KNOWLEDGE}?draft=maybe", None, 400),
        ("post", f"{KNOWLEDGE}?draft=maybe", body("Other?"), 400),
        ("post", f"{KNOWLEDGE}?draft=true", body(), 409),
    ],
)
def test_what_can_not_be_done_says_so(
    owner_api: APIClient, business: Business, method: str, path: str, data: Any, status: int
) -> None:
    save_entry(business=business, question="Do you ship?", answer="Yes.")
    refused = send(owner_api, method, path, data, status)
    assert refused["detail"] and refused["code"]
    assert knowledge_version(business.pk) == 1 and not KnowledgeDraft.objects.exists()


def test_agents_read_versions_and_the_draft_and_change_nothing(
    agent_api: APIClient, business: Business
) -> None:
    save_entry(business=business, question="Q", answer="A")
    draft = save_entry(business=business, question="New?", answer="A", as_draft=True)
    for path in (DRAFT, VERSIONS, f"{VERSIONS}1/", f"{KNOWLEDGE}{draft.pk}/?draft=true"):
        send(agent_api, "get", path)
    for method, path, data in (
        ("post", PUBLISH, None),
        ("delete", DRAFT, None),
        ("post", ROLLBACK, {"version": 1}),
        ("post", f"{KNOWLEDGE}?draft=true", body()),
        ("patch", f"{KNOWLEDGE}{draft.pk}/?draft=true", {"answer": "B"}),
        ("delete", f"{KNOWLEDGE}{draft.pk}/?draft=true", None),
    ):
        send(agent_api, method, path, data, 403)
    assert KnowledgeDraft.objects.get(state__question="New?").object_id == draft.pk


def test_another_businesss_draft_is_as_missing_as_none(
    owner_api: APIClient, other_business: Business
) -> None:
    theirs = save_entry(business=other_business, question="Theirs?", answer="A", as_draft=True)
    for method in ("get", "put", "patch", "delete"):
        path = f"{KNOWLEDGE}{theirs.pk}/?draft=true"
        send(owner_api, method, path, None if method == "get" else body(), 404)
    assert listed(owner_api, "?draft=true") == []
    assert send(owner_api, "get", DRAFT)["changes"]["count"] == 0
