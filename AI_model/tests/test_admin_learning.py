"""Proposals in the admin, past what a browser shows."""

import pytest
from django.test import Client

from accounts.models import Business, User
from AI_model.models import LearningMark, ProposedEntry
from settings_app.models import KnowledgeEntry

pytestmark = pytest.mark.django_db
LIST = "/admin/AI_model/proposedentry/"


@pytest.fixture
def pages(client: Client, owner: User) -> Client:
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    return client


def propose(business: Business, question: str, entry: KnowledgeEntry | None = None) -> str:
    row = ProposedEntry.objects.create(
        business=business, question=question, answer="Yes.", entry=entry
    )
    return row.pk


def states() -> dict[str, str]:
    return dict(ProposedEntry.objects.values_list("question", "state"))


def test_many_are_rejected_at_once_but_none_of_another_business(
    pages: Client, business: Business, other_business: Business
) -> None:
    chosen = [propose(business, "One?"), propose(business, "Two?"), propose(other_business, "Our?")]
    propose(business, "Three?")
    pages.post(LIST, {"action": "reject_chosen", "_selected_action": chosen})
    assert states() == {"One?": "rejected", "Two?": "rejected", "Three?": "open", "Our?": "open"}


def test_a_question_that_an_entry_asks_is_told_beside_the_field(
    pages: Client, business: Business
) -> None:
    KnowledgeEntry.objects.create(business=business, question="Open?", answer="Yes.")
    url = f"{LIST}{propose(business, 'Are you open?')}/change/"
    words = {"question": "Open?", "answer": "Yes.", "phrasings": "", "tags": "", "language": ""}
    page = pages.post(url, words | {"approve": "1"})
    assert b"There is an entry with this question already" in page.content
    assert states() == {"Are you open?": "open"}
    assert pages.post(url, words | {"reject": "1"}).status_code == 302
    assert states() == {"Are you open?": "rejected"}


def test_phrasings_for_an_entry_leave_its_answer(pages: Client, business: Business) -> None:
    entry = KnowledgeEntry.objects.create(business=business, question="Open?", answer="Nine.")
    url = f"{LIST}{propose(business, 'Are you open?', entry)}/change/"
    assert b'name="answer"' not in pages.get(url).content
    words = {"question": "Are you open?", "phrasings": "When do you open?\nopen"}
    assert pages.post(url, words | {"approve": "1"}).status_code == 302
    entry.refresh_from_db()
    assert (entry.answer, entry.phrasings) == ("Nine.", ["Are you open?", "When do you open?"])


def test_a_look_is_asked_for_by_the_owner(pages: Client, client: Client, agent: User) -> None:
    assert pages.get(f"{LIST}look/").status_code == 405
    assert pages.post(f"{LIST}look/").status_code == 302
    assert LearningMark.objects.get().asked_at is not None
    client.force_login(agent, backend="accounts.backends.UsernameOrEmailBackend")
    assert client.post(f"{LIST}look/").status_code in {302, 403}
