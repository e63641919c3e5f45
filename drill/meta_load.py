"""What Meta delivers in the drills: threads of every kind of event, and one signed POST of them."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from drill.client import ClientLog
from messaging.testing.meta_events import Event, event, message, signature

FIRST_ACCOUNT = 17841400000000001
FIRST_CUSTOMER = 880_000_000_001
LONG_AGO_MS = 3_600_000
STORED, IGNORED = "stored", "ignored"


@dataclass
class Thread:
    """One customer's events. `answered`: whether the AI has something to answer; `gone`: words
    taken back or edited, which nobody may answer."""

    account: str
    customer: str
    answered: bool = True
    with_people: bool = False
    gone: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    fates: Counter[str] = field(default_factory=Counter)


class Writer:
    """Composes threads; its ids never come twice, its times are of the last hour, in any order."""

    def __init__(self, dice: random.Random, media_url: str) -> None:
        self._dice = dice
        self._media = media_url
        self._number = 0
        self._now = int(time.time() * 1000)

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _at(self) -> int:
        return self._now - self._dice.randrange(LONG_AGO_MS)

    def thread(self, account: str, **more: Any) -> Thread:
        return Thread(account, str(FIRST_CUSTOMER + self._next()), **more)

    def says(self, thread: Thread, text: str = "", **more: Any) -> str:
        """A message of this thread, and its id."""
        mid = f"mid.{self._next():06d}"
        words = text and f"{text} ({mid})"
        self._add(thread, STORED, message(mid, words, **more, **self._sides(thread)))
        return mid

    def tells(self, thread: Thread, *, fate: str = IGNORED, **body: Any) -> None:
        self._add(thread, fate, event(**self._sides(thread), **body))

    def _sides(self, thread: Thread) -> dict[str, Any]:
        return {"at": self._at(), "account": thread.account, "customer": thread.customer}

    def _add(self, thread: Thread, fate: str, event: Event) -> None:
        thread.events.append(event)
        thread.fates[fate] += 1

    def picture(self) -> list[tuple[str, Any]]:
        return [("image", {"url": f"{self._media}/{self._next()}"})]

    def takes_back(self, thread: Thread, mid: str) -> None:
        self._forget(thread, mid)
        self._add(thread, STORED, message(mid, is_deleted=True, **self._sides(thread)))

    def edits(self, thread: Thread, mid: str, text: str) -> None:
        self._forget(thread, mid)
        edit = {"mid": mid, "text": text, "num_edit": 1}
        self.tells(thread, fate=STORED, message_edit=edit)

    def _forget(self, thread: Thread, mid: str) -> None:
        thread.gone += [e["message"]["text"] for e in thread.events if _mid_of(e) == mid]


def _mid_of(event: Event) -> str:
    return str(event.get("message", {}).get("mid", ""))


def texts(writer: Writer, account: str) -> Thread:
    thread = writer.thread(account)
    for _ in range(3):
        writer.says(thread, "Is the kettle back?")
    writer.tells(thread, read={"mid": _mid_of(thread.events[0])})
    return thread


def picture_only(writer: Writer, account: str) -> Thread:
    thread = writer.thread(account)
    writer.says(thread, attachments=writer.picture())
    return thread


def story_reply(writer: Writer, account: str) -> Thread:
    thread = writer.thread(account)
    story = {"story": {"url": "https://cdn.example.net/story", "id": "18077"}}
    writer.says(thread, "How big is it?", reply_to=story)
    return thread


def postback(writer: Writer, account: str) -> Thread:
    thread = writer.thread(account)
    pressed = {"mid": f"mid.{thread.customer}", "title": "Opening hours", "payload": "HOURS"}
    writer.tells(thread, fate=STORED, postback=pressed)
    return thread


def edited(writer: Writer, account: str) -> Thread:
    thread = writer.thread(account)
    mid = writer.says(thread, "Is the blue kettle back?")
    writer.edits(thread, mid, "Is the red kettle back?")
    return thread


def unsent(writer: Writer, account: str) -> Thread:
    thread = writer.thread(account, answered=False)
    writer.takes_back(thread, writer.says(thread, "My card number is 4000"))
    return thread


def half_unsent(writer: Writer, account: str) -> Thread:
    thread = writer.thread(account)
    writer.says(thread, "Do you ship to Malta?")
    writer.takes_back(thread, writer.says(thread, "My card number is 5000"))
    return thread


def notices_only(writer: Writer, account: str) -> Thread:
    """About messages from before the account was connected, and what nobody has heard of."""
    thread = writer.thread(account, answered=False)
    writer.tells(thread, reaction={"mid": "mid.old", "action": "react", "reaction": "love"})
    writer.tells(thread, read={"mid": "mid.old"})
    writer.tells(thread, hologram_call={"x": 1})
    return thread


def reacted(writer: Writer, account: str) -> Thread:
    thread = writer.thread(account)
    mid = writer.says(thread, "Thanks, and when do you open?")
    reaction = {"mid": mid, "action": "react", "reaction": "love", "emoji": "❤"}
    writer.tells(thread, fate=STORED, reaction=reaction)
    return thread


def answered_in_the_app(writer: Writer, account: str) -> Thread:
    thread = writer.thread(account, answered=False, with_people=True)
    writer.says(thread, "Is anybody there?")
    writer.says(thread, "Ines here, I'll look for you.", ours=True)
    return thread


def written_to_first(writer: Writer, account: str) -> Thread:
    thread = writer.thread(account, answered=False, with_people=True)
    writer.says(thread, "Your parcel is here.", ours=True)
    return thread


def story_mention(writer: Writer, account: str) -> Thread:
    thread = writer.thread(account, answered=False)
    writer.says(thread, attachments=[("story_mention", {"url": "https://cdn.example.net/s"})])
    return thread


Script = Callable[[Writer, str], Thread]
# 23 events; twice, and a thread of four texts, are the fifty of an account.
SCRIPTS: tuple[Script, ...] = (
    *(texts, picture_only, story_reply, postback, edited, unsent, half_unsent, notices_only),
    *(reacted, answered_in_the_app, written_to_first, story_mention),
)


def write_batch(writer: Writer, accounts: Sequence[str]) -> list[Thread]:
    """Fifty events for each account."""
    scripts = (*SCRIPTS, *SCRIPTS, texts)
    return [script(writer, account) for account in accounts for script in scripts]


def say_more(writer: Writer, threads: Sequence[Thread]) -> list[Thread]:
    """One more text in each of these threads."""
    more = []
    for thread in threads:
        again = Thread(thread.account, thread.customer, answered=not thread.with_people)
        writer.says(again, "One more question")
        more.append(again)
    return more


def body_of(threads: Sequence[Thread], dice: random.Random, *, per_entry: int = 25) -> bytes:
    """One POST: each account's events shuffled and in several entries, these mixed too."""
    by_account: dict[str, list[Event]] = {}
    for thread in threads:
        by_account.setdefault(thread.account, []).extend(thread.events)
    entries = []
    for account, events in by_account.items():
        dice.shuffle(events)
        parts = [events[at : at + per_entry] for at in range(0, len(events), per_entry)]
        entries += [{"id": account, "time": 0, "messaging": part} for part in parts]
    dice.shuffle(entries)
    return orjson.dumps({"object": "instagram", "entry": entries})


def post_at_once(url: str, body: bytes, secret: str, log: ClientLog, *, copies: int = 2) -> None:
    """The same delivery several times at the same moment."""
    headers = {"X-Hub-Signature-256": signature(body, secret), "Content-Type": "application/json"}

    def post() -> tuple[float, float, str]:
        started = time.monotonic()
        answer = httpx.post(url, content=body, headers=headers, timeout=60, trust_env=False)
        return started, time.monotonic() - started, str(answer.status_code)

    with ThreadPoolExecutor(copies) as pool:
        for done in [pool.submit(post) for _ in range(copies)]:
            started, took, status = done.result()
            log.seconds.append((started, took))
            log.statuses[status] += 1
