"""What answers are made from: loaded, kept, noticed when it is old, refused when it is damaged."""

import threading
import time
from datetime import date
from typing import Any

import pytest
import time_machine
from django.db import connection

from accounts.models import Business, User
from AI_model.models import IndexPart, KnowledgeIndex
from AI_model.replies.run import answer
from AI_model.retrieval import parts, shelf, store
from AI_model.retrieval.index import search as search_index
from AI_model.retrieval.search import IndexNotReady, search
from AI_model.services.index_rows import indexes_due
from AI_model.tasks import build_index
from AI_model.testing.chats import Chat
from messaging.models import Channel
from settings_app.models import KnowledgeEntry
from settings_app.services import change_entry, save_entry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def worker_at_hand() -> None:
    """Nobody builds here but the test itself."""


@pytest.fixture
def entry(business: Business) -> KnowledgeEntry:
    found = save_entry(
        business=business, question="When do you open?", answer="At nine.", phrasings=["Opening?"]
    )
    build_index.run(business.pk)
    return found


def best(business: Business, question: str = "When do you open?", **options: Any) -> str:
    return search(business_id=business.pk, question=question, **options)[0].answer


def a_second_later(business: Business) -> None:
    store._loaded[business.pk].looked_at -= store.LOOK_EVERY


def version_of(business: Business) -> int:
    business.refresh_from_db()
    return business.knowledge_version


def test_an_edit_changes_the_next_answer_once_the_task_ran(
    settings: Any, owner: User, entry: KnowledgeEntry, webchat_channel: Channel
) -> None:
    settings.REPLY_QUIET_PERIOD_MS = 0
    chat = Chat(webchat_channel)

    def ask() -> str:
        chat.write("When do you open?")
        answer(conversation_id=chat.conversation.pk)
        return chat.said()[-1].text

    before = ask()
    change_entry(entry=entry, changes={"answer": "At ten."})
    meanwhile = ask()
    build_index.run(entry.business_id)
    a_second_later(entry.business)
    assert (before, meanwhile, ask()) == ("At nine.", "At nine.", "At ten.")


def test_an_answer_without_any_index_builds_none_and_goes_to_people(
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    owner: User,
    business: Business,
    webchat_channel: Channel,
) -> None:
    settings.REPLY_QUIET_PERIOD_MS = 0
    monkeypatch.setattr(store, "PATIENCE", 0.2)
    save_entry(business=business, question="When do you open?", answer="At nine.")
    chat = Chat(webchat_channel)
    chat.write("When do you open?")
    answer(conversation_id=chat.conversation.pk)
    assert (chat.conversation.status, chat.conversation.handover_reason) == (
        "support_active",
        "no_support",
    )
    assert not IndexPart.objects.exists()
    assert list(indexes_due(older_than=0)) == [business.pk]


def test_an_answer_waits_for_the_first_index(business: Business) -> None:
    save_entry(business=business, question="When do you open?", answer="At nine.")

    def build() -> None:
        time.sleep(0.3)
        build_index.run(business.pk)
        connection.close()

    builder = threading.Thread(target=build)
    builder.start()
    assert store.index_or_none(business.pk) is None
    assert best(business) == "At nine."
    builder.join()


