"""An owner looks at what people answered, and at the upkeep of the knowledge, in the admin."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Business, User
from AI_model.models import KnowledgeUpkeep, ProposalPart, ProposedEntry
from messaging.models import Channel, Conversation, Customer, Message
from messaging.tests.browser.conftest import Complaints
from messaging.tests.browser.test_knowledge import answer_to
from messaging.tests.browser.test_widget import OpenShop, open_chat, open_shop, shop
from settings_app.models import KnowledgeEntry

__all__ = ["open_shop", "shop"]

PROPOSALS = "/admin/AI_model/proposedentry/"
ASKED = "Do you rent out tandems for the weekend?"
ALSO = "can i get a tandem from friday to monday"
REPLY = "Yes, a tandem costs 60 euros from Friday evening to Monday morning."


def propose(channel: Channel, question: str = ASKED, reply: str = REPLY) -> ProposedEntry:
    common = {"business": channel.business}
    proposal = ProposedEntry.objects.create(
        question=question, phrasings=[ALSO], answer=reply, language="en", **common
    )
    for number, asked in enumerate((question, ALSO)):
        key = f"{proposal.pk}-{number}"
        customer = Customer.objects.create(channel=channel, external_id=key, **common)
        thread = Conversation.objects.create(
            channel=channel, customer=customer, external_id=key, status="closed", **common
        )
        said = Message.objects.create(
            conversation=thread, seq=1, revision=1, type="support", text=reply, **common
        )
        ProposalPart.objects.create(
            proposal=proposal,
            conversation=thread,
            answer=said,
            question=asked,
            reply=reply,
            **common,
        )
    return proposal


def test_an_owner_approves_a_proposal_which_is_the_next_answer_and_rejects_one(
    business: Business,
    owner: User,
    webchat_channel: Channel,
    open_inbox: Callable[..., Page],
    open_shop: OpenShop,
    complaints: Complaints,
) -> None:
    propose(webchat_channel)
    propose(webchat_channel, "Is there parking?", "There are two places behind the house.")
    page = open_inbox(owner, PROPOSALS)
    expect(page.get_by_text("2 times").first).to_be_visible()
    page.get_by_role("link", name=ASKED).click()
    expect(page.get_by_role("heading", name="Answered by people 2 times")).to_be_visible()
    expect(page.get_by_role("link", name="Open the conversation")).to_have_count(2)
    page.get_by_label("Answer").fill("Yes, for 60 euros.")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_text("Approved. Answers follow it within seconds.")).to_be_visible()
    entry = KnowledgeEntry.objects.get()
    assert (entry.question, entry.answer, entry.phrasings) == (ASKED, "Yes, for 60 euros.", [ALSO])

    visitor = open_shop()
    open_chat(visitor)
    assert answer_to(visitor, ALSO) == entry.answer

    page.get_by_role("link", name="Is there parking?").click()
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Nothing like it is proposed again.")).to_be_visible()
    assert KnowledgeEntry.objects.count() == 1
    page.get_by_role("link", name=ASKED).first.click()
    expect(page.get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    assert complaints == []


def test_an_owner_reads_what_wants_a_look(
    business: Business, owner: User, open_inbox: Callable[..., Page], complaints: Complaints
) -> None:
    entry = KnowledgeEntry.objects.create(business=business, question="Open?", answer="Yes.")
    about = [{"kind": "entry", "id": entry.pk, "title": entry.question}]
    finding = {"reason": "It knows one way of asking.", "about": about, "suggestions": [ALSO]}
    KnowledgeUpkeep.objects.create(
        business=business,
        findings={"one_phrasing": [finding] * 3},
        counts={"one_phrasing": 3},
        checked_at=timezone.now() - timedelta(hours=3),
    )
    page = open_inbox(owner, "/admin/AI_model/knowledgeupkeep/")
    expect(page.get_by_text("It knows one way of asking.").first).to_be_visible()
    page.get_by_role("link", name="Duplicates 0").click()
    expect(page.get_by_text("No two entries ask the same.")).to_be_visible()
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("A check is under way.")).to_be_visible()
    page.get_by_role("link", name="One phrasing only 3").click()
    page.get_by_role("link", name="Open?").first.click()
    expect(page.get_by_label("Question")).to_have_value("Open?")
    assert complaints == []
