"""`manage.py test_ai_setup [--json]`: everything that the AI needs, really tried."""

import json as json_module
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from AI_model.management.commands.ai_control import check_lines, lines_of
from AI_model.services.checks import check_platform
from AI_model.services.control import businesses_of, validation_of
from core.lib.errors import NotFound


class Command(BaseCommand):
    help = "Check all that the AI needs, providers included. A failed check exits 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", help="user name or e-mail; without it: all businesses")
        parser.add_argument("--json", action="store_true", help="print the same as JSON")

    def handle(self, *args: Any, user: str | None, json: bool, **options: Any) -> None:
        try:
            facts = facts_of(user)
        except NotFound as error:
            self.show({"error": error.detail} if json else error.detail)
            raise SystemExit(1) from None
        self.show(facts if json else as_text(facts))
        if not facts["ok"]:
            raise SystemExit(1)

    def show(self, said: dict[str, Any] | str) -> None:
        as_json = json_module.dumps(said, ensure_ascii=False, indent=2)
        self.stdout.write(said if isinstance(said, str) else as_json)


def facts_of(user: str | None) -> dict[str, Any]:
    """The platform's checks, then those of each business that a database which answers names."""
    platform = [check.facts() for check in check_platform()]
    reachable = platform[0]["ok"]
    businesses = [validation_of(row) for row in businesses_of(user)] if reachable else []
    ok = all(check["ok"] for check in platform) and all(facts["ok"] for facts in businesses)
    return {"ok": ok, "platform": platform, "businesses": businesses}


def as_text(facts: dict[str, Any]) -> str:
    lines = ["Platform", *(f"  {line}" for check in facts["platform"] for line in lines_of(check))]
    for business in facts["businesses"]:
        lines += ["", *check_lines(business)]
    failed = [
        check
        for part in (facts["platform"], *(b["checks"] for b in facts["businesses"]))
        for check in part
    ]
    count = sum(not check["ok"] for check in failed)
    return "\n".join([*lines, "", "All checks passed." if not count else f"{count} checks failed."])
