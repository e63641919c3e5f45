"""Sends Telegram updates at a steady rate or as fast as they are taken, and keeps the times."""

import asyncio
import time
from dataclasses import dataclass, field

import httpx
import orjson

from bench.stacks import SECRET

HEADERS = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": SECRET}


@dataclass
class Sent:
    """When each chat's update was sent (monotonic seconds), and how long its answer took."""

    at: dict[str, float] = field(default_factory=dict)
    took: dict[str, float] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)


def update(number: int, chat: int, text: str) -> bytes:
    person = {"id": chat, "is_bot": False, "first_name": "Bench", "language_code": "en"}
    return orjson.dumps(
        {
            "update_id": number,
            "message": {
                "message_id": number,
                "from": person,
                "chat": {"id": chat, "type": "private", "first_name": "Bench"},
                "date": int(time.time()),
                "text": text,
            },
        }
    )


def send_updates(url: str, *, count: int, per_second: float | None, first_chat: int) -> Sent:
    """One update for each of `count` chats; `per_second` None = sixteen at a time, no pause."""
    return asyncio.run(_send(url, count, per_second, first_chat))


async def _send(url: str, count: int, per_second: float | None, first_chat: int) -> Sent:
    sent, limit = Sent(), asyncio.Semaphore(16 if per_second is None else 1000)
    limits = httpx.Limits(max_connections=32, max_keepalive_connections=32)
    async with httpx.AsyncClient(limits=limits, timeout=60, trust_env=False) as client:
        started, tasks = time.monotonic(), []
        for number in range(count):
            if per_second:
                await asyncio.sleep(max(0.0, started + number / per_second - time.monotonic()))
            await limit.acquire()
            tasks.append(asyncio.create_task(_post(client, url, first_chat + number, sent, limit)))
        await asyncio.gather(*tasks)
    return sent


async def _post(
    client: httpx.AsyncClient, url: str, chat: int, sent: Sent, limit: asyncio.Semaphore
) -> None:
    body = update(chat, chat, f"What is number {chat}?")
    started = time.monotonic()
    sent.at[str(chat)] = started
    response = await client.post(url, content=body, headers=HEADERS)
    sent.took[str(chat)] = time.monotonic() - started
    sent.statuses.append(response.status_code)
    limit.release()
