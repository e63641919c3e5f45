"""A reload, a second tab or a second device never loses or hides a turn.

Random histories of two sessions, each of which may look at an old state, are held against what was
said (`Told`). A seed that fails is named, and gives the same history again.
"""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from django.db import connection

from accounts.models import User
from ai_chat.models import AIChat, AIMessage
from ai_chat.selectors import access_chat, access_message, read_path, read_tree
from ai_chat.services.chats import start_chat
from ai_chat.services.claims import claim_answer
from ai_chat.services.endings import Ending, end_answer
from ai_chat.services.messages import (
    Turn,
    activate,
    ask_again,
    delete_message,
    edit_answer,
    edit_message,
    say,
)
from ai_chat.testing.told import Said, Told
from ai_chat.tree import Below
from core.lib.errors import Conflict, NotFound

STEPS = (5, 13)
BATCH = 50
HISTORIES = {"sqlite": 150, "postgresql": 1000}
AT_ONCE = {"sqlite": 10, "postgresql": 40}


@dataclass
class Session:
    """A tab or device: what it has seen, which may be old by now."""

    seen: list[str] = field(default_factory=list)


@dataclass
class History:
    """One chat, what was told in it, and what each session does next."""

    user: User
    seed: int
    chat: AIChat = field(init=False)
    told: Told = field(default_factory=Told)
    count: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.chat = start_chat(user=self.user)
        self.sessions = [Session(), Session()]

    def run(self) -> None:
        self.say(self.sessions[0])
        self.reload(self.sessions[1])
        for _ in range(self.dice.randint(*STEPS)):
            session = self.dice.choice(self.sessions)
            deed = self.dice.choices(self.deeds, self.weights)[0]
            deed(session)
            if self.dice.random() < 0.2:
                self.reload(session)
        self.end_running()
        self.look_at_all()

    @property
    def deeds(self) -> list[Callable[[Session], None]]:
        return [
            *(self.say, self.say_where_it_stood, self.edit, self.again, self.edit_answer),
            *(self.switch, self.delete, self.end),
        ]

    weights = (5, 3, 3, 3, 1, 3, 2, 4)

    def words(self) -> str:
        self.count += 1
        return f"words {self.count}"

    def some(self, session: Session) -> str | None:
        return self.dice.choice(session.seen) if session.seen else None

    def may(self, what: Callable[[], object], *, gone: bool, running: bool) -> object:
        """Do it; it is refused exactly when something is gone, or an answer is being written."""
        try:
            done = what()
        except NotFound:
            assert gone
        except Conflict as refusal:
            assert refusal.code == "nothing_to_answer" or (
                running and refusal.code == "answering"
            ), refusal
        else:
            assert not gone
            assert not running
            return done
        return None

    def message(self, pk: str) -> AIMessage:
        return access_message(self.user, pk)

    def say(self, session: Session) -> None:
        self._say(session, self.told.leaf, lambda words: say(chat=self.chat, content=words))

    def say_where_it_stood(self, session: Session) -> None:
        place = session.seen[-1] if session.seen else None
        self._say(session, place, lambda words: say(chat=self.chat, content=words, parent_id=place))

    def edit(self, session: Session) -> None:
        if (one := self.some(session)) is None:
            return
        said = self.told.said.get(one)
        if said is not None and said.role != "user":
            return
        parent = said.parent if said else one
        self._say(
            session, parent, lambda words: edit_message(message=self.message(one), content=words)
        )

    def _say(self, session: Session, place: str | None, deed: Callable[[str], object]) -> None:
        words = self.words()
        gone = place is not None and place not in self.told.said
        running = not gone and self.told.running(self.told.leaf, place)
        turn = self.may(lambda: deed(words), gone=gone, running=running)
        if turn is None:
            return
        self.told.add(turn.asked.pk, Said(place, "user", words))  # type: ignore[attr-defined]
        self._await(turn.answer, turn.asked.pk)  # type: ignore[attr-defined]
        session.seen.extend([turn.asked.pk, turn.answer.pk])  # type: ignore[attr-defined]

    def _await(self, answer: AIMessage, parent: str) -> None:
        self.told.add(answer.pk, Said(parent, "assistant", "", ended=False))
        if self.dice.random() < 0.7:
            self._end(answer.pk)

    def again(self, session: Session) -> None:
        if (one := self.some(session)) is None:
            return
        told, said = self.told, self.told.said.get(one)
        asked = one if said and said.role == "user" else said.parent if said else None
        running = said is not None and told.running(told.leaf, asked)
        answer = self.may(
            lambda: ask_again(message=self.message(one)), gone=said is None, running=running
        )
        if answer is not None:
            assert asked is not None
            self._await(answer, asked)  # type: ignore[arg-type]
            session.seen.append(answer.pk)  # type: ignore[attr-defined]

    def edit_answer(self, session: Session) -> None:
        one = self.some(session)
        said = self.told.said.get(one or "")
        if one is None or said is None or said.role == "user":
            return
        words = self.words()
        edited = self.may(
            lambda: edit_answer(message=self.message(one), content=words),
            gone=False,
            running=self.told.running(self.told.leaf, said.parent),
        )
        if edited is not None:
            self.told.add(edited.pk, Said(said.parent, "assistant", words))  # type: ignore[attr-defined]

    def switch(self, session: Session) -> None:
        if (one := self.some(session)) is None:
            return
        gone = one not in self.told.said
        chat = self.may(lambda: activate(message=self.message(one)), gone=gone, running=False)
        if chat is not None:
            leaf = chat.active_leaf_id  # type: ignore[attr-defined]
            assert self.told.leads_to(one, leaf)
            self.told.stand_at(leaf)

    def delete(self, session: Session) -> None:
        if (one := self.some(session)) is None:
            return
        keep, gone = self.dice.random() < 0.6, one not in self.told.said
        running = not gone and self.told.running(*self.told.below(one))
        done = self.may(
            lambda: delete_message(message=self.message(one), below="keep" if keep else "delete"),
            gone=gone,
            running=running,
        )
        if done is None:
            return
        before = self.told.leaf
        assert set(done.deleted) == set(self.told.delete(one, keep=keep))  # type: ignore[attr-defined]
        leaf = done.active_leaf_id  # type: ignore[attr-defined]
        if before in self.told.said:
            assert leaf == before
        if leaf is None:
            assert self.told.said == {}
        else:
            assert self.told.children(leaf) == []
        self.told.stand_at(leaf)

    def end(self, session: Session) -> None:
        self.end_running()

    def end_running(self) -> None:
        for one in [one for one, said in self.told.said.items() if not said.ended]:
            self._end(one)

    def _end(self, one: str) -> None:
        words = self.words()
        state = AIMessage.State(self.dice.choice(["done", "done", "stopped", "failed"]))
        if self.dice.random() < 0.2:
            claim = claim_answer(message_id=one)
            assert claim is not None
            end_answer(claim=claim, user=self.user, ending=Ending(state, words))
        else:
            AIMessage.objects.filter(pk=one).update(state=state, content=words)
        self.told.said[one].words, self.told.said[one].ended = words, True

    def reload(self, session: Session) -> None:
        """As a page does: the chat, then its path in pages from the end."""
        chat = access_chat(self.user, self.chat.pk)
        assert chat.active_leaf_id == self.told.leaf
        limit, before = self.dice.choice([2, 3, 50]), None
        seen: list[AIMessage] = []
        while True:
            page = read_path(chat, before=before, limit=limit)
            seen[:0] = [step.message for step in page.steps]
            for step in page.steps:
                siblings = self.told.children(self.told.said[step.message.pk].parent)
                assert step.siblings == siblings
                assert siblings[step.index - 1] == step.message.pk
            if not page.more:
                break
            before = seen[0].pk
        assert [one.content for one in seen] == self.told.words()
        session.seen = [one.pk for one in seen]

    def look_at_all(self) -> None:
        """Every turn is in the tree; now and then, walk to each with the arrows."""
        self.reload(self.sessions[0])
        tree = read_tree(self.chat).skeleton.tree
        roots = tree.children(None)
        assert {one for root in roots for one in tree.subtree(root)} == set(self.told.said)
        if self.seed % 4 == 0:
            assert walked(self.user, self.chat) == set(self.told.said)


