import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Business, User
from AI_model.maintenance import look_for_proposals
from AI_model.models import KnowledgeIndex, ProposedEntry
from AI_model.retrieval.search import search, threshold_for
from core.env import ROOT
from core.management.commands.prepare import Command as Prepare
from messaging.models import Channel, Conversation, Message
from settings_app.models import AIPrompts, BusinessHours, KnowledgeEntry

pytestmark = pytest.mark.django_db


def load() -> list[dict[str, str]]:
    out = StringIO()
    call_command("load_demo", force=True, stdout=out)
    logins: list[dict[str, str]] = json.loads(out.getvalue().splitlines()[-1])["logins"]
    return logins


def best(question: str) -> Any:
    return search(business_id=Business.objects.get().pk, question=question)[0]


def questions(*, answerable: bool) -> list[tuple[str, str]]:
    """(expected title, question) of the set that `make eval` measures too."""
    rows = json.loads((ROOT / "eval" / "questions.json").read_text(encoding="utf-8"))
    return [(row["expects"], row["question"]) for row in rows if bool(row["expects"]) is answerable]


def test_the_demo_knowledge_answers_customers_own_words() -> None:
    load()
    asked = questions(answerable=True)
    found = {question: best(question) for _, question in asked}
    wrong = [(q, found[q].title, found[q].score) for title, q in asked if found[q].title != title]
    weak = [(q, found[q].score) for _, q in asked if found[q].score < threshold_for("balanced")]
    assert len(asked) >= 30
    assert (wrong, weak) == ([], [])


def test_nothing_in_the_demo_knowledge_supports_other_topics() -> None:
    load()
    asked = questions(answerable=False)
    scores = {question: best(question).score for _, question in asked}
    assert len(asked) >= 15
    assert {q: s for q, s in scores.items() if s >= threshold_for("balanced")} == {}


def test_a_first_start_leaves_an_index_that_answers_at_once(
    settings: LazySettings, tmp_path: Path
) -> None:
    settings.DEMO, settings.PRODUCTION, settings.DATA_DIR = True, False, tmp_path
    Prepare().load_demo()
    built = KnowledgeIndex.objects.get()
    assert built.version == Business.objects.get().knowledge_version > 0
    assert built.due_at is None


def test_both_logins_work_and_belong_to_one_business(client: Client) -> None:
    for login in load():
        user = User.objects.get(username=login["username"])
        assert user.check_password(login["password"])
        assert user.role == login["role"]
        assert user.business == Business.objects.get()


def test_loading_twice_changes_nothing() -> None:
    first = load()
    entry = KnowledgeEntry.objects.first()
    assert entry is not None
    entry.delete()
    before = (KnowledgeEntry.objects.count(), Conversation.objects.count())
    assert load() == first
    assert (KnowledgeEntry.objects.count(), Conversation.objects.count()) == before
    assert Business.objects.count() == 1


def test_a_changed_password_is_not_printed() -> None:
    load()
    user = User.objects.get(username="demo")
    user.set_password("something else entirely")
    user.save()
    assert [login["username"] for login in load()] == ["agent"]


def test_a_real_business_with_the_demo_name_is_left_alone(owner: User) -> None:
    owner.username = "demo"
    owner.set_password("harbour-lane-owner")
    owner.save()
    assert load() == []
    assert Business.objects.count() == 1


def test_a_production_database_needs_force(settings: LazySettings) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="use --force"):
        call_command("load_demo")
    assert not Business.objects.exists()


def test_the_inbox_has_a_conversation_of_each_kind() -> None:
    load()
    statuses = set(Conversation.objects.values_list("status", flat=True))
    assert statuses == {"active", "support_active", "closed"}
    handed_over = Conversation.objects.get(needs_a_look=True)
    assert handed_over.handover_reason == "no_support"
    assert handed_over.handover_summary
    assert Channel.objects.get(kind="webchat").settings["demo"] is True
    assert AIPrompts.objects.get().version == 2
    assert BusinessHours.objects.count() == 6


def test_past_answers_cite_entries_that_exist_and_nothing_is_due() -> None:
    load()
    entries = set(KnowledgeEntry.objects.values_list("pk", flat=True))
    cited = [c for m in Message.objects.filter(type="AI") for c in m.citations]
    assert cited
    assert {citation["entry_id"] for citation in cited} <= entries
    for conversation in Conversation.objects.all():
        assert conversation.answered_seq == conversation.last_customer_seq
        assert conversation.revision == conversation.messages.count()
    assert (
        not Message.objects.exclude(type__in=["customer", "system"])
        .exclude(delivery="sent")
        .exists()
    )


def test_what_the_demos_people_answered_is_proposed() -> None:
    load()
    assert Business.objects.get().knowledge_version == 1
    look_for_proposals.run(Business.objects.get().pk)
    proposal = ProposedEntry.objects.get()
    assert proposal.question == "Is there a pump outside for when you are closed?"
    assert "every valve" in proposal.answer and "Femke" not in proposal.answer
