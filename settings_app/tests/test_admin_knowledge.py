"""Drafts, versions and going back in the admin."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Business, SettingChange, User
from settings_app.drafts import draft_changes
from settings_app.models import AIPrompts, KnowledgeDraft, KnowledgeEntry, KnowledgeVersion
from settings_app.selectors import knowledge_version
from settings_app.services import change_entry, save_draft, save_entry, save_prompts

pytestmark = pytest.mark.django_db
ADMIN = "/admin/settings_app"
ENTRIES, DRAFT, VERSIONS = (
    f"{ADMIN}/{name}/" for name in ("knowledgeentry", "knowledgedraft", "knowledgeversion")
)
DRAFTED = {"save_as_draft": "1"}
WORDS = {"question": "Do you ship?", "answer": "New.", "is_active": "on"}


@pytest.fixture
def pages(client: Client, owner: User) -> Client:
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    return client


@pytest.fixture
def entry(business: Business) -> KnowledgeEntry:
    return save_entry(business=business, question="Do you ship?", answer="Old.")


def text(pages: Client, path: str) -> str:
    page = pages.get(path)
    assert page.status_code == 200
    return page.content.decode()


def post(pages: Client, path: str, data: Any = None) -> str:
    page = pages.post(path, data or {}, follow=True)
    assert page.status_code == 200
    return page.content.decode()


def test_an_entry_is_kept_as_a_draft_and_published(
    pages: Client, entry: KnowledgeEntry, owner: User
) -> None:
    page = post(pages, f"{ENTRIES}{entry.pk}/change/", WORDS | DRAFTED)
    assert "Saved as a draft" in page and "Old." in page and "New." in page
    assert KnowledgeEntry.objects.get().answer == "Old."
    assert "There is a draft of this." in text(pages, f"{ENTRIES}{entry.pk}/change/")
    drafted = text(pages, f"{ENTRIES}{entry.pk}/change/?draft=1")
    assert "New.</textarea>" in drafted
    assert 'name="_save"' not in drafted and 'name="save_as_draft"' in drafted
    assert "Published." in post(pages, f"{DRAFT}publish/")
    assert KnowledgeEntry.objects.get().answer == "New."
    version = KnowledgeVersion.objects.get(number=2)
    assert (version.user, version.via) == (owner, "page")
    assert "Nothing is drafted" in text(pages, DRAFT)


def test_a_new_entry_is_drafted_changed_and_dropped(
    pages: Client, entry: KnowledgeEntry, business: Business
) -> None:
    words = WORDS | {"question": "New?", "valid_from": "2026-12-01"}
    post(pages, f"{ENTRIES}add/", words | DRAFTED)
    draft = KnowledgeDraft.objects.get()
    path = f"{ENTRIES}{draft.object_id}/change/?draft=1"
    assert "2026-12-01" in text(pages, path)
    post(pages, path, words | {"answer": "Newer."} | DRAFTED)
    save_draft(business=business, texts={"manual_prompt": "Be brief."})
    page = post(pages, f"{DRAFT}drop/", {"kind": "entry", "id": draft.object_id})
    assert "That change is forgotten" in page and "Be brief." in page
    assert [change["kind"] for change in draft_changes(business.pk)] == ["prompts"]
    assert KnowledgeEntry.objects.count() == 1
    assert "no draft" in post(pages, f"{DRAFT}drop/", {"kind": "entry", "id": "\0"})


def test_prompts_are_kept_as_a_draft(pages: Client, business: Business) -> None:
    prompts = save_prompts(business=business, texts={"manual_prompt": "Be kind."})
    path = f"{ADMIN}/aiprompts/{prompts.pk}/change/"
    names = ("knowledge_source", "product_service", "question_answer")
    texts = {"manual_prompt": "Be brief.", **dict.fromkeys(names, "")}
    page = post(pages, path, texts | DRAFTED)
    assert "Be kind." in page and "Be brief." in page
    assert AIPrompts.objects.get().manual_prompt == "Be kind."
    assert "Be brief.</textarea>" in text(pages, f"{path}?draft=1")
    post(pages, f"{DRAFT}publish/")
    assert AIPrompts.objects.get().manual_prompt == "Be brief."


def test_what_is_saved_at_once_is_no_draft_any_more(
    pages: Client, entry: KnowledgeEntry, business: Business
) -> None:
    change_entry(entry=entry, changes={"answer": "New."}, as_draft=True)
    post(pages, f"{ENTRIES}{entry.pk}/change/", WORDS)
    assert draft_changes(business.pk) == [] and not KnowledgeDraft.objects.exists()


def test_the_draft_is_discarded(pages: Client, entry: KnowledgeEntry, business: Business) -> None:
    change_entry(entry=entry, changes={"answer": "New."}, as_draft=True)
    assert "forgotten" in post(pages, f"{DRAFT}discard/")
    assert draft_changes(business.pk) == []
    assert "no draft to discard" in post(pages, f"{DRAFT}discard/")
    assert SettingChange.objects.get(subject="knowledge").field == "draft"


def test_versions_are_read_and_gone_back_to(
    pages: Client, entry: KnowledgeEntry, business: Business
) -> None:
    change_entry(entry=entry, changes={"answer": "New."})
    save_prompts(business=business, texts={"manual_prompt": "Be brief."})
    listed = text(pages, VERSIONS)
    assert "1 added" in listed and "1 changed" in listed and "prompts" in listed
    second = KnowledgeVersion.objects.get(number=2)
    page = text(pages, f"{VERSIONS}{second.pk}/change/")
    assert "Old." in page and "New." in page
    first = KnowledgeVersion.objects.get(number=1)
    back = f"{VERSIONS}{first.pk}/roll-back/"
    assert "Go back to version 1" in text(pages, back)
    assert KnowledgeEntry.objects.get().answer == "New."
    assert "Version 4 is what version 1 was" in post(pages, back)
    assert KnowledgeEntry.objects.get().answer == "Old."
    assert "Nothing differs" in post(pages, back)
    assert knowledge_version(business.pk) == 4


def test_deleting_several_entries_is_one_version(
    pages: Client, entry: KnowledgeEntry, business: Business, owner: User
) -> None:
    other = save_entry(business=business, question="Other?", answer="A")
    chosen = {
        "action": "delete_selected",
        "_selected_action": [entry.pk, other.pk],
        "post": "yes",
    }
    post(pages, ENTRIES, chosen)
    version = KnowledgeVersion.objects.get(number=3)
    assert (version.user, version.via) == (owner, "page")
    assert knowledge_version(business.pk) == 3 and not KnowledgeEntry.objects.exists()


def test_the_list_of_versions_takes_as_many_statements_however_long(
    pages: Client, business: Business, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        save_entry(business=business, question=f"{number}?", answer="A")
    with django_assert_max_num_queries(20):
        assert "1 added" in text(pages, VERSIONS)


def test_days_in_the_wrong_order_are_refused(pages: Client, entry: KnowledgeEntry) -> None:
    words = WORDS | {"valid_from": "2026-12-02", "valid_to": "2026-12-01"}
    page = pages.post(f"{ENTRIES}{entry.pk}/change/", words)
    assert page.status_code == 200 and "before it begins" in page.content.decode()


def test_another_businesss_versions_and_drafts_are_not_reached(
    pages: Client, entry: KnowledgeEntry, other_business: Business
) -> None:
    theirs = save_entry(business=other_business, question="Theirs?", answer="A")
    change_entry(entry=theirs, changes={"answer": "B"}, as_draft=True)
    version = KnowledgeVersion.objects.get(business=other_business)
    for path in (f"{VERSIONS}{version.pk}/roll-back/", f"{DRAFT}publish/"):
        assert pages.get(path).status_code in {404, 405}
    assert pages.post(f"{VERSIONS}{version.pk}/roll-back/").status_code == 404
    assert pages.get(f"{ENTRIES}{theirs.pk}/change/?draft=1").status_code == 302
    for word in ("publish", "discard"):
        assert "Theirs?" not in post(pages, f"{DRAFT}{word}/")
    post(pages, f"{DRAFT}drop/", {"kind": "entry", "id": theirs.pk})
    assert KnowledgeDraft.objects.get().object_id == theirs.pk
    assert knowledge_version(other_business.pk) == 1


def test_agents_and_platform_staff_publish_nothing(
    client: Client, agent: User, staff: User, entry: KnowledgeEntry
) -> None:
    change_entry(entry=entry, changes={"answer": "New."}, as_draft=True)
    for user in (agent, staff):
        client.force_login(user, backend="accounts.backends.UsernameOrEmailBackend")
        assert client.post(f"{DRAFT}publish/").status_code in {302, 403, 404}
    assert KnowledgeEntry.objects.get().answer == "Old."
