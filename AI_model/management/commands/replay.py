"""`manage.py replay --user U [--days N] [--draft]`: past questions again, and what differs."""

import json as json_module
import os
import time
from threading import Thread
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from AI_model.api.replay_shapes import replay_detail, turn_form
from AI_model.models import Replay
from AI_model.replies.comparing import Segment
from AI_model.replies.words import note_of
from AI_model.services.control import businesses_of
from AI_model.services.indexing_child import ONE_THREAD
from AI_model.services.replay import run_replay
from AI_model.services.replay_figures import changes_of
from AI_model.services.replay_rows import (
    DAYS,
    GREATEST_MOST,
    LONGEST_DAYS,
    MOST,
    UNFINISHED,
    start_replay,
)
from core.lib.errors import DomainError

Facts = dict[str, Any]
POLL_SECONDS = 0.2
MARKS = {"same": "", "removed": "-", "added": "+"}
WHAT = {
    "answered": "newly answered",
    "handed_over": "newly handed over",
    "changed": "changed",
}


class Command(BaseCommand):
    help = (
        "Ask past questions of customers again, of what is published or of the draft, and print "
        "what would change. Nothing is sent. Exits 1 when it could not run to its end."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, help="user name or e-mail: that business")
        parser.add_argument("--days", type=int, default=DAYS, help="questions of so many days")
        parser.add_argument("--most", type=int, default=MOST, help="the newest so many questions")
        parser.add_argument("--draft", action="store_true", help="against the draft")
        parser.add_argument("--json", action="store_true", help="print the same as JSON")

    def handle(
        self, *args: Any, user: str, days: int, most: int, draft: bool, json: bool, **options: Any
    ) -> None:
        started = time.monotonic()
        os.environ |= ONE_THREAD  # read when arithmetic is loaded: threads of ours are enough
        try:
            _check(days=days, most=most)
            [business] = businesses_of(user)
            replay = start_replay(
                business=business, user=None, days=days, most=most, draft=draft, ring=False
            )
        except DomainError as error:
            self.show({"error": error.detail}, [error.detail], json)
            raise SystemExit(1) from None
        replay = self.run_to_its_end(replay)
        facts = facts_of(replay, seconds=time.monotonic() - started)
        self.show(facts, lines_of(facts), json)
        if replay.state != Replay.State.DONE:
            raise SystemExit(1)

    def run_to_its_end(self, replay: Replay) -> Replay:
        """Here, or wherever a worker took it up first; Ctrl-C leaves the rest to a worker."""
        while replay.state in UNFINISHED:
            thread = Thread(target=_run, args=[replay.pk], name="replay", daemon=True)
            thread.start()
            while thread.is_alive():
                thread.join(POLL_SECONDS)
                replay.refresh_from_db()
                self.progress(replay.done, replay.total)
            time.sleep(POLL_SECONDS if replay.state in UNFINISHED else 0)
        if self.stderr.isatty():
            self.stderr.write("")
        return replay

    def progress(self, done: int, total: int) -> None:
        """A bar that redraws itself; a file or a pipe gets none."""
        if self.stderr.isatty():
            filled = 30 * done // max(total, 1)
            bar = f"[{'#' * filled}{'.' * (30 - filled)}]"
            self.stderr.write(f"\r{bar} {done} of {total} questions", ending="")

    def show(self, facts: Facts, lines: list[str], as_json: bool) -> None:
        text = json_module.dumps(facts, ensure_ascii=False, indent=2)
        self.stdout.write(text if as_json else "\n".join(lines))


def _run(replay_id: str) -> None:
    try:
        run_replay(replay_id=replay_id)
    finally:
        connection.close()


def _check(*, days: int, most: int) -> None:
    if not 1 <= days <= LONGEST_DAYS:
        raise DomainError(f"--days is a number from 1 to {LONGEST_DAYS}.")
    if not 1 <= most <= GREATEST_MOST:
        raise DomainError(f"--most is a number from 1 to {GREATEST_MOST}.")


def facts_of(replay: Replay, *, seconds: float) -> Facts:
    """The replay as the API shows it, with its seconds and all that differs."""
    changes = [turn_form(turn) for turn in changes_of(replay)]
    return replay_detail(replay) | {"seconds": round(seconds, 1), "changes": changes}


def lines_of(facts: Facts) -> list[str]:
    against = "the draft" if facts["against"] == Replay.Against.DRAFT else "what is published"
    lines = [f"Questions of {facts['days']} days against {against}"]
    for name in ("asked", "answered", "newly_answered", "newly_handed_over", "changed"):
        lines.append(_row(name.replace("_", " "), f"{facts['summary'][name]}"))
    lines += [_row("money", f"${facts['money']:.4f}"), _row("time", f"{facts['seconds']} s")]
    for turn in facts["changes"]:
        lines += ["", *lines_of_turn(turn)]
    return [*lines, "", facts["problem"]] if facts["problem"] else lines


def _row(name: str, value: str) -> str:
    return f"  {name:<20}{value:>10}"


def lines_of_turn(turn: Facts) -> list[str]:
    lines = [f"{WHAT[turn['verdict']]}: {' '.join(turn['question'].split())}"]
    for said in (turn["before"], turn["after"]):
        if said["reason"]:
            lines.append(
                f"  {'then' if said is turn['before'] else 'now'}: {note_of(said['reason'])}"
            )
    return [*lines, *(f"  {line}" for line in _shown(turn["difference"]))]


def _shown(segments: list[Segment]) -> list[str]:
    """“We ship within [-five-] [+six+] days.”"""
    words = [
        f"[{mark}{segment['text'].strip()}{mark}]" if mark else segment["text"].strip()
        for segment in segments
        for mark in [MARKS[segment["op"]]]
    ]
    return " ".join(words).splitlines()
