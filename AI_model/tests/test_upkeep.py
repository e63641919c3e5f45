"""What of a business's knowledge wants a look: the check, and what it found over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Business, User
from AI_model.learning.disagreeing import disagreement
from AI_model.models import AIRun, Episode, EpisodeEntry
from AI_model.testing.chats import settle
from messaging.models import Channel, Conversation, Customer, Message
from settings_app.models import KnowledgeEntry, KnowledgeSource
from settings_app.services import save_entry

UPKEEP = "/api/v1/knowledge/upkeep/"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api(owner: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(owner)
    return client


def add(business: Business, question: str, answer: str, *phrasings: str) -> KnowledgeEntry:
    return save_entry(business=business, question=question, answer=answer, phrasings=phrasings)


def check(api: APIClient) -> dict[str, Any]:
    assert api.post(UPKEEP).status_code == 202
    settle()
    found: dict[str, Any] = api.get(UPKEEP).json()
    assert found["checked_at"] and found["asked_at"] is None
    assert found["counts"] == {kind: len(some) for kind, some in found["findings"].items()}
    return found["findings"]  # type: ignore[no-any-return]


def titles(findings: list[dict[str, Any]]) -> list[set[str]]:
    return [{about["title"] for about in finding["about"]} for finding in findings]


def use(entry: KnowledgeEntry, channel: Channel, days_ago: int) -> None:
    day = timezone.now() - timedelta(days=days_ago)
    episode = Episode.objects.create(
        business=entry.business,
        channel_kind="webchat",
        number=Episode.objects.count(),
        opened_at=day,
        date=day.date(),
        answered_by="ai",
        resolution="open",
        counted_at=day,
    )
    EpisodeEntry.objects.create(business=entry.business, episode=episode, entry_id=entry.pk, uses=3)


def age(entry: Any, **days: int) -> None:
    times = {name: timezone.now() - timedelta(days=count) for name, count in days.items()}
    type(entry).objects.filter(pk=entry.pk).update(**times)


def test_entries_that_ask_the_same_are_duplicates_or_contradict_each_other(
    api: APIClient, business: Business
) -> None:
    add(business, "What does a repair cost?", "A small repair costs 15 euros.")
    add(business, "How much does a repair cost?", "A repair costs 20 euros.")
    add(business, "Do you ship to Norway?", "We ship to Norway.")
    add(
        business, "Do you deliver to Norway?", "We send parcels to Norway.", "Do you ship to Norway"
    )
    add(business, "When are you open?", "From nine to six.")
    add(
        *(business, "How long does delivery take?", "5 to 8 working days."),
        *("How fast do you ship?", "How many days until I get my bike?"),
    )
    add(
        *(business, "How long does a repair take?", "2 to 3 working days."),
        *("How fast can you fix my bike?", "How many days is my bike in service?"),
    )
    settle()
    found = check(api)
    assert titles(found["contradiction"]) == [
        {"What does a repair cost?", "How much does a repair cost?"}
    ]
    assert "15 euros" in found["contradiction"][0]["reason"]
    assert "20 euros" in found["contradiction"][0]["reason"]
    assert titles(found["duplicate"]) == [{"Do you ship to Norway?", "Do you deliver to Norway?"}]


def test_entries_of_different_days_do_not_contradict_each_other(
    api: APIClient, business: Business
) -> None:
    today = timezone.localdate()
    common: dict[str, Any] = {"business": business}
    save_entry(question="What does a repair cost?", answer="15 euros.", valid_to=today, **common)
    save_entry(
        question="How much does a repair cost?",
        answer="20 euros.",
        valid_from=today + timedelta(days=1),
        **common,
    )
    settle()
    assert check(api)["contradiction"] == []


def test_what_is_out_of_date_is_told_with_its_reason(
    api: APIClient, business: Business, webchat_channel: Channel
) -> None:
    ended = add(business, "Is there a summer sale?", "Yes.")
    ended.valid_to = timezone.localdate() - timedelta(days=3)
    ended.save()
    old, forgotten = (add(business, question, "Yes.") for question in ("Old?", "Older?"))
    age(old, updated_at=400)
    age(forgotten, updated_at=400)
    use(old, webchat_channel, days_ago=5)
    source = {"business": business, "kind": "web", "refresh_hours": 24, "live": 1}
    late = KnowledgeSource.objects.create(title="Late", state="ready", **source)
    age(late, checked_at=3)
    fresh = KnowledgeSource.objects.create(title="Fresh", state="ready", **source)
    age(fresh, checked_at=1)
    KnowledgeSource.objects.create(title="Gone", state="failed", problem="No answer.", **source)
    found = check(api)["stale"]
    reasons = {finding["about"][0]["title"]: finding["reason"] for finding in found}
    assert set(reasons) == {"Is there a summer sale?", "Old?", "Late", "Gone"}
    assert "last day" in reasons["Is there a summer sale?"]
    assert "3 times in 90 days" in reasons["Old?"]
    assert "every 24 hours" in reasons["Late"] and "No answer." in reasons["Gone"]


def test_an_entry_that_no_answer_rested_on_is_named_once_it_is_a_month_old(
    api: APIClient, business: Business, webchat_channel: Channel
) -> None:
    used, unused, new, once = (
        add(business, question, "Yes.") for question in ("Used?", "Unused?", "New?", "Once?")
    )
    for entry in (used, unused, once):
        age(entry, created_at=40)
    assert check(api)["unused"] == [], "nothing was used at all: nothing is known"
    use(used, webchat_channel, days_ago=80)
    use(once, webchat_channel, days_ago=100)
    assert titles(check(api)["unused"]) == [{"Unused?"}, {"Once?"}]
    assert new.pk


def test_an_entry_with_one_phrasing_gets_the_words_that_it_answered(
    api: APIClient, business: Business, webchat_channel: Channel
) -> None:
    lonely = add(business, "Do you ship to Norway?", "Yes.")
    add(business, "When are you open?", "From nine.", "Opening hours?")
    customer = Customer.objects.create(
        business=business, channel=webchat_channel, external_id="x", name="Ana Silva"
    )
    thread = Conversation.objects.create(
        business=business, channel=webchat_channel, customer=customer, external_id="x"
    )
    common: dict[str, Any] = {"business": business, "conversation": thread}
    asked = "Hello! I'm Ana, do you send parcels to Oslo? My mail is ana@example.com"
    Message.objects.create(seq=1, revision=1, type="customer", text=asked, **common)
    AIRun.objects.create(
        from_seq=1,
        upto_seq=1,
        epoch=0,
        outcome="answered",
        passages=[{"id": lonely.pk, "kind": "entry", "title": "x", "score": 0.9}],
        **common,
    )
    (finding,) = check(api)["one_phrasing"]
    assert finding["about"][0]["title"] == "Do you ship to Norway?"
    (suggestion,) = finding["suggestions"]
    assert "send parcels to Oslo?" in suggestion
    assert "Ana" not in suggestion and "example" not in suggestion


def test_only_the_owner_asks_for_a_check_and_nobody_sees_another_businesss(
    api: APIClient, agent: User, other_owner: User, business: Business
) -> None:
    add(business, "Ours?", "Yes.")
    check(api)
    theirs, colleague = APIClient(), APIClient()
    theirs.force_authenticate(other_owner)
    colleague.force_authenticate(agent)
    assert theirs.get(UPKEEP).json()["checked_at"] is None
    assert colleague.get(UPKEEP).json()["counts"]["one_phrasing"] == 1
    assert colleague.post(UPKEEP).status_code == 403


@pytest.mark.parametrize(
    ("one", "other", "against"),
    [
        ("A repair costs 15 euros.", "It costs 20 euros.", "15 euros"),
        ("We open at 9:00.", "We open at 10:00.", "9:00"),
        ("It takes 3 days.", "It takes 5 days.", "3 days"),
        ("A repair costs 15 euros.", "15 euros for a repair.", ""),
        ("It takes 3 days.", "It costs 20 euros.", ""),
        ("We ship to Norway.", "We ship to Norway within 5 days.", ""),
        ("Yes, dogs are allowed.", "No, dogs are not allowed.", "yes"),
        ("It takes two weeks.", "It takes 14 days.", ""),
    ],
)
def test_answers_disagree_where_figures_or_yes_and_no_differ(
    one: str, other: str, against: str
) -> None:
    for first, second in ((one, other), (other, one)):
        found = disagreement(first, second)
        assert bool(found) == bool(against), found
        assert against in found
