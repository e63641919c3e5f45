"""Who builds an index, when, and what happens when that goes wrong."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection
from django.db.models import F

from accounts.models import Business
from AI_model.models import IndexPart, KnowledgeIndex
from AI_model.retrieval.layout import LAYOUT
from AI_model.retrieval.search import search
from AI_model.services import index_rows, indexing
from AI_model.services.index_rows import claim_build, finish_build, indexes_due
from AI_model.tasks import build_index
from core.lib.clock import database_now
from core.testing.serving import database_url, run_manage
from settings_app.models import KnowledgeEntry
from settings_app.services import change_entry, delete_entry, save_entry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def worker_at_hand() -> None:
    """Nobody builds here but the test itself."""


@pytest.fixture
def entry(business: Business) -> KnowledgeEntry:
    return save_entry(business=business, question="When do you open?", answer="At nine.")


@pytest.fixture
def row(entry: KnowledgeEntry) -> KnowledgeIndex:
    return KnowledgeIndex.objects.get()


def at_once(work: Any, count: int) -> list[Any]:
    """Call it in `count` threads at the same moment; what the calls returned."""
    barrier, results = threading.Barrier(count), []

    def run() -> None:
        try:
            barrier.wait(10)
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_every_change_of_the_knowledge_makes_a_build_due(
    business: Business, entry: KnowledgeEntry
) -> None:
    for change in (
        lambda: change_entry(entry=entry, changes={"answer": "At ten."}),
        lambda: delete_entry(entry=entry),
    ):
        build_index.run(business.pk)
        assert list(indexes_due(older_than=0)) == []
        change()
        business.refresh_from_db()
        assert list(indexes_due(older_than=0)) == [business.pk]
        assert KnowledgeIndex.objects.get().wanted == business.knowledge_version


def test_a_change_that_is_rolled_back_makes_none_due(business: Business) -> None:
    from django.db import transaction

    with pytest.raises(RuntimeError), transaction.atomic():
        save_entry(business=business, question="When do you open?", answer="At nine.")
        raise RuntimeError
    assert not KnowledgeIndex.objects.exists()


def test_a_build_that_is_not_due_does_nothing(business: Business, entry: KnowledgeEntry) -> None:
    assert indexing.build_index(business_id=business.pk)
    built_at = KnowledgeIndex.objects.get().built_at
    assert not indexing.build_index(business_id=business.pk)
    assert KnowledgeIndex.objects.get().built_at == built_at


def test_of_two_builders_at_once_one_builds(business: Business, row: KnowledgeIndex) -> None:
    results = at_once(lambda: indexing.build_index(business_id=business.pk), 2)
    row.refresh_from_db()
    assert sorted(results) == [False, True]
    assert (row.version, row.claim_token, row.problem) == (row.wanted, "", "")
    assert sum(len(part.data) for part in IndexPart.objects.all()) == row.size


def test_the_parts_of_older_indexes_go(business: Business, entry: KnowledgeEntry) -> None:
    for answer in ("At ten.", "At eleven."):
        build_index.run(business.pk)
        change_entry(entry=entry, changes={"answer": answer})
    build_index.run(business.pk)
    parts = IndexPart.objects.values_list("digest", flat=True)
    assert sorted(parts) == sorted(KnowledgeIndex.objects.get().parts)


def test_a_killed_builder_is_taken_over_and_what_it_still_writes_does_not_count(
    business: Business, row: KnowledgeIndex
) -> None:
    dead = claim_build(business.pk)
    assert dead is not None
    assert list(indexes_due(older_than=0)) == []
    assert not indexing.build_index(business_id=business.pk)

    KnowledgeIndex.objects.update(claim_until=database_now(plus=-1))
    assert list(indexes_due(older_than=0)) == [business.pk]
    assert indexing.build_index(business_id=business.pk)
    digest = KnowledgeIndex.objects.get().digest
    assert not finish_build(dead, version=99, digest="dead", size=0, facts={})
    assert KnowledgeIndex.objects.get().digest == digest


def test_a_change_during_a_build_makes_the_next_one_due(
    business: Business, entry: KnowledgeEntry
) -> None:
    claimed = claim_build(business.pk)
    assert claimed is not None
    change_entry(entry=entry, changes={"answer": "At ten."})
    finish_build(claimed, version=claimed.wanted, digest="first", size=0, facts={})
    index_rows.release_build(claimed)
    assert list(indexes_due(older_than=0)) == [business.pk]
    build_index.run(business.pk)
    assert search(business_id=business.pk, question="When do you open?")[0].answer == "At ten."


def test_a_failed_build_keeps_its_reason_and_is_tried_again_later(
    business: Business, entry: KnowledgeEntry
) -> None:
    build_index.run(business.pk)
    change_entry(entry=entry, changes={"answer": "At ten."})
    KnowledgeEntry.objects.update(phrasings=5)
    build_index.run(business.pk)
    row = KnowledgeIndex.objects.get()
    assert (row.problem, row.attempts, row.claim_token) == ("Building failed: TypeError.", 1, "")
    assert list(indexes_due(older_than=0)) == []
    assert search(business_id=business.pk, question="When do you open?")[0].answer == "At nine."

    KnowledgeEntry.objects.update(phrasings=[])
    KnowledgeIndex.objects.update(due_at=F("due_at") - timedelta(seconds=index_rows.PAUSES[0]))
    build_index.run(business.pk)
    row.refresh_from_db()
    assert (row.problem, row.attempts, row.version) == ("", 0, row.wanted)


def test_failures_are_further_and_further_apart(business: Business, row: KnowledgeIndex) -> None:
    KnowledgeEntry.objects.update(phrasings=5)
    pauses = []
    for _ in range(3):
        KnowledgeIndex.objects.update(due_at=database_now())
        before = KnowledgeIndex.objects.get().due_at
        build_index.run(business.pk)
        after = KnowledgeIndex.objects.get().due_at
        assert before and after
        pauses.append((after - before).total_seconds())
    assert pauses[0] < pauses[1] < pauses[2]


def test_a_change_gives_a_failing_build_a_fresh_start(
    business: Business, entry: KnowledgeEntry
) -> None:
    KnowledgeEntry.objects.update(phrasings=5)
    build_index.run(business.pk)
    KnowledgeEntry.objects.update(phrasings=[])
    entry.refresh_from_db()
    change_entry(entry=entry, changes={"answer": "At ten."})
    assert list(indexes_due(older_than=0)) == [business.pk]
    assert KnowledgeIndex.objects.get().attempts == 0


def test_an_upgrade_makes_due_what_has_no_index_or_one_of_another_layout(
    business: Business, other_business: Business, entry: KnowledgeEntry
) -> None:
    build_index.run(business.pk)
    save_entry(business=other_business, question="Tea?", answer="Yes.")
    KnowledgeIndex.objects.for_business(other_business.pk).delete()
    KnowledgeIndex.objects.update(layout=LAYOUT + 1)
    Business.objects.create(name="Knows nothing")

    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    assert set(indexes_due(older_than=0)) == {business.pk, other_business.pk}
    build_index.run(business.pk)
    assert KnowledgeIndex.objects.for_business(business.pk).get().layout == LAYOUT


def test_one_build_follows_another(
    business: Business, other_business: Business, entry: KnowledgeEntry, valkey: Any
) -> None:
    save_entry(business=other_business, question="Tea?", answer="Yes.")
    build_index.run(business.pk)
    assert list(indexes_due(older_than=0)) == [other_business.pk]


@pytest.mark.once
def test_many_new_units_are_computed_in_a_process_of_their_own(
    business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url())
    monkeypatch.setattr(indexing, "MANY_UNITS", 20)
    here: list[int] = []
    monkeypatch.setattr(indexing, "build", lambda *_: here.append(1))
    KnowledgeEntry.objects.bulk_create(
        KnowledgeEntry(business=business, question=f"Thing number {n}?", answer=f"It is {n}.")
        for n in range(30)
    )
    save_entry(business=business, question="When do you open?", answer="At nine.")
    build_index.run(business.pk)
    row = KnowledgeIndex.objects.get()
    assert (row.problem, row.version, row.facts["entries"], here) == ("", row.wanted, 31, [])
    assert search(business_id=business.pk, question="When do you open?")[0].answer == "At nine."


@pytest.mark.once
def test_a_child_that_needs_too_much_memory_leaves_a_reason(
    business: Business, row: KnowledgeIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url())
    monkeypatch.setenv("INDEX_BUILD_MB", "64")
    monkeypatch.setattr(indexing, "MANY_UNITS", 0)
    build_index.run(business.pk)
    row.refresh_from_db()
    assert (row.version, row.attempts, row.claim_token) == (0, 1, "")
    assert row.problem


@pytest.mark.once
def test_an_operator_builds_an_index_anew(business: Business, row: KnowledgeIndex) -> None:
    done = run_manage("build_index", business.pk)
    assert (done.returncode, done.stdout[:9]) == (0, "Version 1")
    assert run_manage("build_index", "nobody").returncode == 1
