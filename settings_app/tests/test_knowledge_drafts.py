"""What is drafted counts when it is published, all at once; and an old version comes back."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from accounts.models import Business, SettingChange, User
from core.lib.errors import Conflict, NotFound
from settings_app import drafts
from settings_app.history import entries_at, sources_at
from settings_app.models import (
    AIPrompts,
    KnowledgeDraft,
    KnowledgeEntry,
    KnowledgeSource,
    KnowledgeVersion,
    SourceContent,
)
from settings_app.selectors import knowledge_version, live_documents
from settings_app.services import (
    change_entry,
    checks,
    delete_entry,
    publish_knowledge,
    publish_prompts,
    register_publishing_check,
    roll_back_knowledge,
    save_draft,
    save_entry,
    save_prompts,
)
from settings_app.tests.knowledge_rows import (
    add_entry,
    add_reading,
    add_source,
    at_once,
    let_count,
    questions,
)
from settings_app.versions import source_state

pytestmark = pytest.mark.django_db


def entry_of(pk: str) -> KnowledgeEntry:
    return KnowledgeEntry.objects.get(pk=pk)


def drafted_questions(business: Business) -> set[str]:
    return {entry.question for entry in drafts.drafted_entries(business.pk)}


def switch_off_in_draft(source: KnowledgeSource, **changes: Any) -> None:
    state = source_state(source) | {"is_active": False} | changes
    with drafts.drafting(source.business_id):
        drafts.keep_drafts(source.business_id, "source", {source.pk: state})


def test_a_draft_changes_nothing_until_it_is_published(business: Business, owner: User) -> None:
    kept, gone = add_entry(business, "Kept?"), add_entry(business, "Gone?")
    source = add_source(business, "Terms")
    switch_off_in_draft(source)
    change_entry(entry=entry_of(kept), changes={"answer": "New."}, as_draft=True, user=owner)
    delete_entry(entry=entry_of(gone), as_draft=True, user=owner)
    new = save_entry(business=business, question="New?", answer="Yes.", as_draft=True, user=owner)
    save_draft(business=business, texts={"manual_prompt": "Be brief."})
    assert questions(business) == {"Kept?", "Gone?"} and knowledge_version(business.pk) == 3
    assert drafted_questions(business) == {"Kept?", "New?"}
    assert list(drafts.drafted_documents(business.pk)) == []
    assert drafts.drafted_prompts(business.pk).manual_prompt == "Be brief."  # type: ignore[union-attr]

    assert publish_knowledge(business=business, user=owner, via="page") == 4
    assert {row.pk: row.answer for row in KnowledgeEntry.objects.all()} == {
        kept: "New.",
        new.pk: "Yes.",
    }
    assert list(live_documents(business.pk)) == []
    assert AIPrompts.objects.get().manual_prompt == "Be brief."
    version = KnowledgeVersion.objects.get(number=4)
    assert (version.user, version.via, version.prompts_version) == (owner, "page", 2)
    assert set(entries_at(business.pk, 4)) == {kept, new.pk}
    assert drafts.draft_changes(business.pk) == []
    noted = SettingChange.objects.get(subject="knowledge")
    assert (noted.before, noted.after, noted.user) == (3, 4, owner)


def test_the_difference_can_be_read(business: Business) -> None:
    kept = add_entry(business, "Kept?", "Old.")
    change_entry(entry=entry_of(kept), changes={"answer": "New."}, as_draft=True)
    save_draft(business=business, texts={"manual_prompt": "Be brief."})
    prompts, change = drafts.draft_changes(business.pk)
    assert (prompts["kind"], prompts["after"]) == ("prompts", {"manual_prompt": "Be brief."})
    assert (change["kind"], change["id"]) == ("entry", kept)
    assert (change["before"]["answer"], change["after"]["answer"]) == ("Old.", "New.")


def test_a_draft_goes_on_from_the_draft_and_ends_where_it_began(business: Business) -> None:
    entry = entry_of(add_entry(business, "Q", "A"))
    change_entry(entry=entry, changes={"answer": "B"}, as_draft=True)
    changed = change_entry(entry=entry, changes={"tags": ["x"]}, as_draft=True)
    assert (changed.answer, changed.tags, changed.pk) == ("B", ["x"], entry.pk)
    assert KnowledgeDraft.objects.count() == 1
    change_entry(entry=entry, changes={"answer": "A", "tags": []}, as_draft=True)
    assert not KnowledgeDraft.objects.exists()
    with pytest.raises(Conflict, match="nothing to publish"):
        publish_knowledge(business=business, user=None)  # type: ignore[arg-type]


def test_an_entry_that_is_only_drafted_can_be_changed_and_dropped(business: Business) -> None:
    entry = save_entry(business=business, question="Q", answer="A", as_draft=True)
    change_entry(entry=entry, changes={"answer": "B"}, as_draft=True)
    assert drafts.drafted_entry(business.pk, entry.pk).answer == "B"
    with pytest.raises(NotFound):
        change_entry(entry=entry, changes={"answer": "C"})
    delete_entry(entry=entry, as_draft=True)
    assert not KnowledgeDraft.objects.exists()
    with pytest.raises(NotFound):
        drafts.drafted_entry(business.pk, entry.pk)


def test_two_entries_may_not_ask_the_same_in_the_draft(business: Business) -> None:
    one = entry_of(add_entry(business, "One?"))
    two = entry_of(add_entry(business, "Two?"))
    with pytest.raises(Conflict, match="this question already"):
        save_entry(business=business, question="One?", answer="A", as_draft=True)
    change_entry(entry=one, changes={"question": "Three?"}, as_draft=True)
    with pytest.raises(Conflict):
        change_entry(entry=two, changes={"question": "Three?"}, as_draft=True)
    change_entry(entry=two, changes={"question": "One?"}, as_draft=True)


def test_questions_may_change_places(business: Business, owner: User) -> None:
    one = entry_of(add_entry(business, "One?"))
    two = entry_of(add_entry(business, "Two?"))
    for entry, words in ((one, "Spare?"), (two, "One?"), (one, "Two?")):
        change_entry(entry=entry, changes={"question": words}, as_draft=True)
    publish_knowledge(business=business, user=owner)
    assert (entry_of(one.pk).question, entry_of(two.pk).question) == ("Two?", "One?")


def test_a_draft_that_meets_a_newer_entry_with_its_question_is_refused_whole(
    business: Business, owner: User
) -> None:
    first = save_entry(business=business, question="First?", answer="A", as_draft=True)
    save_entry(business=business, question="Parking?", answer="Drafted.", as_draft=True)
    add_entry(business, "Parking?", "Live.")
    with pytest.raises(Conflict, match="Two entries would ask “Parking"):
        publish_knowledge(business=business, user=owner)
    assert questions(business) == {"Parking?"} and knowledge_version(business.pk) == 1
    assert drafts.drafted_entry(business.pk, first.pk).question == "First?"


def test_the_digest_changes_with_the_draft_and_with_what_lies_beneath(business: Business) -> None:
    entry = entry_of(add_entry(business, "Q"))
    assert drafts.draft_digest(business.pk) == ""
    seen = set()
    for step in range(4):
        if step == 2:
            add_entry(business, "Beneath?")
        elif step == 3:
            save_draft(business=business, texts={"manual_prompt": "Be brief."})
        else:
            change_entry(entry=entry, changes={"answer": str(step)}, as_draft=True)
        digest = drafts.draft_digest(business.pk)
        assert digest == drafts.draft_digest(business.pk)
        seen.add(digest)
    assert len(seen) == 4


def test_discarding_forgets_all_that_is_drafted(business: Business, owner: User) -> None:
    save_entry(business=business, question="Q", answer="A", as_draft=True)
    save_draft(business=business, texts={"manual_prompt": "Be brief."})
    drafts.discard_draft(business=business, user=owner)
    assert drafts.draft_changes(business.pk) == [] and AIPrompts.objects.get().draft is None
    with pytest.raises(Conflict, match="no draft"):
        drafts.discard_draft(business=business, user=owner)


@pytest.fixture
def allowed() -> Iterator[set[str]]:
    """Digests that may be published; no others."""
    known = list(checks._checks)
    digests: set[str] = set()
    register_publishing_check(lambda _, digest: "" if digest in digests else "Replay it first.")
    yield digests
    checks._checks[:] = known


def test_a_check_allows_exactly_the_draft_it_saw(
    business: Business, owner: User, allowed: set[str]
) -> None:
    save_entry(business=business, question="Q", answer="A", as_draft=True)
    save_draft(business=business, texts={"manual_prompt": "Be brief."})
    with pytest.raises(Conflict, match="Replay it first"):
        publish_knowledge(business=business, user=owner)
    allowed.add(drafts.draft_digest(business.pk))
    with pytest.raises(Conflict, match="Replay it first"):
        publish_prompts(business=business, user=owner)
    publish_knowledge(business=business, user=owner)
    assert questions(business) == {"Q"}


def test_prompts_alone_pass_a_check_that_saw_just_them(
    business: Business, owner: User, allowed: set[str]
) -> None:
    save_draft(business=business, texts={"manual_prompt": "Be brief."})
    allowed.add(drafts.draft_digest(business.pk))
    with pytest.raises(Conflict, match="Replay it first"):
        publish_prompts(business=business, user=owner, texts={"product_service": "Bikes."})
    assert publish_prompts(business=business, user=owner).manual_prompt == "Be brief."


def test_going_back_brings_entries_sources_and_prompts_back(
    business: Business, owner: User
) -> None:
    changed, gone = add_entry(business, "Changed?", "Old."), add_entry(business, "Gone?")
    source = add_source(business, "old terms", "new terms")
    let_count(source, 1)
    save_prompts(business=business, texts={"manual_prompt": "Be kind."})
    then = knowledge_version(business.pk)
    entries, sources = entries_at(business.pk, then), sources_at(business.pk, then)

    change_entry(entry=entry_of(changed), changes={"answer": "New.", "question": "Gone!"})
    delete_entry(entry=entry_of(gone))
    add_entry(business, "Gone?", "Another one with its question.")
    let_count(source, 2)
    later = add_source(business, "later")
    save_prompts(business=business, texts={"manual_prompt": "Be brief."})
    save_entry(business=business, question="Drafted?", answer="A", as_draft=True)
    number = roll_back_knowledge(business=business, user=owner, version=then, via="page")

    assert entries_at(business.pk, number) == entries
    assert {row.pk: row.answer for row in KnowledgeEntry.objects.all()} == {
        changed: "Old.",
        gone: "Yes.",
    }
    now = sources_at(business.pk, number)
    assert now.pop(later.pk)["is_active"] is False
    assert now == sources
    assert [document.text for _, document in live_documents(business.pk)] == ["old terms"]
    prompts = AIPrompts.objects.get()
    assert (prompts.manual_prompt, prompts.version) == ("Be kind.", 4)
    version = KnowledgeVersion.objects.get(number=number)
    assert (version.user, version.via, version.prompts_version) == (owner, "page", 4)
    assert knowledge_version(business.pk) == number
    assert drafted_questions(business) >= {"Drafted?"}
    noted = SettingChange.objects.get(subject="knowledge")
    assert (noted.before, noted.after) == (number - 1, number)


def test_a_reading_that_is_gone_stays_gone(business: Business, owner: User) -> None:
    source = add_source(business, "old", "new")
    let_count(source, 1)
    then = knowledge_version(business.pk)
    let_count(source, 2)
    SourceContent.objects.filter(number=1).delete()
    add_entry(business)
    number = roll_back_knowledge(business=business, user=owner, version=then)
    assert sources_at(business.pk, number)[source.pk]["content"] == 2
    add_reading(source, 3, "newest")


def test_going_back_to_what_stands_or_to_nowhere_is_refused(
    business: Business, owner: User, other_business: Business
) -> None:
    add_entry(business)
    add_entry(other_business, "One?")
    add_entry(other_business, "Two?")
    with pytest.raises(Conflict, match="Nothing differs"):
        roll_back_knowledge(business=business, user=owner, version=1)
    with pytest.raises(NotFound):
        roll_back_knowledge(business=business, user=owner, version=2)
    assert knowledge_version(business.pk) == 1


def test_going_back_and_forth_over_many_entries_takes_few_statements(
    business: Business, owner: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(60):
        add_entry(business, f"{number}?")
    then = knowledge_version(business.pk)
    for entry in KnowledgeEntry.objects.all()[:30]:
        change_entry(entry=entry, changes={"answer": "Changed."})
    with django_assert_max_num_queries(30):
        number = roll_back_knowledge(business=business, user=owner, version=then)
    assert entries_at(business.pk, number) == entries_at(business.pk, then)


def test_another_businesss_draft_and_versions_stay(
    business: Business, other_business: Business, owner: User
) -> None:
    save_entry(business=other_business, question="Theirs?", answer="A", as_draft=True)
    save_entry(business=business, question="Ours?", answer="A", as_draft=True)
    publish_knowledge(business=business, user=owner)
    assert questions(other_business) == set()
    assert drafted_questions(other_business) == {"Theirs?"}
    assert drafted_questions(business) == {"Ours?"}


@pytest.mark.django_db(transaction=True)
def test_what_is_drafted_while_others_publish_is_published_or_still_drafted(
    business: Business, owner: User
) -> None:
    def draft(number: int) -> None:
        question = f"Question {number}?"
        save_entry(business=business, question=question, answer="A", as_draft=True)
        save_draft(business=business, texts={"manual_prompt": question})

    def publish() -> None:
        with suppress(Conflict):
            publish_knowledge(business=business, user=owner)

    at_once([*[partial(draft, number) for number in range(10)], *[publish] * 4])
    every = {f"Question {number}?" for number in range(10)}
    assert drafted_questions(business) == every
    left = {row.state["question"] for row in KnowledgeDraft.objects.all() if row.state}
    assert questions(business) == every - left
    numbers = KnowledgeVersion.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, knowledge_version(business.pk) + 1))


@pytest.mark.django_db(transaction=True)
def test_one_draft_is_published_once(business: Business, owner: User) -> None:
    save_entry(business=business, question="Q", answer="A", as_draft=True)
    made: list[int] = []

    def publish() -> None:
        with suppress(Conflict):
            made.append(publish_knowledge(business=business, user=owner))

    at_once([publish] * 4)
    assert made == [1]
