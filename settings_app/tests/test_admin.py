"""Prompts, knowledge and hours in the admin."""

import pytest
from django.test import Client

from accounts.models import Business, User
from settings_app.models import AIPrompts, AIPromptsVersion, BusinessHours, Holiday, KnowledgeEntry

pytestmark = pytest.mark.django_db

ENTRY = {"question": "Are you open?", "answer": "Yes.", "is_active": "on"}


@pytest.fixture
def pages(client: Client, owner: User) -> Client:
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    return client


def version_of(business: Business) -> int:
    return Business.objects.get(pk=business.pk).knowledge_version


def test_saved_prompts_make_a_version_and_saving_them_unchanged_makes_none(
    pages: Client, business: Business
) -> None:
    prompts = AIPrompts.objects.create(business=business)
    address = f"/admin/settings_app/aiprompts/{prompts.pk}/change/"
    texts = {
        "manual_prompt": "Be brief.",
        "knowledge_source": "",
        "product_service": "",
        "question_answer": "",
    }
    before = version_of(business)
    for _ in range(2):
        assert pages.post(address, texts).status_code == 302
    prompts.refresh_from_db()
    assert (prompts.manual_prompt, prompts.version) == ("Be brief.", 2)
    assert AIPromptsVersion.objects.filter(business=business, version=2).count() == 1
    assert version_of(business) == before + 1


def test_an_owner_without_prompts_yet_is_led_to_write_them(
    pages: Client, business: Business
) -> None:
    page = pages.get("/admin/settings_app/aiprompts/", follow=True)
    assert page.redirect_chain[-1][0].endswith("/add/") and page.status_code == 200
    assert (
        pages.post("/admin/settings_app/aiprompts/add/", {"manual_prompt": "Hi."}).status_code
        == 302
    )
    assert AIPrompts.objects.get(business=business).manual_prompt == "Hi."
    assert pages.get("/admin/settings_app/aiprompts/add/").status_code == 403


def test_phrasings_are_one_on_each_line(pages: Client, business: Business) -> None:
    words = {**ENTRY, "phrasings": "  When?\n\nOpen now?\r\nWhen?\n", "tags": "hours\n"}
    before = version_of(business)
    assert pages.post("/admin/settings_app/knowledgeentry/add/", words).status_code == 302
    entry = KnowledgeEntry.objects.get(business=business)
    assert (entry.phrasings, entry.tags) == (["When?", "Open now?"], ["hours"])
    assert version_of(business) > before
    page = pages.get(f"/admin/settings_app/knowledgeentry/{entry.pk}/change/").content.decode()
    assert "When?\nOpen now?</textarea>" in page


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({"question": "Are you open?"}, "already exists"),
        ({"phrasings": "\n".join(f"line {n}" for n in range(31))}, "At most 30 lines"),
        ({"phrasings": "x" * 501}, "at most 500 characters"),
        ({"answer": "y" * 20_001}, "longer than 20000"),
        ({"answer": "\x00"}, "Null characters"),
        ({"language": "x" * 9}, "at most 8 characters"),
    ],
)
def test_a_bad_entry_is_refused_with_a_reason(
    pages: Client, business: Business, words: dict[str, str], problem: str
) -> None:
    KnowledgeEntry.objects.create(business=business, question="Are you open?", answer="Yes.")
    page = pages.post(
        "/admin/settings_app/knowledgeentry/add/", {**ENTRY, "question": "Other?", **words}
    )
    assert page.status_code == 200 and problem in page.content.decode()
    assert KnowledgeEntry.objects.count() == 1


def test_deleting_several_entries_raises_the_knowledge_version(
    pages: Client, business: Business
) -> None:
    entries = [
        KnowledgeEntry.objects.create(business=business, question=q, answer="a") for q in "ab"
    ]
    before = version_of(business)
    chosen = {
        "action": "delete_selected",
        "_selected_action": [e.pk for e in entries],
        "post": "yes",
    }
    assert pages.post("/admin/settings_app/knowledgeentry/", chosen).status_code == 302
    assert not KnowledgeEntry.objects.exists() and version_of(business) > before


def test_hours_that_end_before_they_begin_and_a_holiday_named_twice_are_refused(
    pages: Client, business: Business
) -> None:
    wrong = {"weekday": "0", "opens": "18:00", "closes": "09:00"}
    assert pages.post("/admin/settings_app/businesshours/add/", wrong).status_code == 200
    for _ in range(2):
        pages.post("/admin/settings_app/holiday/add/", {"date": "2026-12-25"})
    assert (BusinessHours.objects.count(), Holiday.objects.count()) == (0, 1)
