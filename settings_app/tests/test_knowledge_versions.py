"""Every change of knowledge makes a version that can be read again."""

from collections.abc import Callable
from datetime import date
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from accounts.models import Business, User
from core.lib.errors import Conflict, NotFound
from settings_app.history import entries_at, sources_at
from settings_app.models import (
    AIPrompts,
    KnowledgeChange,
    KnowledgeDraft,
    KnowledgeEntry,
    KnowledgeSource,
    KnowledgeVersion,
)
from settings_app.selectors import has_knowledge, knowledge_version, live_documents
from settings_app.services import (
    bump_knowledge,
    change_entry,
    delete_entries,
    delete_entry,
    save_entry,
    save_prompts,
)
from settings_app.signals import knowledge_changed
from settings_app.tests.knowledge_rows import add_entry, add_reading, add_source, at_once, let_count
from settings_app.versions import changing

pytestmark = pytest.mark.django_db


def numbers(business: Business) -> list[int]:
    rows = KnowledgeVersion.objects.for_business(business.pk).order_by("number")
    return list(rows.values_list("number", flat=True))


def changed_in(business: Business, number: int) -> set[tuple[str, bool]]:
    """Ids of what a version changed, and whether it is there since."""
    rows = KnowledgeChange.objects.for_business(business.pk).filter(version=number)
    return {(row.object_id, row.state is not None) for row in rows}


def test_a_version_says_who_did_what_and_how_it_stood(business: Business, owner: User) -> None:
    entry = save_entry(
        business=business,
        question="Open at Christmas?",
        answer="Until noon.",
        valid_from=date(2026, 12, 1),
        user=owner,
        via="api",
    )
    change_entry(entry=entry, changes={"answer": "No."}, user=owner, via="page")
    delete_entry(entry=entry, user=owner, via="page")
    first, second, third = KnowledgeVersion.objects.order_by("number")
    assert (first.number, first.user, first.via) == (1, owner, "api")
    assert entries_at(business.pk, 1)[entry_id := first_id(business)]["answer"] == "Until noon."
    assert entries_at(business.pk, 1)[entry_id]["valid_from"] == "2026-12-01"
    assert entries_at(business.pk, 2)[entry_id]["answer"] == "No."
    assert entries_at(business.pk, 3) == {}
    assert (second.via, third.number) == ("page", 3)


def first_id(business: Business) -> str:
    return KnowledgeChange.objects.for_business(business.pk)[0].object_id


@pytest.mark.parametrize("version", [0, 2, 10**12])
def test_a_version_that_never_was_can_not_be_read(business: Business, version: int) -> None:
    add_entry(business)
    with pytest.raises(NotFound, match="no such version"):
        entries_at(business.pk, version)


def test_several_changes_in_one_block_are_one_version(business: Business, owner: User) -> None:
    with changing(business.pk, user=owner, via="system", summary="Tidied") as change:
        kept = add_entry(business, "One?")
        gone = KnowledgeEntry.objects.create(business=business, question="Two?", answer="2")
        gone_id = gone.pk
        gone.delete()
        change.note("source", "s" * 16, {"title": "x"})
    version = KnowledgeVersion.objects.get()
    assert (version.number, version.summary, version.user) == (1, "Tidied", owner)
    assert changed_in(business, 1) == {(kept, True), (gone_id, False), ("s" * 16, True)}
    assert knowledge_version(business.pk) == 1


def test_a_block_that_changes_nothing_makes_no_version(business: Business) -> None:
    with changing(business.pk):
        pass
    assert (numbers(business), knowledge_version(business.pk)) == ([], 0)


def test_what_a_failed_part_noted_is_forgotten(business: Business) -> None:
    with changing(business.pk):
        kept = add_entry(business, "One?")
        with pytest.raises(Conflict):
            add_entry(business, "One?")
    assert changed_in(business, 1) == {(kept, True)}


def test_a_failed_block_leaves_nothing_and_the_next_one_works(business: Business) -> None:
    with pytest.raises(ZeroDivisionError), changing(business.pk):
        add_entry(business)
        raise ZeroDivisionError
    assert numbers(business) == [] and not KnowledgeEntry.objects.exists()
    add_entry(business)
    assert numbers(business) == [1]


def test_changes_past_the_services_make_versions_too(business: Business) -> None:
    entry = KnowledgeEntry.objects.create(business=business, question="Q", answer="A")
    entry.answer = "B"
    entry.save()
    KnowledgeEntry.objects.filter(pk=entry.pk).delete()
    assert numbers(business) == [1, 2, 3]
    assert entries_at(business.pk, 2)[entry.pk]["answer"] == "B"
    assert changed_in(business, 3) == {(entry.pk, False)}


def test_deleting_several_is_one_version(business: Business, other_business: Business) -> None:
    mine = [add_entry(business, f"{number}?") for number in range(3)]
    theirs = add_entry(other_business)
    assert delete_entries(business=business, ids=[*mine, theirs]) == 3
    assert numbers(business) == [1, 2, 3, 4]
    assert changed_in(business, 4) == {(pk, False) for pk in mine}
    assert numbers(other_business) == [1]