def walked(user: User, chat: AIChat) -> set[str]:
    """What one gets to see by switching among siblings until nothing new shows."""
    seen: set[str] = set()
    ahead: list[str] = []
    while True:
        for step in read_path(access_chat(user, chat.pk), limit=200).steps:
            seen.add(step.message.pk)
            ahead += [one for one in step.siblings if one not in seen]
        ahead = [one for one in ahead if one not in seen]
        if not ahead:
            return seen
        activate(message=access_message(user, ahead.pop()))


@pytest.mark.django_db
@pytest.mark.parametrize("batch", range(max(HISTORIES.values()) // BATCH))
def test_a_reload_or_a_second_tab_never_loses_or_hides_a_turn(owner: User, batch: int) -> None:
    if batch * BATCH >= HISTORIES[connection.vendor]:
        pytest.skip("fewer histories on this database")
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        try:
            History(owner, seed).run()
        except Exception as error:
            raise AssertionError(f"history {seed}") from error


@dataclass
class Device:
    """One of several at once: what it said, what it deleted, and nothing of the others'."""

    user: User
    chat: AIChat
    dice: random.Random
    said: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)

    def run(self) -> None:
        for number in range(6):
            shown = [step.message for step in read_path(self.chat).steps]
            with suppress(NotFound, Conflict):
                self.do(f"words {number} of {id(self)}", shown)

    def do(self, words: str, shown: list[AIMessage]) -> None:
        one = self.dice.choice(shown) if shown else None
        deed = self.dice.choice(["say", "say", "there", "edit", "again", "switch", "delete"])
        if one is None or deed == "say":
            self.ended(say(chat=self.chat, content=words), words)
        elif deed == "there":
            self.ended(say(chat=self.chat, content=words, parent_id=shown[-1].pk), words)
        elif deed == "edit" and one.role == "user":
            self.ended(edit_message(message=self.again(one), content=words), words)
        elif deed == "again":
            self.end(ask_again(message=self.again(one)))
        elif deed == "switch":
            activate(message=self.again(one))
        elif deed == "delete":
            below: Below = self.dice.choice(["keep", "delete"])
            self.deleted += delete_message(message=self.again(one), below=below).deleted

    def again(self, one: AIMessage) -> AIMessage:
        return access_message(self.user, one.pk)

    def ended(self, turn: Turn, words: str) -> None:
        self.said[turn.asked.pk] = words
        self.end(turn.answer)

    def end(self, answer: AIMessage) -> None:
        self.said[answer.pk] = f"answer {answer.pk}"
        claim = claim_answer(message_id=answer.pk)
        assert claim is not None
        ending = Ending(AIMessage.State.DONE, f"answer {answer.pk}")
        end_answer(claim=claim, user=self.user, ending=ending)


@pytest.mark.django_db(transaction=True)
def test_nor_do_devices_that_write_at_the_same_moment(owner: User) -> None:
    def run(device: Device) -> None:
        try:
            device.run()
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        for seed in range(AT_ONCE[connection.vendor]):
            chat = start_chat(user=owner)
            devices = [Device(owner, chat, random.Random(seed * 3 + n)) for n in range(3)]
            list(pool.map(run, devices))
            check_together(owner, chat, devices)


def check_together(owner: User, chat: AIChat, devices: list[Device]) -> None:
    deleted = {one for device in devices for one in device.deleted}
    said = {one: words for device in devices for one, words in device.said.items()}
    rows = AIMessage.objects.filter(chat=chat).order_by("position")
    assert {one.pk: one.content for one in rows} == {
        one: words for one, words in said.items() if one not in deleted
    }
    readings = [[step.message.pk for step in read_path(chat).steps] for _ in range(2)]
    assert readings[0] == readings[1]
    assert walked(owner, chat) == said.keys() - deleted
