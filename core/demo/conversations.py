"""Past conversations of the demo business, so that its inbox tells a story from the start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from AI_model.models import AIModelConfig, AIRun
from messaging.models import Channel, Conversation, Customer, Message
from settings_app.models import KnowledgeEntry

SECONDS_BETWEEN = 4


@dataclass(slots=True)
class Teller:
    """Writes one conversation down, message by message."""

    conversation: Conversation
    at: datetime
    people: Mapping[str, User]
    entries: Mapping[str, KnowledgeEntry]
    handover_text: str
    customer_seq: int = 0
    messages: list[tuple[Message, datetime]] = field(default_factory=list)
    runs: list[AIRun] = field(default_factory=list)

    def tell(self, step: Mapping[str, Any]) -> None:
        self.at += timedelta(seconds=step.get("after", SECONDS_BETWEEN))
        match step["from"]:
            case "customer":
                self.customer_seq = self._say(Message.Type.CUSTOMER, step["text"]).seq
            case "AI":
                self._answer(step)
            case "note":
                self._say(Message.Type.SYSTEM, step["text"])
            case _:
                author = self.people[step["by"]]
                self._say(Message.Type.SUPPORT, step["text"], author=author, delivery="sent")

    def _answer(self, step: Mapping[str, Any]) -> None:
        entry = self.entries.get(step.get("cites", ""))
        text = entry.answer if entry else self.handover_text
        cited = (
            [{"entry_id": entry.pk, "title": entry.question, "score": step["score"]}]
            if entry
            else []
        )
        message = self._say(
            Message.Type.AI,
            text,
            delivery="sent",
            citations=cited,
            answers_seq=self.customer_seq,
        )
        self.runs.append(self._run(message, step, cited))

    def _run(
        self, message: Message, step: Mapping[str, Any], cited: Sequence[Mapping[str, Any]]
    ) -> AIRun:
        passages = [
            {"id": c["entry_id"], "kind": "entry", "title": c["title"], "score": c["score"]}
            for c in cited
        ]
        return AIRun(
            business_id=message.business_id,
            conversation=self.conversation,
            message=message,
            from_seq=self.customer_seq,
            upto_seq=self.customer_seq,
            epoch=message.epoch,
            outcome=AIRun.Outcome.ANSWERED if cited else AIRun.Outcome.HANDED_OVER,
            reason=step.get("hands_over", ""),
            passages=passages,
            provider="embedded" if cited else "",
            model="embedded" if cited else "",
            timings={"retrieval": 3},
            finished_at=self.at,
        )

    def _say(self, kind: Message.Type, text: str, **fields: Any) -> Message:
        place = len(self.messages) + 1
        message = Message(
            business_id=self.conversation.business_id,
            conversation=self.conversation,
            seq=place,
            revision=place,
            type=kind,
            text=text,
            **fields,
        )
        self.messages.append((message, self.at))
        return message


def make_conversations(
    channel: Channel,
    stories: Sequence[Mapping[str, Any]],
    *,
    people: Mapping[str, User],
    entries: Mapping[str, KnowledgeEntry],
) -> None:
    config = AIModelConfig.objects.get(business_id=channel.business_id)
    for number, story in enumerate(stories, start=1):
        started = timezone.now() - timedelta(hours=story["hours_ago"])
        conversation = _open(channel, story, number)
        teller = Teller(conversation, started, people, entries, config.handover_text)
        for step in story["messages"]:
            teller.tell(step)
        _write(teller, story)


def _open(channel: Channel, story: Mapping[str, Any], number: int) -> Conversation:
    customer = Customer.objects.create(
        business_id=channel.business_id,
        channel=channel,
        external_id=f"demo-{number}",
        name=story["customer"],
        language=story["language"],
    )
    return Conversation.objects.create(
        business_id=channel.business_id,
        channel=channel,
        customer=customer,
        external_id=customer.external_id,
        status=story["status"],
    )


def _write(teller: Teller, story: Mapping[str, Any]) -> None:
    """Store the messages, then bring the conversation's row in line with them."""
    Message.objects.bulk_create(message for message, _ in teller.messages)
    AIRun.objects.bulk_create(teller.runs)
    for message, at in teller.messages:
        Message.objects.filter(pk=message.pk).update(created_at=at)
    for run in teller.runs:
        AIRun.objects.filter(pk=run.pk).update(started_at=run.finished_at)
    Conversation.objects.filter(pk=teller.conversation.pk).update(**_state(teller, story))


def _state(teller: Teller, story: Mapping[str, Any]) -> dict[str, Any]:
    spoken = [(m, at) for m, at in teller.messages if m.type != Message.Type.SYSTEM]
    asked = [at for m, at in spoken if m.type == Message.Type.CUSTOMER]
    replied = [at for m, at in spoken if m.type == Message.Type.SUPPORT]
    handed_over = next((run.reason for run in teller.runs if run.reason), "")
    last = spoken[-1][0]
    return {
        "assigned_to": teller.people.get(story.get("assigned", "")),
        "unread": story.get("unread", 0),
        "needs_a_look": story.get("needs_a_look", False),
        "handover_reason": handed_over,
        "handover_summary": story.get("summary", ""),
        "revision": len(teller.messages),
        "epoch": len(replied) + bool(handed_over),
        "last_customer_seq": teller.customer_seq,
        "answered_seq": teller.customer_seq,
        "ai_turns": sum(not run.reason for run in teller.runs),
        "last_text": " ".join(last.text.split())[:200],
        "last_type": last.type,
        "last_customer_at": asked[-1],
        "last_person_at": replied[-1] if replied else None,
        "created_at": teller.messages[0][1],
        "updated_at": teller.messages[-1][1],
    }
