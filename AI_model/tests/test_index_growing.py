"""What is answered while a large index is being built, and what becomes of it in the end."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import F

from accounts.models import Business
from AI_model.models import KnowledgeIndex
from AI_model.retrieval import building, shelf, store
from AI_model.retrieval.search import IndexNotReady, search
from AI_model.services import index_growing, indexing
from AI_model.services.index_growing import Growing
from AI_model.services.index_rows import claim_build, indexes_due
from AI_model.tasks import build_index
from settings_app.models import KnowledgeEntry
from settings_app.services import change_entry, delete_entry, save_entry
from settings_app.versions import changing

pytestmark = pytest.mark.django_db(transaction=True)

THINGS = ("kite", "lamp", "boat", "desk", "coat", "drum", "fork", "goat", "harp", "iron")
PLACES = ("Oslo", "Rome", "Paris", "Lima", "Cairo", "Delhi", "Quito", "Seoul")


@pytest.fixture(autouse=True)
def worker_at_hand() -> None:
    """Nobody builds here but the test itself."""


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_growing, "AT_ONCE", 10)
    monkeypatch.setattr(index_growing, "FIRST_UNITS", 10)
    monkeypatch.setattr(index_growing, "LEAST_STEP", 20)
    monkeypatch.setattr(index_growing, "MANY_UNITS", 20)
    monkeypatch.setattr(indexing, "MANY_UNITS", 20)
    monkeypatch.setattr(building, "MOST_LEARNED", 1)


@pytest.fixture
def opening(business: Business) -> KnowledgeEntry:
    found = save_entry(business=business, question="When do you open?", answer="At nine.")
    build_index.run(business.pk)
    return found


def import_many(business: Business) -> None:
    """Eighty entries as one version, as an import writes them."""
    with changing(business.pk) as change:
        KnowledgeEntry.objects.bulk_create(
            KnowledgeEntry(
                business=business,
                question=f"Do you sell a {thing} in {place}?",
                answer=f"{thing} {place}",
            )
            for thing in THINGS
            for place in PLACES
        )
        change.touch()


def best(business: Business, question: str = "When do you open?") -> str:
    """The answer that a customer would get, seen by a process that looks just now."""
    if business.pk in store._loaded:
        store._loaded[business.pk].looked_at -= store.LOOK_EVERY
    found = search(business_id=business.pk, question=question)
    return found[0].answer if found else ""


def how_many() -> int:
    found: int = KnowledgeIndex.objects.get().facts["entries"]
    return found


class Watched:
    """Calls `then` after each batch that was read, with the number of the batch."""

    def __init__(self, then: Callable[[int], object]) -> None:
        self.then, self.batch = then, 0

    def note(self, done: int, total: int) -> None:
        self.batch += 1
        self.then(self.batch)


def grow(business: Business, then: Callable[[int], object]) -> Growing:
    row = claim_build(business.pk)
    assert row is not None
    growing = Growing(row)
    growing.progress = Watched(then)  # type: ignore[assignment]
    assert growing.run()
    return growing


def test_old_questions_are_answered_all_along_and_new_ones_more_and_more(
    business: Business, opening: KnowledgeEntry
) -> None:
    import_many(business)
    said, held = [], []

    def ask(batch: int) -> None:
        said.append(best(business))
        held.append(how_many())

    grow(business, ask)
    assert set(said) == {"At nine."}
    assert held == sorted(held) and 1 < held[4] < held[-1] < 81 == how_many()
    assert best(business, "Do you sell a lamp in Rome?") == "lamp Rome"
    assert list(indexes_due(older_than=0)) == []


def test_an_index_that_grew_is_the_one_that_is_built_at_once(
    business: Business, opening: KnowledgeEntry
) -> None:
    import_many(business)
    grow(business, lambda batch: None)
    grown = KnowledgeIndex.objects.get().digest
    KnowledgeIndex.objects.update(digest="", version=0, due_at=F("built_at"))
    shelf.drop(grown)
    indexing.build_index(business_id=business.pk, apart=False)
    assert KnowledgeIndex.objects.get().digest == grown


def test_edits_in_the_middle_count_long_before_the_end(
    business: Business, opening: KnowledgeEntry
) -> None:
    import_many(business)
    gone = save_entry(business=business, question="Is there parking?", answer="Behind the house.")
    seen: dict[int, tuple[str, str, str]] = {}

    def edit(batch: int) -> None:
        if batch == 2:
            change_entry(entry=opening, changes={"answer": "At ten."})
            save_entry(business=business, question="May dogs come in?", answer="On a lead.")
        if batch == 5:
            delete_entry(entry=gone)
        questions = ("When do you open?", "May dogs come in?", "Is there parking?")
        asked = [best(business, question) for question in questions]
        seen[batch] = asked[0], asked[1], asked[2]

    grow(business, edit)
    assert seen[2][0] == "At nine."
    assert seen[4][:2] == ("At ten.", "On a lead.")
    assert seen[len(seen)][2] != "Behind the house."
    assert len(seen) > 8 and how_many() == 82
    assert list(indexes_due(older_than=0)) == []


def test_a_changed_entry_answers_as_it_was_until_it_is_read(
    business: Business, opening: KnowledgeEntry
) -> None:
    import_many(business)
    grow(business, lambda batch: None)
    last = KnowledgeEntry.objects.order_by("pk").reverse()[0]
    question, old_answer = last.question, last.answer
    with changing(business.pk) as change:
        for entry in KnowledgeEntry.objects.exclude(pk=opening.pk):
            entry.question = entry.question.replace("sell", "rent")
            entry.answer = f"Rented: {entry.answer}"
            entry.save()
        change.touch()
    said: list[str] = []

    def ask(batch: int) -> None:
        if batch == 2:  # so that a step is kept
            save_entry(business=business, question="May dogs come in?", answer="On a lead.")
        said.append(best(business, question))

    grow(business, ask)
    assert said[:5] == [old_answer] * 5
    assert best(business, question.replace("sell", "rent")) == f"Rented: {old_answer}"


def test_a_killed_build_goes_on_from_its_last_step(
    business: Business, opening: KnowledgeEntry
) -> None:
    import_many(business)

    def die(batch: int) -> None:
        if batch == 6:
            raise SystemExit

    with pytest.raises(SystemExit):
        grow(business, die)
    held = how_many()
    assert best(business) == "At nine."
    KnowledgeIndex.objects.update(claim_until=F("built_at") - timedelta(seconds=1))
    assert grow(business, lambda batch: None).read == 81 - held < 60


def test_without_any_index_some_entries_are_answered_before_the_large_build_begins(
    business: Business,
) -> None:
    import_many(business)
    with indexing.APART:  # another business's large build is on
        build_index.run(business.pk)
    first = KnowledgeEntry.objects.order_by("pk")[0]
    assert best(business, first.question) == first.answer
    assert (how_many(), store.is_ready(business.pk)) == (10, False)


def test_a_part_of_a_first_index_counts_for_answers_only(business: Business) -> None:
    import_many(business)
    with indexing.APART:
        build_index.run(business.pk)
    assert store.index_or_none(business.pk) is None
    with pytest.raises(IndexNotReady):
        store.index_of(business.pk)


@pytest.mark.parametrize("words", ["Wann öffnet ihr?", "When do you open?"])
def test_what_was_found_before_is_found_while_the_languages_change(
    business: Business, words: str
) -> None:
    save_entry(business=business, question=words, answer="At nine.")
    build_index.run(business.pk)
    english = words.startswith("When")
    with changing(business.pk) as change:
        KnowledgeEntry.objects.bulk_create(
            KnowledgeEntry(
                business=business,
                question=f"Verkauft ihr bei euch auch die Ware {thing} in der Stadt {place}?"
                if english
                else f"Do you sell a {thing} in {place}?",
                answer=f"{thing} {place}",
            )
            for thing in THINGS
            for place in PLACES
        )
        change.touch()
    said: list[str] = []
    grow(business, lambda batch: said.append(best(business, words)))
    assert set(said) == {"At nine."} and how_many() == 81
