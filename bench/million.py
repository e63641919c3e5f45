"""A year of a busy business, 1,000,000 messages: how long do its figures take?

Rows are loaded in bulk, counted by `refresh` and by the nightly roll-up, then read over HTTP by
Django's test client. Run as a process of its own with the database in the environment.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from cryptography.fernet import Fernet

from bench.stacks import ROOT, SECRET, Engines

MESSAGES = int(os.environ.get("BENCH_MESSAGES", "1_000_000"))
AT_ONCE = 20_000
ANSWERS = 40
LIMIT_MS = 100.0
READS = {
    "usage/stats, 30 days": "usage/stats/?days=30",
    "usage/stats, 366 days": "usage/stats/?days=366",
    "usage/global, 30 days": "usage/global/?days=30",
    "usage/global, 366 days": "usage/global/?days=366",
    "analytics, 30 days": "analytics/",
    "analytics, 366 days": "analytics/?days=366",
    "conversations, 30 days": "analytics/conversations/?metric=conversations",
    "conversations, 366 days": "analytics/conversations/?metric=conversations&days=366",
    "resolved, 366 days": "analytics/conversations/?metric=resolution:resolved&days=366",
    "customers' words, 30 days": "analytics/conversations/?metric=messages:customer",
    "an hour, 366 days": "analytics/conversations/?metric=hour:0-13&days=366",
    "an entry, 366 days": "analytics/conversations/?metric=entry:entry3&days=366",
    "slow answers, 366 days": "analytics/conversations/?metric=ai:slow&days=366",
}


def measure_million(database: str) -> dict[str, tuple[float, float]]:
    """Median and 95th percentile in milliseconds, by what was read."""
    engines = Engines(database)
    try:
        environment = os.environ | {
            "DATA_DIR": str(engines.folder),
            "DATABASE_URL": engines.database_url,
            "REDIS_URL": f"unix://{engines.socket}",
            "SECRET_KEY": SECRET * 5,
            "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "ALLOWED_HOSTS": "testserver",
            "LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "core.settings",
        }
        done = subprocess.run(
            [sys.executable, "-m", "bench.million"],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        found: dict[str, tuple[float, float]] = json.loads(done.stdout.splitlines()[-1])
        return found
    finally:
        engines.stop()


def main() -> None:
    """The measured process: everything that needs Django is imported from here on."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    business, owner, staff = build()
    count(business)
    print(json.dumps(read_all(owner, staff)))


