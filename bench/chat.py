"""Staff chats that stream at once: from the provider's first byte to the frame at the socket.

One web process and one worker; as many people as chats, each with a socket of their own.
"""

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from typing import Any

import websockets

from bench.stacks import Deskbell, Engines
from bench.stubs import Stub, model_stub, telegram_stub

CHATS = 50
ROUNDS = 4
WORDS = 160
PAUSE_SECONDS = 0.05
PATIENCE = 90.0
WARM_UP = {"mode": "ok", "text": "Ready.", "words": 1}
ANSWER = {
    "mode": "ok",
    "text": " ".join(f"word{number}" for number in range(WORDS)),
    "words": 1,
    "pause": PAUSE_SECONDS,
}
PEOPLE = """
import json, os, sys
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "core.settings"
django.setup()
from accounts.models import Business, User
from accounts.services import issue_tokens
from ai_chat.services.chats import start_chat
business = Business.objects.get()
people = []
for number in range(int(sys.argv[1])):
    user = User.objects.create_user(f"chat{number}", password=None, business=business)
    people.append({"chat": start_chat(user=user).pk, "token": issue_tokens(user=user).access})
print(json.dumps(people))
"""


class ChatStack(Deskbell):
    """One web process and one worker for everything."""

    def commands(self) -> dict[str, list[str]]:
        return {
            "web": ["-m", "core.serve"],
            "sweeper": ["manage.py", "sweep"],
            "worker": ["-m", "core.worker"],
        }


@dataclass
class ChatFigures:
    """Milliseconds; `asked` counts answers, `lost` those without an end."""

    first_word: list[float] = field(default_factory=list)
    asked: int = 0
    lost: int = 0
    peak: int = 0


def measure_chats(database: str, *, scale: float = 1.0) -> ChatFigures:
    engines, telegram = Engines(database), telegram_stub()
    model = model_stub()
    stack = ChatStack(engines, telegram=telegram, model=model)
    try:
        stack.prepare()
        people = json.loads(stack.run("-c", PEOPLE, str(CHATS)).splitlines()[-1])
        stack.start()
        model.control(**WARM_UP)
        return asyncio.run(_measure(stack.port, people, model, max(2, round(ROUNDS * scale))))
    finally:
        stack.stop()
        telegram.stop()
        model.stop()
        engines.stop()


async def _measure(
    port: int, people: list[dict[str, str]], model: Stub, rounds: int
) -> ChatFigures:
    await asyncio.gather(*[_talk(port, person, 1, {}, ChatFigures()) for person in people])
    model.control(reset=True)
    model.control(**ANSWER)
    figures = ChatFigures()
    came: dict[str, list[float]] = {}
    talks = [_talk(port, person, rounds, came, figures) for person in people]
    await asyncio.gather(*talks)
    calls = model.ledger()["calls"]
    begun = {_question(call): call["pieces_at"] for call in calls if call["pieces_at"]}
    figures.peak = _most_at_once(begun.values())
    for question, frames in came.items():
        pieces = begun.get(question, [])
        if pieces and frames:
            figures.first_word.append((frames[0] - pieces[0]) * 1000)
    return figures


async def _talk(
    port: int,
    person: dict[str, str],
    rounds: int,
    came: dict[str, list[float]],
    figures: ChatFigures,
) -> None:
    """Ask, read to the end, ask again; everybody begins at a moment of their own."""
    address = f"ws://127.0.0.1:{port}/ws/ai-chat/{person['chat']}/"
    headers = {"Authorization": f"Bearer {person['token']}"}
    async with websockets.connect(address, additional_headers=headers, proxy=None) as socket:
        for number in range(rounds):
            await asyncio.sleep(random.uniform(0, 3.0))
            question = f"{person['chat']} {number}"
            came[question] = []
            figures.asked += 1
            await socket.send(json.dumps({"type": "message", "content": question}))
            try:
                async with asyncio.timeout(PATIENCE):
                    await _read(socket, came[question])
            except TimeoutError:
                figures.lost += 1
                return


async def _read(socket: Any, frames: list[float]) -> None:
    async for raw in socket:
        kind = json.loads(raw)["type"]
        if kind == "assistant.delta":
            frames.append(time.monotonic())
        elif kind in ("assistant.done", "error"):
            return


def _question(call: dict[str, Any]) -> str:
    said: list[str] = [text for role, text in call["texts"] if role == "user"]
    return said[-1] if said else ""


def _most_at_once(times: Any) -> int:
    """How many streams ran at the same moment."""
    moments = [(pieces[0], 1) for pieces in times] + [(pieces[-1], -1) for pieces in times]
    running = most = 0
    for _, change in sorted(moments):
        running += change
        most = max(most, running)
    return most
