"""Weeks of conversations as rows, made from a seed: what is counted is written, nothing is sent."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from AI_model.models import AIRun, UsageRecord
from messaging.models import Channel, Conversation, Customer, Message, StatusChange

REASONS = ("no_support", "asked_for_person", "provider_down")
ENTRIES = tuple({"entry_id": f"entry{n}", "title": f"Question {n}"} for n in range(6))
# Some end as they should; what happens in the others is thrown.
PLANS = {0: ["", "ai", "close"], 1: ["", "person", "close"], 2: ["", "close"]}
WEIGHTS = {
    "customer": 6,
    "ai": 6,
    "person": 2,
    "hand_over": 1,
    "give_back": 1,
    "close": 4,
    "draft": 1,
}


@dataclass(slots=True)
class Story:
    """A conversation and the moments at which something happens in it."""

    conversation: Conversation
    moments: list[datetime]
    rng: Random
    plan: list[str]


@dataclass(slots=True)
class Rows:
    messages: list[tuple[Message, datetime]] = field(default_factory=list)
    changes: list[StatusChange] = field(default_factory=list)
    runs: list[AIRun] = field(default_factory=list)
    calls: list[tuple[UsageRecord, datetime]] = field(default_factory=list)

    def save(self) -> None:
        save_at(Message, self.messages)
        StatusChange.objects.bulk_create(self.changes)
        AIRun.objects.bulk_create(self.runs)
        save_at(UsageRecord, self.calls)


def save_at(model: Any, rows: list[tuple[Any, datetime]]) -> None:
    """Create them, then say when that was: the fields fill themselves in."""
    model.objects.bulk_create([row for row, _ in rows])
    for row, at in rows:
        row.created_at = at
    model.objects.bulk_update([row for row, _ in rows], ["created_at"], batch_size=200)


class History:
    """`write(until)` adds what happens up to then."""

    def __init__(
        self, channel: Channel, *, seed: str, first: datetime, days: int, conversations: int
    ) -> None:
        rng = Random(seed)
        self.channel = channel
        self.stories = [
            self._story(seed, number, rng, first, days) for number in range(conversations)
        ]

    def _story(self, seed: str, number: int, rng: Random, first: datetime, days: int) -> Story:
        at = first + timedelta(seconds=rng.randrange(days * 86_400))
        plan, moments = list(PLANS.get(number % 8, ())), list[datetime]()
        for _ in range(len(plan) or rng.randrange(1, 14)):
            moments.append(at)
            seconds = rng.choice([2, 40, 900, 7_000, 50_000, 400_000])
            at += timedelta(seconds=rng.randrange(1, seconds), milliseconds=rng.randrange(1000))
        key = f"{seed} {number}"
        common: dict[str, Any] = {"business": self.channel.business, "channel": self.channel}
        customer = Customer(external_id=key, name=f"Customer {number}", **common)
        conversation = Conversation(
            customer=customer,
            external_id=key,
            status="active" if plan else rng.choice(["active", "support_active"]),
            **common,
        )
        return Story(conversation, moments, rng, plan)

    def write(self, until: datetime) -> int:
        """How many conversations changed."""
        rows, moved = Rows(), 0
        for story in self.stories:
            due = [at for at in story.moments if at <= until]
            if due:
                self._go_on(story, due, rows)
                moved += 1
        rows.save()
        return moved

    def _go_on(self, story: Story, due: list[datetime], rows: Rows) -> None:
        conversation = story.conversation
        story.moments = story.moments[len(due) :]
        if is_new := conversation._state.adding:
            conversation.customer.save()
            conversation.save()
        for at in due:
            wanted = story.plan.pop(0) if story.plan else ""
            Scene(conversation, story.rng, rows, at).play(
                is_first=is_new and at is due[0], wanted=wanted
            )
        times = {"updated_at": due[-1]} | ({"created_at": due[0]} if is_new else {})
        Conversation.objects.filter(pk=conversation.pk).update(
            status=conversation.status, revision=conversation.revision, **times
        )


@dataclass(slots=True)
class Scene:
    """One moment of a conversation."""

    conversation: Conversation
    rng: Random
    rows: Rows
    at: datetime

    def play(self, *, is_first: bool, wanted: str) -> None:
        if is_first or self.conversation.status == "closed":
            self.customer(burst=self.rng.randrange(1, 3))
            return
        name = wanted or self.rng.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
        getattr(self, name)()

    def customer(self, burst: int = 1) -> None:
        first = self.conversation.revision + 1
        if self.conversation.status == "closed":
            self._become(self.rng.choice(["active", "support_active"]), "customer", seq=first)
        for _ in range(burst):
            self._say("customer")

    def ai(self) -> None:
        if self.conversation.status != "active":
            return
        cited = self.rng.sample(ENTRIES, self.rng.randrange(3))
        delivery = self.rng.choices(["sent", "failed", "uncertain"], [8, 1, 1])[0]
        message = self._say("AI", delivery=delivery, citations=cited)
        is_offer = not cited and message.seq % 3 == 0
        self._run(message, "offered" if is_offer else "answered")

    def person(self) -> None:
        if self.conversation.status == "active":
            self._become("support_active", "person", seq=self.conversation.revision + 1)
        self._say("support", delivery=self.rng.choices(["sent", "failed"], [9, 1])[0])

    def hand_over(self) -> None:
        if self.conversation.status != "active":
            return
        seq, reason = self.conversation.revision + 1, self.rng.choice(REASONS)
        self._run(self._say("AI", delivery="sent"), "handed_over")
        self._become("support_active", "ai", seq=seq, reason=reason)
        self._say("system")

    def give_back(self) -> None:
        if self.conversation.status == "support_active":
            self.conversation.revision += 1
            self._become("active", "person", seq=self.conversation.revision)

    def close(self) -> None:
        note = self._say("system")
        self._become("closed", "person", seq=note.seq)

    def draft(self) -> None:
        self._call(None)

    def _say(self, type: str, **more: Any) -> Message:
        self.conversation.revision += 1
        seq = self.conversation.revision
        message = Message(
            business_id=self.conversation.business_id,
            conversation=self.conversation,
            seq=seq,
            revision=seq,
            type=type,
            text="words",
            **more,
        )
        self.rows.messages.append((message, self.at))
        return message

    def _become(self, status: str, by: str, *, seq: int, reason: str = "") -> None:
        change = StatusChange(
            business_id=self.conversation.business_id,
            conversation=self.conversation,
            seq=seq,
            before=self.conversation.status,
            after=status,
            by=by,
            reason=reason,
            at=self.at,
        )
        self.rows.changes.append(change)
        self.conversation.status = status

    def _run(self, message: Message, outcome: str) -> None:
        took = timedelta(milliseconds=int(self.rng.expovariate(1 / 1_500)))
        run = AIRun(
            business_id=self.conversation.business_id,
            conversation=self.conversation,
            message=message,
            upto_seq=message.seq,
            epoch=0,
            outcome=outcome,
            started_at=self.at - took,
            finished_at=self.at,
        )
        self.rows.runs.append(run)
        for _ in self._some():
            self._call(run)

    def _some(self) -> Iterator[int]:
        return iter(range(self.rng.randrange(3)))

    def _call(self, run: AIRun | None) -> None:
        call = UsageRecord(
            business_id=self.conversation.business_id,
            run=run,
            conversation=self.conversation,
            purpose="answer" if run else "suggest",
            provider="x",
            model="y",
            tokens_in=self.rng.randrange(2_000),
            tokens_out=self.rng.randrange(300),
            money_nanos=self.rng.choice([None, 0, 12_345, 9_876_543]),
            outcome="ok",
        )
        self.rows.calls.append((call, self.at))
