"""An integrator's address on loopback: keeps what is posted, answers as it is told."""

import asyncio
from collections import deque

from messaging.testing.loopback import Answer, Asked, Loopback, write_answer


class HookReceiver(Loopback):
    """`answers` are given in turn, then 204. `slow` paths are answered when `let_go` is called."""

    def __init__(self) -> None:
        super().__init__()
        self.posted: list[Asked] = []
        self.answers: deque[Answer] = deque()
        self.slow: set[str] = set()
        self.in_hand: dict[str, int] = {}
        self.most_in_hand: dict[str, int] = {}
        self._go = asyncio.Event()

    def at(self, path: str) -> str:
        return self.url + path

    def answer_with(self, status: int, *headers: str) -> None:
        self.answers.append(Answer(status, b"", headers=headers))

    def let_go(self) -> None:
        self._loop.call_soon_threadsafe(self._go.set)

    async def respond(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        self.tell(lambda: self._begin(asked))
        if asked.path in self.slow:
            await self._go.wait()
        self.tell(lambda: self._end(asked))
        answer = self.answers.popleft() if self.answers else Answer(204, b"")
        return await write_answer(writer, answer)

    def _begin(self, asked: Asked) -> None:
        self.posted.append(asked)
        now = self.in_hand[asked.path] = self.in_hand.get(asked.path, 0) + 1
        self.most_in_hand[asked.path] = max(now, self.most_in_hand.get(asked.path, 0))

    def _end(self, asked: Asked) -> None:
        self.in_hand[asked.path] -= 1
