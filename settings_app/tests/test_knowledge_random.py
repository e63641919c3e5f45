"""Whatever is done in whatever order: a version is read as it was seen when it was made."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Business, User
from core.lib.errors import Conflict
from settings_app import drafts
from settings_app.history import entries_at, sources_at
from settings_app.models import AIPrompts, AIPromptsVersion, KnowledgeEntry, KnowledgeVersion
from settings_app.selectors import knowledge_version
from settings_app.services import (
    change_entry,
    delete_entry,
    publish_knowledge,
    roll_back_knowledge,
    save_draft,
    save_entry,
    save_prompts,
)
from settings_app.states import live_states
from settings_app.tests.knowledge_rows import add_source, let_count

Seen = tuple[dict[str, Any], dict[str, Any], str]
QUESTIONS = st.sampled_from(["One?", "Two?", "Three?", "Four?"])
PICK = st.integers(0, 5)
STEPS = st.one_of(
    st.tuples(st.just("save"), QUESTIONS, st.booleans()),
    st.tuples(st.just("change"), PICK, QUESTIONS, st.booleans()),
    st.tuples(st.just("delete"), PICK, st.booleans()),
    st.tuples(st.just("source"), st.sampled_from([1, 2])),
    st.tuples(st.just("prompts"), st.sampled_from(["kind", "brief"]), st.booleans()),
    st.tuples(st.just("publish")),
    st.tuples(st.just("back"), st.integers(1, 8)),
)


class Play:
    """A business whose owner does things in any order."""

    def __init__(self, business: Business, owner: User) -> None:
        self.business, self.owner = business, owner
        self.source = add_source(business, "old", "new")
        self.count = 0

    def save(self, question: str, as_draft: bool) -> None:
        self.count += 1
        answer = str(self.count)
        save_entry(business=self.business, question=question, answer=answer, as_draft=as_draft)

    def change(self, place: int, question: str, as_draft: bool) -> None:
        self.count += 1
        if entry := self._picked(place, as_draft):
            changes = {"question": question, "answer": str(self.count)}
            change_entry(entry=entry, changes=changes, as_draft=as_draft)

    def delete(self, place: int, as_draft: bool) -> None:
        if entry := self._picked(place, as_draft):
            delete_entry(entry=entry, as_draft=as_draft)

    def _picked(self, place: int, as_draft: bool) -> KnowledgeEntry | None:
        live = KnowledgeEntry.objects.for_business(self.business.pk).order_by("pk")
        rows = list(drafts.drafted_entries(self.business.pk) if as_draft else live)
        return rows[place] if place < len(rows) else None

    def source_(self, number: int) -> None:
        self.source.refresh_from_db()
        let_count(self.source, number)

    def prompts(self, text: str, as_draft: bool) -> None:
        save: Callable[..., object] = save_draft if as_draft else save_prompts
        save(business=self.business, texts={"manual_prompt": text})

    def publish(self) -> None:
        publish_knowledge(business=self.business, user=self.owner)

    def back(self, version: int) -> None:
        version = min(version, knowledge_version(self.business.pk))
        roll_back_knowledge(business=self.business, user=self.owner, version=version)

    def do(self, name: str, *how: Any) -> None:
        before = self.seen(), drafts.draft_changes(self.business.pk)
        try:
            getattr(self, "source_" if name == "source" else name)(*how)
        except Conflict:
            assert (self.seen(), drafts.draft_changes(self.business.pk)) == before

    def seen(self) -> Seen:
        pk = self.business.pk
        prompts = AIPrompts.objects.for_business(pk).first()
        text = prompts.manual_prompt if prompts else ""
        return live_states(pk, "entry"), live_states(pk, "source"), text


def read_again(business: Business, number: int) -> Seen:
    version = KnowledgeVersion.objects.for_business(business.pk).get(number=number)
    kept = AIPromptsVersion.objects.for_business(business.pk)
    prompts = kept.filter(version=version.prompts_version or 0).first()
    text = prompts.texts["manual_prompt"] if prompts else ""
    return entries_at(business.pk, number), sources_at(business.pk, number), text


@pytest.mark.django_db
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(STEPS, min_size=4, max_size=14))
def test_each_version_is_read_as_it_was_seen(owner: User, steps: list[tuple[Any, ...]]) -> None:
    business = Business.objects.create(name="Any order")
    play = Play(business, owner)
    seen = {1: play.seen()}
    for name, *how in steps:
        before, version = play.seen(), knowledge_version(business.pk)
        drafted = drafts.draft_states(business.pk)
        play.do(name, *how)
        now = knowledge_version(business.pk)
        assert now - version in {0, 1} and (now > version or play.seen() == before)
        if name == "publish" and now > version:
            assert live_states(business.pk, "entry") == drafted
        if name == "back" and now > version:
            assert play.seen() == seen[min(how[0], version)]
        seen[now] = play.seen()
    assert {number: read_again(business, number) for number in seen} == seen
    numbers = KnowledgeVersion.objects.for_business(business.pk).values_list("number", flat=True)
    assert sorted(numbers) == list(range(1, max(seen) + 1))
