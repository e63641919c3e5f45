"""The prompts over REST: drafts, versions, publishing, rolling back."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import Business, SettingChange, User
from core.lib.errors import Conflict
from settings_app.models import AIPrompts, AIPromptsVersion
from settings_app.selectors import knowledge_version
from settings_app.services import publish_prompts, roll_back_prompts, save_draft, save_prompts

pytestmark = pytest.mark.django_db
PROMPTS = "/api/v1/prompts/"
TEXTS = ("manual_prompt", "knowledge_source", "product_service", "question_answer")


@pytest.fixture
def prompts(business: Business) -> AIPrompts:
    return save_prompts(
        business=business, texts={"manual_prompt": "Be kind.", "product_service": "Bikes."}
    )


def test_a_business_without_prompts_shows_empty_ones(owner_api: APIClient) -> None:
    body = owner_api.get(PROMPTS).json()
    assert set(body) == {*TEXTS, "version", "draft", "updated_at"}
    assert (body["version"], body["draft"], body["manual_prompt"]) == (0, None, "")
    assert not AIPrompts.objects.exists()


@pytest.mark.parametrize("kind", ["json", "multipart"])
def test_a_draft_changes_nothing_until_it_is_published(
    owner_api: APIClient, prompts: AIPrompts, kind: str
) -> None:
    known = knowledge_version(prompts.business_id)
    saved = owner_api.put(PROMPTS, {"manual_prompt": "Be brief."}, format=kind).json()
    assert (saved["version"], saved["manual_prompt"]) == (prompts.version, "Be kind.")
    assert saved["draft"]["manual_prompt"] == "Be brief."
    assert saved["draft"]["product_service"] == "Bikes."
    assert knowledge_version(prompts.business_id) == known

    published = owner_api.post(f"{PROMPTS}publish/", format=kind).json()
    assert (published["version"], published["draft"]) == (prompts.version + 1, None)
    assert published["manual_prompt"] == "Be brief."
    assert knowledge_version(prompts.business_id) == known + 1
    assert owner_api.get(PROMPTS).json() == published


def test_drafts_grow_and_end_when_they_no_longer_differ(
    owner_api: APIClient, prompts: AIPrompts
) -> None:
    owner_api.put(PROMPTS, {"manual_prompt": "Be brief."}, format="json")
    grown = owner_api.put(PROMPTS, {"question_answer": "Q: A?\nA: B."}, format="json").json()
    assert grown["draft"]["manual_prompt"] == "Be brief."
    owner_api.put(PROMPTS, {"manual_prompt": "Be kind."}, format="json")
    assert owner_api.put(PROMPTS, {"question_answer": ""}, format="json").json()["draft"] is None


def test_without_a_difference_there_is_nothing_to_publish(
    owner_api: APIClient, prompts: AIPrompts
) -> None:
    for body in ({}, {"manual_prompt": "Be kind."}):
        answer = owner_api.post(f"{PROMPTS}publish/", body, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert AIPrompts.objects.get().version == prompts.version


def test_an_old_version_comes_back_as_a_new_one(owner_api: APIClient, prompts: AIPrompts) -> None:
    old = prompts.version
    save_prompts(business=prompts.business, texts={"manual_prompt": "Be rude."})
    owner_api.put(PROMPTS, {"product_service": "Boats."}, format="json")
    back = owner_api.post(f"{PROMPTS}rollback/", {"version": old}, format="json").json()
    assert (back["version"], back["manual_prompt"]) == (old + 2, "Be kind.")
    assert back["draft"]["product_service"] == "Boats."
    versions = owner_api.get(f"{PROMPTS}versions/").json()
    assert [row["version"] for row in versions["results"]] == [4, 3, 2, 1]
    assert versions["results"][0]["manual_prompt"] == "Be kind."
    one = owner_api.get(f"{PROMPTS}versions/3/").json()
    assert (one["version"], one["manual_prompt"]) == (3, "Be rude.")
    assert owner_api.get(f"{PROMPTS}versions/3/").json() == versions["results"][1]
    noted = SettingChange.objects.get(subject="prompts")
    assert (noted.user and noted.user.username, noted.field) == ("owner", "version")
    assert (noted.before, noted.after) == (3, 4)


@pytest.mark.parametrize("number", ["5", "0", "99999999999999999999", "9" * 5000])
def test_a_version_that_never_was_is_missing(
    owner_api: APIClient, prompts: AIPrompts, number: str
) -> None:
    assert owner_api.get(f"{PROMPTS}versions/{number}/").status_code == 404


@pytest.mark.parametrize(("version", "status"), [(9, 404), (0, 400), (2**40, 400), ("x", 400)])
def test_only_a_known_version_is_rolled_back_to(
    owner_api: APIClient, prompts: AIPrompts, version: object, status: int
) -> None:
    answer = owner_api.post(f"{PROMPTS}rollback/", {"version": version}, format="json")
    assert answer.status_code == status


def test_agents_read_and_do_not_publish(agent_api: APIClient, prompts: AIPrompts) -> None:
    save_draft(business=prompts.business, texts={"manual_prompt": "Be brief."})
    assert agent_api.get(PROMPTS).status_code == 200
    assert agent_api.get(f"{PROMPTS}versions/").status_code == 200
    assert agent_api.put(PROMPTS, {"manual_prompt": "X"}, format="json").status_code == 403
    assert agent_api.post(f"{PROMPTS}publish/").status_code == 403
    assert agent_api.post(f"{PROMPTS}rollback/", {"version": 1}).status_code == 403
    assert AIPrompts.objects.get().version == prompts.version


def at_once(*calls: Callable[[], object]) -> list[object]:
    """What each call gave, or the Conflict it met."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        start.wait(10)
        try:
            return call()
        except Conflict as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.mark.django_db(transaction=True)
def test_publishers_at_once_make_a_version_each(business: Business, owner: User) -> None:
    save_prompts(business=business, texts={"manual_prompt": "first"})

    def publish(word: str) -> Callable[[], object]:
        return lambda: publish_prompts(business=business, user=owner, texts={"manual_prompt": word})

    words = [f"by {number}" for number in range(6)]
    made = at_once(
        *map(publish, words), lambda: roll_back_prompts(business=business, user=owner, version=1)
    )
    assert not [refusal for refusal in made if isinstance(refusal, Conflict)]
    kept = AIPromptsVersion.objects.filter(version__gt=2).order_by("version")
    assert [row.version for row in kept] == list(range(3, 10))
    assert {row.texts["manual_prompt"] for row in kept} == {*words, ""}
    assert AIPrompts.objects.get().version == 9
    assert AIPrompts.objects.get().manual_prompt == kept[6].texts["manual_prompt"]


@pytest.mark.django_db(transaction=True)
def test_one_draft_is_published_once(business: Business, owner: User) -> None:
    save_prompts(business=business, texts={"manual_prompt": "first"})
    save_draft(business=business, texts={"manual_prompt": "second"})
    made = at_once(*[lambda: publish_prompts(business=business, user=owner)] * 3)
    assert len([answer for answer in made if isinstance(answer, AIPrompts)]) == 1
    assert AIPromptsVersion.objects.order_by("-version").first().version == 3  # type: ignore[union-attr]