def note(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def timed(text: str, work: Callable[[], Any]) -> Any:
    started = time.monotonic()
    result = work()
    note(f"{text}: {time.monotonic() - started:.1f} s")
    return result


def build() -> tuple[Any, Any, Any]:
    """One great business and three small ones."""
    from accounts.models import Business, User

    staff = User.objects.create_superuser("staff", "staff@example.com", None)
    made = []
    for number, messages in enumerate([MESSAGES, 1_000, 1_000, 1_000]):
        business = Business.objects.create(name=f"Business {number}", timezone="Europe/Berlin")
        owner = User.objects.create_user(f"owner{number}", business=business, role="owner")
        timed(f"{messages} messages loaded", partial(load, business, messages))
        made.append((business, owner))
    analyse()
    return (*made[0], staff)


def load(business: Any, messages: int) -> None:
    from messaging.models import Channel

    channel, _ = Channel.objects.get_or_create(
        business=business, kind="webchat", defaults={"name": "Web chat"}
    )
    tables = Tables(business.pk, channel.pk, random.Random(business.name), messages)
    for name, columns in COLUMNS.items():
        copy_rows(name, columns, tables.rows[name])


COLUMNS = {
    "messaging_customer": "id business_id channel_id external_id name username language created_at",
    "messaging_conversation": (
        "id business_id channel_id customer_id external_id status unread needs_a_look"
        " handover_reason handover_summary revision epoch last_customer_seq answered_seq"
        " context_from_seq ai_turns claim_token claim_attempts restarts lane_token last_text"
        " last_type created_at updated_at"
    ),
    "messaging_message": (
        "id business_id conversation_id seq revision type content text attachments details"
        " reactions citations external_id client_key delivery epoch created_at"
    ),
    "messaging_statuschange": ("business_id conversation_id seq before after by reason at"),
    "AI_model_airun": (
        "id business_id conversation_id message_id from_seq upto_seq epoch outcome reason passages"
        " knowledge_version provider model tokens_in tokens_out timings started_at finished_at"
    ),
    "AI_model_usagerecord": (
        "business_id user_id run_id conversation_id purpose provider model tokens_in tokens_out"
        " tokens_cached tokens_thinking milliseconds money_nanos outcome created_at"
    ),
}


class Tables:
    """Rows by table, spread over the last year."""

    def __init__(self, business: str, channel: str, rng: random.Random, messages: int) -> None:
        self.rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in COLUMNS}
        self.business, self.channel, self.rng = business, channel, rng
        self.now, self.number = datetime.now(UTC), 0
        while len(self.rows["messaging_message"]) < messages:
            self._conversation()

    def _id(self, kind: str) -> str:
        return f"{kind}{self.business[:5]}{self.number:x}"

    def _conversation(self) -> None:
        rng = self.rng
        self.number += 1
        key = self._id("c")
        at = self.now - timedelta(seconds=rng.random() ** 1.2 * 365 * 86_400 + 60)
        began, seq, status = at, 0, "active"
        for _ in range(rng.choice([1, 1, 2, 3])):
            if status == "closed":
                at += timedelta(days=rng.choice([1, 3, 20]))
                if at > self.now:
                    break
                self._change(key, seq + 1, status, "active", "customer", "", at)
                status = "active"
            for _ in range(rng.choice([1, 2, 3, 5])):
                seq, at = seq + 2, at + timedelta(seconds=rng.randrange(20, 4_000))
                self._message(key, seq - 1, "customer", at)
                self._answer(key, seq, at + timedelta(seconds=rng.expovariate(0.5)))
            if rng.random() < 0.12:
                seq, at = seq + 2, at + timedelta(seconds=rng.randrange(60, 9_000))
                reason = rng.choice(["no_support", "asked_for_person", "provider_down"])
                self._change(key, seq - 1, status, "support_active", "ai", reason, at)
                self._message(key, seq, "support", at)
                status = "support_active"
            if rng.random() < 0.85:
                seq, at = seq + 1, at + timedelta(seconds=rng.randrange(60, 9_000))
                self._change(key, seq, status, "closed", "person", "", at)
                status = "closed"
        self.rows["messaging_customer"].append(
            (key, self.business, self.channel, key, f"Customer {self.number}", "", "en", began)
        )
        self.rows["messaging_conversation"].append(
            (
                key,
                self.business,
                self.channel,
                key,
                key,
                status,
                0,
                False,
                "",
                "",
                seq,
                1,
                seq,
                seq,
                0,
                0,
                "",
                0,
                0,
                "",
                "words",
                "AI",
                began,
                min(at, self.now),
            )
        )

    def _message(self, key: str, seq: int, type: str, at: datetime, cited: str = "[]") -> str:
        message = f"{key}-{seq}"
        delivery = None if type == "customer" else self.rng.choices(["sent", "failed"], [99, 1])[0]
        words = ("text", "How long does a parcel take to get to me?", "[]", "{}", "[]", cited)
        self.rows["messaging_message"].append(
            (message, self.business, key, seq, seq, type, *words, "", "", delivery, 1, at)
        )
        return message

    def _answer(self, key: str, seq: int, at: datetime) -> None:
        rng = self.rng
        entry = f"entry{int(rng.random() ** 2 * 60)}"
        cited = json.dumps([{"entry_id": entry, "title": f"Question {entry}", "score": 0.9}])
        message = self._message(key, seq, "AI", at, cited)
        run, took = f"{key}r{seq}", timedelta(milliseconds=rng.expovariate(0.001))
        spent = rng.randrange(200, 3_000), rng.randrange(20, 400)
        model = rng.choice([("gemini", "gemini-3.5-flash"), ("openai", "gpt-6-luna")])
        self.rows["AI_model_airun"].append(
            (
                run,
                self.business,
                key,
                message,
                seq - 1,
                seq - 1,
                1,
                "answered",
                "",
                "[]",
                1,
                *model,
                *spent,
                "{}",
                at - took,
                at,
            )
        )
        self.rows["AI_model_usagerecord"].append(
            (
                self.business,
                None,
                run,
                key,
                "answer",
                *model,
                *spent,
                0,
                0,
                int(took.total_seconds() * 1000),
                sum(spent) * 300,
                "ok",
                at,
            )
        )

    def _change(self, key: str, seq: int, before: str, after: str, *rest: Any) -> None:
        self.rows["messaging_statuschange"].append((self.business, key, seq, before, after, *rest))


def copy_rows(table: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
    from django.db import connection, transaction

    quoted = ", ".join(f'"{name}"' for name in columns.split())
    places = ", ".join(["%s"] * len(columns.split()))
    for start in range(0, len(rows), AT_ONCE):
        batch = rows[start : start + AT_ONCE]
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor != "postgresql":
                insert = f'INSERT INTO "{table}" ({quoted}) VALUES ({places})'
                cursor.executemany(insert, [plain(row) for row in batch])
                continue
            cursor.execute("SET LOCAL statement_timeout = 0")
            with cursor.copy(f'COPY "{table}" ({quoted}) FROM STDIN') as to:
                for row in batch:
                    to.write_row(row)


def plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Times as Django writes them into SQLite."""
    return tuple(
        value.replace(tzinfo=None).isoformat(" ") if isinstance(value, datetime) else value
        for value in row
    )


def analyse() -> None:
    """What autovacuum does on its own after a while."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("ANALYZE")
            return
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("RESET statement_timeout")


def count(business: Any) -> None:
    from AI_model.models import Episode
    from AI_model.services.analytics import count_finished_days
    from AI_model.services.episodes import refresh
    from AI_model.services.usage import roll_up

    timed("counted from scratch", lambda: refresh(business))
    timed("counted again", count_finished_days)
    timed("ledger rolled up", roll_up)
    note(f"{Episode.objects.count()} episodes")
    analyse()


def read_all(owner: Any, staff: Any) -> dict[str, tuple[float, float]]:
    from django.conf import settings
    from rest_framework.test import APIClient

    settings.REST_FRAMEWORK["DEFAULT_THROTTLE_CLASSES"] = []
    found = {}
    for name, path in READS.items():
        client = APIClient()
        client.force_login(
            staff if "global" in path else owner, backend="accounts.backends.UsernameOrEmailBackend"
        )
        took = [read_once(client, f"/api/v1/ai/{path}") for _ in range(ANSWERS)]
        found[name] = statistics.median(took), sorted(took)[int(len(took) * 0.95)]
    return found


def read_once(client: Any, path: str) -> float:
    started = time.perf_counter()
    answer = client.get(path)
    took = (time.perf_counter() - started) * 1000
    if answer.status_code != 200:
        raise SystemExit(f"{path}: {answer.status_code} {answer.content[:300]!r}")
    return took


if __name__ == "__main__":
    main()
