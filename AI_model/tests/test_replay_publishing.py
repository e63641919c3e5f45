"""With “replay before publishing” a draft counts only once it was replayed just as it is."""

import pytest
from rest_framework.test import APIClient

from accounts.models import Business, User
from AI_model.models import AIModelConfig, Replay
from AI_model.services.replay_rows import start_replay
from AI_model.testing.replays import replay
from settings_app.models import KnowledgeEntry
from settings_app.services import change_entry, save_draft

pytestmark = pytest.mark.django_db(transaction=True)

PUBLISH, PROMPTS = "/api/v1/knowledge/publish/", "/api/v1/prompts/publish/"


@pytest.fixture
def gated(business: Business, owner: User, knowledge: KnowledgeEntry) -> Business:
    AIModelConfig.objects.create(business=business, replay_before_publishing=True)
    draft(knowledge, "Once.")
    return business


def draft(entry: KnowledgeEntry, answer: str) -> None:
    change_entry(entry=entry, changes={"answer": answer}, as_draft=True)


def refused(api: APIClient, address: str = PUBLISH) -> bool:
    answer = api.post(address, {}, format="json")
    assert answer.status_code in {200, 409}, answer.content
    if answer.status_code == 409:
        assert "run a replay" in answer.json()["detail"]
    return answer.status_code == 409


def test_a_draft_is_refused_until_just_this_one_was_replayed_to_the_end(
    gated: Business, knowledge: KnowledgeEntry, owner_api: APIClient
) -> None:
    assert refused(owner_api)
    replay(gated)
    assert refused(owner_api), "of what is published"
    started = start_replay(business=gated, user=None, draft=True, ring=False)
    assert refused(owner_api), "not done"
    Replay.objects.filter(pk=started.pk).update(state="stopped")
    assert refused(owner_api), "stopped"
    replay(gated, draft=True)
    draft(knowledge, "Twice.")
    assert refused(owner_api), "another draft"
    replay(gated, draft=True)

    assert not refused(owner_api)
    knowledge.refresh_from_db()
    assert knowledge.answer == "Twice."


def test_a_replay_from_before_another_version_does_not_count(
    gated: Business, knowledge: KnowledgeEntry, owner_api: APIClient
) -> None:
    replay(gated, draft=True)
    other = KnowledgeEntry.objects.exclude(pk=knowledge.pk).get()
    change_entry(entry=other, changes={"answer": "It costs 20 euros."})
    assert refused(owner_api)


def test_the_prompts_alone_are_held_back_too(
    gated: Business, knowledge: KnowledgeEntry, owner_api: APIClient
) -> None:
    owner_api.delete("/api/v1/knowledge/draft/")
    save_draft(business=gated, texts={"manual_prompt": "Be brief."})
    assert refused(owner_api, PROMPTS)
    replay(gated, draft=True)
    assert not refused(owner_api, PROMPTS)


def test_going_back_is_never_held_back(gated: Business, owner_api: APIClient) -> None:
    body = {"version": 1}
    assert owner_api.post("/api/v1/knowledge/rollback/", body, format="json").status_code == 200


def test_without_the_switch_nothing_is_held_back(gated: Business, owner_api: APIClient) -> None:
    AIModelConfig.objects.update(replay_before_publishing=False)
    assert not refused(owner_api)


def test_another_businesss_replay_opens_nothing(
    gated: Business, other_business: Business, owner_api: APIClient
) -> None:
    done = replay(gated, draft=True)
    Replay.objects.filter(pk=done.pk).update(business=other_business)
    assert refused(owner_api)
