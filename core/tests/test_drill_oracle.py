"""The drill's judge notices what it is there to notice."""

from collections.abc import Callable
from typing import Any

import pytest

from drill.client import ClientLog, words_of
from drill.oracle import Findings, early_retries, judge

CHAT = "610022001"


class Story:
    """Two updates, one answer to each; a test spoils one thing."""

    def __init__(self) -> None:
        self.log = ClientLog()
        self.log.acknowledged[CHAT] = [1, 2]
        self.conversation: dict[str, Any] = {"id": "c", "external_id": CHAT, "status": "active"}
        self.messages = [self.customer(1, 1), self.ours(2, 1), self.customer(3, 2), self.ours(4, 3)]
        self.chunks = [self.chunk(2), self.chunk(4)]
        self.calls = [self.call(2), self.call(4)]

    def customer(self, seq: int, number: int) -> dict[str, Any]:
        words = {"type": "customer", "text": words_of(number), "answers_seq": None}
        return {"conversation_id": "c", "seq": seq, **words}

    def ours(self, seq: int, answers: int) -> dict[str, Any]:
        words = {"type": "AI", "text": f"Answer {seq}", "answers_seq": answers}
        return {"conversation_id": "c", "seq": seq, **words}

    def chunk(self, seq: int) -> dict[str, Any]:
        place = {"id": f"k{seq}", "conversation_id": "c", "seq": seq, "number": 1}
        return {**place, "text": f"Answer {seq}", "state": "sent", "failure": None}

    def call(self, seq: int, *, at: float = 0.0, mode: str = "ok") -> dict[str, Any]:
        fields = {"chat_id": CHAT, "text": f"Answer {seq}"}
        accepted = mode == "ok"
        called = {"method": "sendMessage", "mode": mode, "at": at}
        return {**called, "fields": fields, "accepted": accepted}

    def judged(self) -> Findings:
        census = {
            "conversations": [self.conversation],
            "messages": self.messages,
            "chunks": self.chunks,
        }
        return judge(self.log, census, self.calls)


def counts(findings: Findings) -> tuple[int, int, int, int]:
    return findings.lost, findings.double, findings.out_of_order, findings.uncertain


def test_a_run_in_which_all_went_well_has_nothing_wrong() -> None:
    findings = Story().judged()
    assert counts(findings) == (0, 0, 0, 0)
    assert (findings.updates, findings.stored, findings.answered) == (2, 2, 2)


def sent_twice_and_uncertain(story: Story) -> None:
    story.chunks[1]["state"] = "uncertain"
    story.calls.append(story.call(4))


SPOILS: dict[str, tuple[Callable[[Story], Any], tuple[int, int, int, int]]] = {
    "an update without a row": (lambda s: s.log.acknowledged[CHAT].append(9), (1, 0, 0, 0)),
    "an update stored twice": (lambda s: s.messages.insert(1, s.customer(1, 1)), (0, 1, 0, 0)),
    "rows in another order": (lambda s: s.log.acknowledged[CHAT].reverse(), (0, 0, 1, 0)),
    "words that nobody answered": (lambda s: s.messages.pop(), (1, 0, 0, 0)),
    "words answered twice": (lambda s: s.messages.append(s.ours(5, 3)), (0, 1, 0, 0)),
    "a send twice": (lambda s: s.calls.append(s.call(4)), (0, 1, 0, 0)),
    "a send that is in no row": (lambda s: s.calls.append(s.call(7)), (0, 1, 0, 0)),
    "sends in another order": (lambda s: s.calls.reverse(), (0, 0, 1, 0)),
    "sent, but Telegram has nothing": (lambda s: s.calls.pop(), (1, 0, 0, 0)),
    "still waiting": (lambda s: (s.chunks[1].update(state="queued"), s.calls.pop()), (1, 0, 0, 0)),
    "failed, though sent": (
        lambda s: s.chunks[1].update(state="failed", failure={"code": "taken_over"}),
        (0, 1, 0, 0),
    ),
    "uncertain, and sent": (lambda s: s.chunks[1].update(state="uncertain"), (0, 0, 0, 1)),
    "uncertain, and sent twice": (sent_twice_and_uncertain, (0, 1, 0, 1)),
}


@pytest.mark.parametrize("what", SPOILS)
def test_whatever_goes_wrong_is_counted(what: str) -> None:
    story = Story()
    spoil, expected = SPOILS[what]
    spoil(story)
    assert counts(story.judged()) == expected


def test_words_after_a_hand_over_belong_to_people() -> None:
    story = Story()
    story.conversation["status"] = "support_active"
    story.messages.append(story.customer(5, 3))
    story.log.acknowledged[CHAT].append(3)
    findings = story.judged()
    assert (findings.lost, findings.with_people) == (0, 1)


@pytest.mark.parametrize(("at", "early"), [(1.9, 1), (2.1, 0)])
def test_a_send_before_the_pause_is_over_is_found(at: float, early: int) -> None:
    story = Story()
    calls = [story.call(2, mode="slow_down"), story.call(2, at=at)]
    assert len(early_retries(calls, pause=2.0)) == early