def test_a_business_that_knows_nothing_waits_for_nothing(
    business: Business, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        assert search(business_id=business.pk, question="Hello?", version=0) == []


def test_a_current_index_costs_no_statement(
    business: Business, entry: KnowledgeEntry, django_assert_num_queries: Any
) -> None:
    version = version_of(business)
    best(business)
    with django_assert_num_queries(0):
        assert best(business, version=version) == "At nine."


def test_while_a_newer_one_is_built_the_row_is_looked_at_now_and_then_only(
    business: Business, entry: KnowledgeEntry, django_assert_num_queries: Any
) -> None:
    best(business)
    change_entry(entry=entry, changes={"answer": "At ten."})
    version = version_of(business)
    assert best(business, version=version) == "At nine."
    with django_assert_num_queries(0):
        assert best(business, version=version) == "At nine."
    assert not store.is_ready(business.pk, version)
    build_index.run(business.pk)
    a_second_later(business)
    assert best(business, version=version) == "At ten."
    assert store.is_ready(business.pk, version)


def test_knowledge_that_is_no_part_of_the_index_makes_no_new_bytes(
    business: Business, entry: KnowledgeEntry
) -> None:
    before = KnowledgeIndex.objects.get()
    change_entry(entry=entry, changes={"tags": ["hours"]})
    version = version_of(business)
    build_index.run(business.pk)
    after = KnowledgeIndex.objects.get()
    assert (after.version, after.digest) == (version, before.digest)
    assert store.is_ready(business.pk, version)


def test_another_machine_fetches_the_index_from_the_database(
    business: Business, entry: KnowledgeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = KnowledgeIndex.objects.get().digest
    shelf.drop(digest)
    assert best(business) == "At nine."
    assert (shelf.folder() / f"{digest}.idx").exists()


def test_a_large_index_is_put_together_from_its_parts(
    business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "LEAST", 512)
    monkeypatch.setattr(parts, "MOST", 1000)
    save_entry(business=business, question="When do you open?", answer="At nine.")
    build_index.run(business.pk)
    row = KnowledgeIndex.objects.get()
    sizes = [len(part.data) for part in IndexPart.objects.all()]
    assert len(sizes) > 2 and max(sizes) <= 1000 and sum(sizes) <= row.size
    shelf.drop(row.digest)
    assert best(business) == "At nine."


def test_a_damaged_file_is_fetched_again(business: Business, entry: KnowledgeEntry) -> None:
    path = shelf.folder() / f"{KnowledgeIndex.objects.get().digest}.idx"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert best(business) == "At nine."


def test_damaged_bytes_in_the_database_are_refused_and_built_again(
    business: Business, entry: KnowledgeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PATIENCE", 0.2)
    row = KnowledgeIndex.objects.get()
    shelf.drop(row.digest)
    part = IndexPart.objects.first()
    assert part is not None
    part.data = bytes(part.data)[:-1] + b"?"
    part.save()
    with pytest.raises(IndexNotReady):
        best(business)
    assert list(indexes_due(older_than=0)) == [business.pk]
    build_index.run(business.pk)
    assert best(business) == "At nine."


def test_what_is_held_answers_on_while_its_successor_is_damaged(
    business: Business, entry: KnowledgeEntry
) -> None:
    best(business)
    change_entry(entry=entry, changes={"answer": "At ten."})
    build_index.run(business.pk)
    shelf.drop(KnowledgeIndex.objects.get().digest)
    IndexPart.objects.update(data=b"nothing")
    assert best(business) == "At nine."
    build_index.run(business.pk)
    a_second_later(business)
    assert best(business) == "At ten."


def make_shops(count: int) -> list[Business]:
    shops = [Business.objects.create(name=f"Shop {number}") for number in range(count)]
    for shop in shops:
        save_entry(business=shop, question="Open?", answer=shop.name)
        build_index.run(shop.pk)
    return shops


def test_the_least_recently_used_indexes_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MAX_INDEXES", 3)
    shops = make_shops(4)
    for shop in (*shops[:3], shops[0], shops[3]):
        assert best(shop, "Open?") == shop.name
    held = [shop for shop in shops if shop.pk in store._loaded]
    assert held == [shops[0], shops[2], shops[3]]
    assert best(shops[1], "Open?") == shops[1].name


def test_large_indexes_leave_room_for_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    shops = make_shops(3)
    size = KnowledgeIndex.objects.first().size  # type: ignore[union-attr]
    monkeypatch.setattr(store, "MAX_BYTES", 2 * size + size // 2)
    for shop in shops:
        best(shop, "Open?")
    assert [shop for shop in shops if shop.pk in store._loaded] == shops[1:]


def test_files_that_were_not_used_for_long_are_deleted_first(
    business: Business, entry: KnowledgeEntry
) -> None:
    index = store.index_of(business.pk)
    shelf.tidy(max_bytes=0)
    assert not list(shelf.folder().glob("*.idx"))
    assert search_index(index, "When do you open?")[0].answer == "At nine."
    store._loaded.clear()
    assert best(business) == "At nine."


def test_many_threads_load_one_index_once(business: Business, entry: KnowledgeEntry) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(id(store.index_of(business.pk)))
        connection.close()

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8 and len(set(seen)) == 1


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 30), "At nine."),
        (date(2026, 12, 1), "We rest."),
        (date(2026, 12, 31), "We rest."),
        (date(2027, 1, 1), "At nine."),
    ],
)
def test_an_entry_counts_on_its_days_only(
    business: Business, entry: KnowledgeEntry, day: date, expected: str
) -> None:
    KnowledgeEntry.objects.create(
        business=business,
        question="When do you open",
        answer="We rest.",
        valid_from=date(2026, 12, 1),
        valid_to=date(2026, 12, 31),
    )
    change_entry(entry=entry, changes={"question": "At what time does the shop open?"})
    build_index.run(business.pk)
    assert best(business, "When do you open", today=day) == expected
    assert len(search(business_id=business.pk, question="open", limit=1, today=day)) == 1


def test_the_day_is_that_of_the_business(business: Business) -> None:
    KnowledgeEntry.objects.create(
        business=business, question="Open?", answer="No.", valid_from=date(2026, 12, 1)
    )
    Business.objects.filter(pk=business.pk).update(timezone="Asia/Tokyo")
    build_index.run(business.pk)
    with time_machine.travel("2026-11-30 14:59:00+00:00", tick=True):
        assert search(business_id=business.pk, question="Open?") == []
    with time_machine.travel("2026-11-30 15:01:00+00:00", tick=True):
        assert best(business, "Open?") == "No."


def test_a_drafts_index_is_made_beside_the_one_that_answers(
    business: Business, entry: KnowledgeEntry
) -> None:
    save_entry(business=business, question="Do you sell tea?", answer="Not yet.", as_draft=True)
    drafted = store.draft_index(business.pk)
    assert search_index(drafted, "Do you sell tea?")[0].answer == "Not yet."
    assert best(business, "Do you sell tea?") == "At nine."
