from typing import Any

import pytest
from django.db import transaction

from accounts.models import Business
from core.lib.errors import Conflict, DomainError
from settings_app.models import AIPrompts, AIPromptsVersion, KnowledgeEntry
from settings_app.selectors import has_knowledge, knowledge_version
from settings_app.services import delete_entries, delete_entry, save_entry, save_prompts


def add(business: Business, question: str = "Do you ship?") -> KnowledgeEntry:
    return save_entry(business=business, question=question, answer="Yes.")


def test_every_change_of_an_entry_raises_the_knowledge_version(business: Business) -> None:
    entry = add(business)
    save_entry(business=business, entry=entry, question="Do you ship abroad?", answer="Yes.")
    delete_entry(entry=entry)
    assert knowledge_version(business.pk) == 3


def test_a_change_past_the_services_raises_the_version_too(business: Business) -> None:
    entry = KnowledgeEntry.objects.create(business=business, question="Q", answer="A")
    entry.is_active = False
    entry.save()
    KnowledgeEntry.objects.filter(pk=entry.pk).delete()
    assert knowledge_version(business.pk) == 3


def test_another_business_keeps_its_version(business: Business, other_business: Business) -> None:
    add(business)
    assert knowledge_version(other_business.pk) == 0


def test_the_version_stays_when_the_change_is_rolled_back(business: Business) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        add(business)
        raise ZeroDivisionError
    assert knowledge_version(business.pk) == 0


def test_deleting_a_business_with_entries_works(business: Business) -> None:
    add(business)
    business.delete()
    assert not KnowledgeEntry.objects.exists()


def test_the_same_question_twice_is_refused(business: Business) -> None:
    add(business)
    with pytest.raises(Conflict):
        add(business, "  Do you   ship?\n")
    assert knowledge_version(business.pk) == 1


def test_two_businesses_may_ask_the_same(business: Business, other_business: Business) -> None:
    add(business)
    add(other_business)
    assert KnowledgeEntry.objects.count() == 2


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ({"question": " "}, "question is empty"),
        ({"answer": "\x00"}, "answer is empty"),
        ({"question": "x" * 501}, "longer than 500"),
        ({"phrasings": [str(n) for n in range(31)]}, "more than 30 phrasings"),
        ({"tags": ["x" * 41]}, "tag is longer"),
        ({"language": "klingon language"}, "language is not a code"),
    ],
)
def test_an_entry_out_of_bounds_is_refused(
    business: Business, words: dict[str, Any], refusal: str
) -> None:
    fields: dict[str, Any] = {"question": "Q", "answer": "A"} | words
    with pytest.raises(DomainError, match=refusal):
        save_entry(business=business, **fields)


def test_phrasings_are_cleaned_and_stand_once(business: Business) -> None:
    entry = save_entry(
        business=business,
        question="Do you ship?",
        answer="Yes.",
        phrasings=["do you ship?", " Can you\nsend it? ", "can you send it?", ""],
    )
    assert entry.phrasings == ["can you send it?"]


def test_only_own_entries_are_deleted(business: Business, other_business: Business) -> None:
    mine, theirs = add(business), add(other_business)
    assert delete_entries(business=business, ids=[mine.pk, theirs.pk]) == 1
    assert KnowledgeEntry.objects.get() == theirs


def test_each_saved_change_of_the_prompts_is_kept(business: Business) -> None:
    save_prompts(business=business, texts={"manual_prompt": "Be kind."})
    save_prompts(business=business, texts={"product_service": "Bikes."})
    prompts = save_prompts(business=business, texts={"product_service": "Bikes."})
    kept = AIPromptsVersion.objects.filter(business=business).order_by("version")
    assert [row.version for row in kept] == [1, 2, 3]
    assert prompts.version == kept[2].version
    assert kept[2].texts["manual_prompt"] == "Be kind."
    assert kept[2].texts["product_service"] == "Bikes."
    assert knowledge_version(business.pk) == 2


def test_prompts_saved_past_the_service_are_kept_too(business: Business) -> None:
    prompts = AIPrompts.objects.create(business=business, knowledge_source="We sell bikes.")
    prompts.knowledge_source = "We sell and mend bikes."
    prompts.save()
    assert AIPrompts.objects.get().version == 2
    assert AIPromptsVersion.objects.get(version=2).texts["knowledge_source"].endswith("bikes.")
    assert knowledge_version(business.pk) == 2


def test_empty_prompts_are_no_knowledge(business: Business) -> None:
    AIPrompts.objects.create(business=business)
    assert knowledge_version(business.pk) == 0
    assert not has_knowledge(business.pk)
    save_prompts(business=business, texts={"manual_prompt": "Be kind."})
    assert not has_knowledge(business.pk)
    save_prompts(business=business, texts={"question_answer": "Q: Open?\nA: Yes."})
    assert has_knowledge(business.pk)


def test_an_unknown_prompt_is_refused(business: Business) -> None:
    with pytest.raises(DomainError, match="no prompt called tone"):
        save_prompts(business=business, texts={"tone": "kind"})
