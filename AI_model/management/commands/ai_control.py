"""`manage.py ai_control VERB [--user U] [--json]`, see `verbs` below."""

import json
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.models import Business
from AI_model.services import control
from core.lib.errors import NotFound

Facts = dict[str, Any]


class Command(BaseCommand):
    help = "Switch a business's AI on or off, look at it, try it, check it. A failed check exits 1."
    verbs = ("enable", "disable", "status", "test", "validate", "sync", "conversations")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("verb", choices=self.verbs)
        parser.add_argument("--user", help="user name or e-mail; without it: all businesses")
        parser.add_argument("--json", action="store_true", help="print the same as JSON")

    def handle(self, *args: Any, verb: str, user: str | None, json: bool, **options: Any) -> None:
        self.as_json = json
        try:
            businesses = control.businesses_of(user)
        except NotFound as error:
            self.fail({"error": error.detail}, [error.detail])
        getattr(self, f"do_{verb}")(businesses, user)

    def do_enable(self, businesses: list[Business], user: str | None) -> None:
        self.show_switched(control.set_enabled(businesses, enabled=True))

    def do_disable(self, businesses: list[Business], user: str | None) -> None:
        self.show_switched(control.set_enabled(businesses, enabled=False))

    def show_switched(self, found: list[Facts]) -> None:
        lines = []
        for facts in found:
            lines.append(f"{heading(facts)}: AI {'enabled' if facts['enabled'] else 'disabled'}")
            lines += [
                f"  still in the way: {line}" for line in facts["obstacles"] if facts["enabled"]
            ]
        self.show({"businesses": found}, lines)

    def do_status(self, businesses: list[Business], user: str | None) -> None:
        found = [control.status_of(business) for business in businesses]
        self.show({"businesses": found}, (line for facts in found for line in status_lines(facts)))

    def do_test(self, businesses: list[Business], user: str | None) -> None:
        facts = control.test_of(businesses[0] if user else None)
        self.show(facts, test_lines(facts))
        if not facts["ok"]:
            raise SystemExit(1)

    def do_validate(self, businesses: list[Business], user: str | None) -> None:
        found = [control.validation_of(business) for business in businesses]
        self.show_checked(found, (line for facts in found for line in check_lines(facts)))

    def do_sync(self, businesses: list[Business], user: str | None) -> None:
        facts = control.sync_all(businesses if user else None, progress=self.progress)
        if self.stderr.isatty():
            self.stderr.write("")
        line = "Sessions: {created} made, {updated} updated, {unchanged} unchanged".format(**facts)
        self.show(facts, [line])

    def do_conversations(self, businesses: list[Business], user: str | None) -> None:
        found = [control.conversations_of(business) for business in businesses]
        total: dict[str, int] = {}
        for facts in found:
            for status, count in facts["conversations"].items():
                total[status] = total.get(status, 0) + count
        lines = [f"{heading(facts)}: {counts_line(facts['conversations'])}" for facts in found]
        if len(found) > 1:
            lines.append(f"Together: {counts_line(total)}")
        self.show({"businesses": found, "total": total}, lines)

    def progress(self, done: int, total: int) -> None:
        """A bar that redraws itself; a file or a pipe gets none."""
        if self.stderr.isatty():
            self.stderr.write(f"\r{bar(done, total)}", ending="")

    def show(self, facts: Facts, lines: Iterable[str]) -> None:
        text = "\n".join(lines) or NO_BUSINESS
        self.stdout.write(json.dumps(facts, ensure_ascii=False, indent=2) if self.as_json else text)

    def show_checked(self, found: list[Facts], lines: Iterable[str]) -> None:
        ok = all(facts["ok"] for facts in found)
        self.show({"ok": ok, "businesses": found}, lines)
        if not ok:
            raise SystemExit(1)

    def fail(self, facts: Facts, lines: list[str]) -> None:
        self.show(facts, lines)
        raise SystemExit(1)


BAR = 30
NO_BUSINESS = "There is no business yet; make one with manage.py create_business."


def heading(facts: Facts) -> str:
    return f"{facts['business']} ({facts['user'] or 'no owner'})"


def bar(done: int, total: int) -> str:
    """“[#####.....] 5 of 10 conversations”; more may come while it runs."""
    most = max(done, total, 1)
    filled = BAR * done // most
    return f"[{'#' * filled}{'.' * (BAR - filled)}] {done} of {most} conversations"


def status_lines(facts: Facts) -> list[str]:
    switch = "on" if facts["enabled"] else "off"
    can = "can" if facts["can_answer"] else "can’t"
    configured = ", ".join(facts["providers"]) or "none"
    return [
        heading(facts),
        f"  AI: {switch}, {can} answer",
        *(f"  in the way: {line}" for line in facts["obstacles"]),
        f"  new conversations: {facts['default_reply_handler'] or 'nobody'}",
        f"  model: {facts['model'] or 'none'} (configured: {configured})",
        *(f"  budget {budget_line(state)}" for state in facts["budgets"]),
        f"  conversations: {counts_line(facts['conversations'])}",
    ]


def budget_line(state: Facts) -> str:
    spent, limit, share = state["spent"], state["limit"], state["share"]
    unit = "$" if state["name"].endswith("_money") else ""
    words = {"ok": "", "warned": ", nearly used up", "reached": ", used up"}
    return f"{state['name']}: {unit}{spent} of {unit}{limit} ({share:.0%}){words[state['state']]}"


def test_lines(facts: Facts) -> list[str]:
    lines = [heading(facts) if "business" in facts else "All businesses"]
    for trial in facts["providers"]:
        name = f"{trial['provider']} {trial['model']}"
        lines.append(f"  {mark(trial['ok'])} {name}: {trial['summary']}")
    return lines if facts["providers"] else [*lines, "  FAILED no AI provider is configured"]


def check_lines(facts: Facts) -> list[str]:
    return [heading(facts), *(f"  {line}" for check in facts["checks"] for line in lines_of(check))]


def lines_of(check: Facts) -> list[str]:
    sign = "warn  " if check["warning"] else mark(check["ok"])
    line = f"{sign} {check['name']}: {check['detail']}"
    return [line, f"       to mend it: {check['mend']}"] if check["mend"] else [line]


def counts_line(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {status}" for status, count in counts.items())


def mark(ok: bool) -> str:
    return "ok    " if ok else "FAILED"