def test_prompts_and_bumps_make_versions_that_name_the_prompts(business: Business) -> None:
    save_prompts(business=business, texts={"knowledge_source": "We sell bikes."})
    save_prompts(business=business, texts={"knowledge_source": "We sell kites."})
    bump_knowledge(business.pk)
    found = KnowledgeVersion.objects.order_by("number").values_list("number", "prompts_version")
    assert list(found) == [(1, 2), (2, 3), (3, 3)]
    assert AIPrompts.objects.get().version == 3


def test_every_version_is_told_once_inside_its_transaction(business: Business) -> None:
    told: list[tuple[str, int, bool]] = []

    def listen(business_id: str, version: int, **kwargs: Any) -> None:
        told.append((business_id, version, connection.in_atomic_block))

    knowledge_changed.connect(listen)
    try:
        add_entry(business)
        save_prompts(business=business, texts={"manual_prompt": "Be kind."})
    finally:
        knowledge_changed.disconnect(listen)
    assert told == [(business.pk, 1, True), (business.pk, 2, True)]


def test_a_business_goes_with_all_its_versions(
    business: Business, other_business: Business
) -> None:
    for each in (business, other_business):
        add_entry(each)
        add_source(each, "Terms of sale")
    Business.objects.filter(pk=business.pk).delete()
    other_business.delete()
    assert not KnowledgeVersion.objects.exists() and not KnowledgeChange.objects.exists()


def test_a_source_counts_from_its_first_content_on(business: Business) -> None:
    source = KnowledgeSource.objects.create(business=business, kind="text", title="Terms")
    source.state = "reading"
    source.save()
    assert numbers(business) == [] and not has_knowledge(business.pk)
    add_reading(source, 1, "one", "two")
    let_count(source, 1)
    source.checked_at = None
    source.save(update_fields=["checked_at"])
    source.save()
    assert numbers(business) == [1] and has_knowledge(business.pk)
    assert [document.text for _, document in live_documents(business.pk)] == ["one", "two"]
    KnowledgeSource.objects.get().delete()
    assert numbers(business) == [1, 2] and not has_knowledge(business.pk)
    assert sources_at(business.pk, 1)[source_id(business)]["content"] == 1
    assert sources_at(business.pk, 2) == {}


def source_id(business: Business) -> str:
    return KnowledgeChange.objects.for_business(business.pk).filter(kind="source")[0].object_id


def test_only_what_counts_of_active_sources_is_read(
    business: Business, other_business: Business
) -> None:
    source = add_source(business, "old", "new")
    add_source(other_business, "theirs")
    off = add_source(business, "off")
    off.is_active = False
    off.save()
    found = [(row.pk, document.text) for row, document in live_documents(business.pk)]
    assert found == [(source.pk, "new")]


def test_the_draft_of_what_is_deleted_goes_with_it(business: Business) -> None:
    entry = save_entry(business=business, question="Q", answer="A")
    change_entry(entry=entry, changes={"answer": "B"}, as_draft=True)
    delete_entry(entry=entry)
    assert not KnowledgeDraft.objects.exists()


def test_what_stood_before_versions_becomes_the_first_one(business: Business) -> None:
    entry = save_entry(
        business=business, question="Q", answer="A", tags=["x"], valid_to=date(2026, 2, 3)
    )
    silent = Business.objects.create(name="Knows nothing")
    stood = entries_at(business.pk, 1)
    KnowledgeVersion.objects.all().delete()
    KnowledgeChange.objects.all().delete()
    Business.objects.filter(pk=business.pk).update(knowledge_version=41)
    import_module("settings_app.migrations.0004_first_versions").write_first_versions(apps, None)
    assert numbers(business) == [41] and numbers(silent) == []
    assert entries_at(business.pk, 41) == stood == {entry.pk: stood[entry.pk]}
    add_entry(business, "Another?")
    assert numbers(business) == [41, 42]


def test_a_change_costs_few_statements(
    business: Business, django_assert_max_num_queries: Any
) -> None:
    entry = save_entry(business=business, question="Q", answer="A")
    with django_assert_max_num_queries(12):
        save_entry(business=business, entry=entry, question="Q", answer="B")


@pytest.mark.django_db(transaction=True)
def test_twenty_writers_at_once_make_a_version_each_and_no_gap(business: Business) -> None:
    shared = save_entry(business=business, question="Shared?", answer="0")

    def writer(number: int) -> Callable[[], object]:
        if number % 4 == 0:
            return lambda: change_entry(entry=shared, changes={"tags": [str(number)]})
        if number % 4 == 1:
            texts = {"manual_prompt": f"Words of {number}"}
            return lambda: save_prompts(business=business, texts=texts)
        return lambda: add_entry(business, f"Question {number}?")

    at_once([writer(number) for number in range(20)])
    assert numbers(business) == list(range(1, 22))
    assert knowledge_version(business.pk) == 21
    rows = KnowledgeChange.objects.for_business(business.pk)
    assert rows.filter(object_id=shared.pk).count() == 6
    assert rows.count() == 16
    live = {row.pk: row.answer for row in KnowledgeEntry.objects.all()}
    assert {pk: state["answer"] for pk, state in entries_at(business.pk, 21).items()} == live


@pytest.mark.django_db(transaction=True)
def test_a_writer_that_fails_at_the_last_moment_leaves_no_gap(business: Business) -> None:
    def fail() -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            add_entry(business, "Lost?")
            raise IntegrityError

    at_once([fail if number % 2 else lambda: bump_knowledge(business.pk) for number in range(8)])
    assert numbers(business) == [1, 2, 3, 4]
