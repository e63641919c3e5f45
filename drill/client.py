"""Telegram's side of the webhook: each update two or three times at once, again until it is taken.

Like Telegram, it holds back a chat's next update until the one before has its 2xx.
"""

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx

from bench.load import HEADERS, update

BURSTS_AT_ONCE = 10
AGAIN_AFTER = 0.3
GIVE_UP_AFTER = 60.0


@dataclass(frozen=True)
class Size:
    """How much is sent: updates of one wave from how many chats, and how many a second.

    `afterwards`: how many a second beyond the first wave, for a fault that lasts longer;
    `longest_life`: seconds that a worker lives before it is killed again.
    """

    updates: int
    chats: int
    per_second: float
    afterwards: float = 10.0
    longest_life: float = 4.0


@dataclass
class ClientLog:
    """What was sent and how it was answered. Numbers of updates, by chat, in the order sent.

    `seconds`: when each answer was asked for (monotonic), and how long it took.
    """

    acknowledged: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    given_up: list[int] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[tuple[float, float]] = field(default_factory=list)

    @property
    def updates(self) -> int:
        return sum(map(len, self.acknowledged.values())) + len(self.given_up)

    @property
    def refused(self) -> int:
        """Answers that were no 2xx. A connection that broke is no answer."""
        return sum(
            n for status, n in self.statuses.items() if status.isdigit() and status[0] != "2"
        )

    def p99_ms(self, *, within: tuple[float, float] | None = None) -> float:
        """Of all answers, or of those asked for within that time."""
        start, end = within or (0.0, float("inf"))
        taken = sorted(took for at, took in self.seconds if start <= at < end) or [0.0]
        return taken[min(len(taken) - 1, int(len(taken) * 0.99))] * 1000


def words_of(number: int) -> str:
    return f"What is number {number}?"


def plan_wave(size: Size, wave: int, dice: random.Random) -> Iterator[tuple[int, int]]:
    """(chat, number) in the order of sending: bursts of two to four, ten chats mixed at a time."""
    per_chat = size.updates // size.chats
    bursts: list[list[int]] = []
    for chat in range(size.chats):
        left = per_chat
        while left:
            burst = min(left, dice.randint(2, 4))
            bursts.append([1_000_000 * (wave + 1) + chat] * burst)
            left -= burst
    dice.shuffle(bursts)
    number = 10_000 * (wave + 1)
    for at in range(0, len(bursts), BURSTS_AT_ONCE):
        together = bursts[at : at + BURSTS_AT_ONCE]
        while any(together):
            for waiting in together:
                if waiting:
                    number += 1
                    yield waiting.pop(), number


def send_load(url: str, size: Size, *, seed: int, keep_on: Callable[[], bool]) -> ClientLog:
    """One wave of updates at least, and more of other chats for as long as `keep_on` says so."""
    return asyncio.run(_Client(url, random.Random(seed)).send(size, keep_on))


class _Client:
    def __init__(self, url: str, dice: random.Random) -> None:
        self._url = url
        self._dice = dice
        self._log = ClientLog()
        self._turns: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def send(self, size: Size, keep_on: Callable[[], bool]) -> ClientLog:
        limits = httpx.Limits(
            max_connections=300, max_keepalive_connections=100, keepalive_expiry=2
        )
        async with httpx.AsyncClient(limits=limits, timeout=20, trust_env=False) as self._http:
            due, tasks, wave = time.monotonic(), [], 0
            while wave == 0 or keep_on():
                for chat, number in plan_wave(size, wave, self._dice):
                    if wave and not keep_on():
                        break
                    await asyncio.sleep(due - time.monotonic())
                    tasks.append(asyncio.create_task(self._send_update(chat, number)))
                    due += 1 / (size.afterwards if wave else size.per_second)
                wave += 1
            await asyncio.gather(*tasks)
        return self._log

    async def _send_update(self, chat: int, number: int) -> None:
        body = update(number, chat, words_of(number))
        async with self._turns[chat]:
            until = time.monotonic() + GIVE_UP_AFTER
            while time.monotonic() < until:
                copies = self._dice.randint(2, 3)
                if any(await asyncio.gather(*(self._post(body) for _ in range(copies)))):
                    self._log.acknowledged[str(chat)].append(number)
                    return
                await asyncio.sleep(AGAIN_AFTER)
            self._log.given_up.append(number)

    async def _post(self, body: bytes) -> bool:
        started = time.monotonic()
        try:
            response = await self._http.post(self._url, content=body, headers=HEADERS)
        except httpx.TransportError as error:
            self._log.statuses[type(error).__name__] += 1
            return False
        self._log.seconds.append((started, time.monotonic() - started))
        self._log.statuses[str(response.status_code)] += 1
        return response.is_success
