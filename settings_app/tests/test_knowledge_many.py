"""Versions of many entries: planned before the lock, written with few statements."""

from typing import Any

import pytest

from accounts.models import Business, User
from settings_app import drafts
from settings_app.models import KnowledgeEntry, KnowledgeKind, KnowledgeVersion
from settings_app.services import publish_knowledge, roll_back_knowledge, save_entry
from settings_app.versions import Change, changing, plan_and_write

pytestmark = pytest.mark.django_db
MANY = 1_200


def draft_many(business: Business, answer: str) -> None:
    wanted: dict[str, Any] = {
        f"many{number}": {
            "question": f"What about {number}?",
            "phrasings": [],
            "answer": answer,
            "tags": [],
            "language": "",
            "is_active": True,
            "valid_from": None,
            "valid_to": None,
        }
        for number in range(MANY)
    }
    with drafts.drafting(business.pk):
        drafts.keep_drafts(business.pk, KnowledgeKind.ENTRY, wanted)


def test_many_entries_are_published_rolled_back_and_deleted_with_few_statements(
    business: Business, owner: User, django_assert_max_num_queries: Any
) -> None:
    save_entry(business=business, question="When do you open?", answer="At nine.")
    for answer in ("One.", "Two."):
        draft_many(business, answer)
        with django_assert_max_num_queries(40):
            publish_knowledge(business=business, user=owner)
    with django_assert_max_num_queries(40):
        roll_back_knowledge(business=business, user=owner, version=2)
    assert KnowledgeEntry.objects.filter(answer="One.").count() == MANY
    with django_assert_max_num_queries(40):
        roll_back_knowledge(business=business, user=owner, version=1)
    assert KnowledgeEntry.objects.get().answer == "At nine."
    assert KnowledgeVersion.objects.count() == 5


class Busy:
    """A plan while which something else changes, as often as `times` says."""

    def __init__(self, business: Business, times: int) -> None:
        self.business, self.left, self.made = business, times, 0

    def __call__(self, business_id: str) -> "Busy":
        self.made += 1
        if self.left:
            self.left -= 1
            save_entry(business=self.business, question=f"{self.left}?", answer="Yes.")
        return self

    def is_stale(self, business_id: str) -> bool:
        return False


@pytest.mark.parametrize(("changes", "plans"), [(0, 1), (1, 2), (2, 3)])
def test_what_changes_while_a_version_is_planned_makes_it_be_planned_again(
    business: Business, changes: int, plans: int
) -> None:
    plan = Busy(business, changes)
    written = []

    def write(planned: Busy, change: Change) -> None:
        written.append(change.number)
        change.touch()

    assert plan_and_write(business.pk, plan, write) == changes + 1
    assert (plan.made, written) == (plans, [changes + 1])
    assert KnowledgeVersion.objects.count() == changes + 1


def test_a_draft_that_changes_meanwhile_is_published_as_it_is_then(
    business: Business, owner: User
) -> None:
    draft_many(business, "One.")
    mark = drafts.draft_mark(business.pk)
    draft_many(business, "Two.")
    assert drafts.draft_mark(business.pk) != mark
    publish_knowledge(business=business, user=owner)
    assert KnowledgeEntry.objects.filter(answer="Two.").count() == MANY


def test_what_a_failed_part_of_a_change_noted_is_forgotten(business: Business) -> None:
    with changing(business.pk) as change:
        change.note(KnowledgeKind.ENTRY, "a", {"question": "1"})
        change.note(KnowledgeKind.ENTRY, "b", {"question": "1"})
        with pytest.raises(RuntimeError), changing(business.pk) as part:
            part.note(KnowledgeKind.ENTRY, "a", None)
            part.note(KnowledgeKind.ENTRY, "c", {"question": "2"})
            part.touch()
            raise RuntimeError
        assert change.states == {
            ("entry", "a"): {"question": "1"},
            ("entry", "b"): {"question": "1"},
        }
        assert not change.touched
