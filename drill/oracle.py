"""Judges a run by what was sent, what stands in the database, and what Telegram was given."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from drill.client import ClientLog, words_of

Row = dict[str, Any]
PEOPLE = {"support_active", "closed"}
# An AI message that was given up before its send began, because people answer now.
GIVEN_UP = {"taken_over", "handed_over", "closed"}


@dataclass
class Findings:
    """Counts of what went wrong and right; `notes` shows one example of each kind."""

    updates: int = 0
    stored: int = 0
    answered: int = 0
    with_people: int = 0
    lost: int = 0
    double: int = 0
    out_of_order: int = 0
    uncertain: int = 0
    uncertain_ids: set[str] = field(default_factory=set)
    wrong: dict[str, list[Any]] = field(default_factory=dict)

    def note(self, kind: str, about: Iterable[Any]) -> int:
        """Keep what is wrong under its kind, and return how much it is."""
        found = list(about)
        if found:
            self.wrong.setdefault(kind, []).extend(found)
        return len(found)

    @property
    def notes(self) -> list[str]:
        return [f"{kind}: {len(found)}, one: {found[0]}" for kind, found in self.wrong.items()]


def judge(log: ClientLog, census: Row, calls: Sequence[Row]) -> Findings:
    """Join the client's log, the rows and Telegram's ledger (`calls` in the order they came)."""
    findings = Findings(updates=log.updates)
    chats = {row["id"]: row for row in census["conversations"]}
    said: dict[str, list[Row]] = defaultdict(list)
    for message in census["messages"]:
        said[message["conversation_id"]].append(message)
    _judge_rows(findings, log, chats, said)
    for key, messages in said.items():
        judge_answers(findings, chats[key], messages)
    sends = [c for c in calls if c["method"] == "sendMessage"]
    judge_sends(findings, chats, census["chunks"], sends)
    return findings


def _judge_rows(
    findings: Findings, log: ClientLog, chats: dict[str, Row], said: dict[str, list[Row]]
) -> None:
    """Every acknowledged update is one row, in the order in which the chat sent them."""
    rows: dict[str, list[str]] = defaultdict(list)
    for key, messages in said.items():
        rows[chats[key]["external_id"]] = [m["text"] for m in messages if m["type"] == "customer"]
    for chat, numbers in log.acknowledged.items():
        wanted = [words_of(number) for number in numbers]
        stored, counts = rows[chat], Counter(rows[chat])
        findings.stored += len(stored)
        findings.lost += findings.note("not stored", [w for w in wanted if not counts[w]])
        findings.double += findings.note("stored twice", [w for w, n in counts.items() if n > 1])
        if [w for w in counts if w in set(wanted)] != [w for w in wanted if w in counts]:
            findings.out_of_order += findings.note("rows out of order", [chat])


def judge_answers(findings: Findings, chat: Row, messages: Sequence[Row]) -> None:
    """Each AI message covers words that none before it did; each word is covered or people's."""
    customer = [m["seq"] for m in messages if m["type"] == "customer"]
    covered = 0
    for message in messages:
        if message["answers_seq"] is None:
            continue
        fresh = [seq for seq in customer if covered < seq <= message["answers_seq"]]
        if not fresh:
            findings.double += findings.note("answers nothing new", [message])
        findings.answered += len(fresh)
        covered = max(covered, message["answers_seq"])
    left = [seq for seq in customer if seq > covered]
    if chat["status"] in PEOPLE:
        findings.with_people += len(left)
    else:
        findings.lost += findings.note("unanswered", [{**chat, "seq": seq} for seq in left])


def judge_sends(
    findings: Findings, chats: dict[str, Row], chunks: Sequence[Row], sends: Sequence[Row]
) -> None:
    accepted: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, call in enumerate(sends):
        if call["accepted"]:
            accepted[call["fields"]["chat_id"], call["fields"]["text"]].append(place)
    order: dict[str, list[int]] = defaultdict(list)
    for chunk in chunks:
        chat = chats[chunk["conversation_id"]]["external_id"]
        places = accepted.pop((chat, chunk["text"]), [])
        order[chat] += places[:1]
        _judge_chunk(findings, chunk, len(places))
    findings.double += findings.note("sent without a row", accepted)
    wrong = [chat for chat, places in order.items() if places != sorted(places)]
    findings.out_of_order += findings.note("sends out of order", wrong)


def _judge_chunk(findings: Findings, chunk: Row, times: int) -> None:
    """In the ledger: once when sent, once or never when uncertain, never when it failed."""
    state = chunk["state"]
    if times > 1:
        findings.double += findings.note("sent more than once", [chunk])
    if state == "uncertain":
        findings.uncertain += 1
        findings.uncertain_ids.add(chunk["id"])
    elif state == "failed":
        if (chunk["failure"] or {}).get("code") not in GIVEN_UP:
            findings.lost += findings.note("not sent", [chunk])
        findings.double += findings.note("failed but sent", [chunk] * min(1, times))
    elif state != "sent" or not times:
        findings.lost += findings.note(f"{state}, sent {times} times", [chunk])


def early_retries(calls: Sequence[Row], *, pause: float) -> list[Row]:
    """Sends to a chat that came before the pause was over that a 429 had asked for there."""
    not_before: dict[str, float] = {}
    early = []
    for call in calls:
        if call["method"] != "sendMessage":
            continue
        chat = call["fields"]["chat_id"]
        if call["at"] < not_before.get(chat, 0.0):
            early.append(call)
        if call["mode"] == "slow_down":
            not_before[chat] = call["at"] + pause
    return early
