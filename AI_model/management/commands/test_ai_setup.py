"""`manage.py test_ai_setup [--json]`: everything that the AI needs, really tried."""

import json as json_module
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.models import Business
from AI_model.management.commands.ai_control import check_lines, lines_of
from AI_model.services.checks import check_platform
from AI_model.services.control import validation_of


class Command(BaseCommand):
    help = "Check all that the AI needs, providers included. A failed check exits 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the same as JSON")

    def handle(self, *args: Any, json: bool, **options: Any) -> None:
        platform = [check.facts() for check in check_platform()]
        reachable = platform[0]["ok"]
        businesses = (
            [validation_of(row) for row in Business.objects.order_by("name")] if reachable else []
        )
        ok = all(check["ok"] for check in platform) and all(facts["ok"] for facts in businesses)
        facts = {"ok": ok, "platform": platform, "businesses": businesses}
        self.stdout.write(
            json_module.dumps(facts, ensure_ascii=False, indent=2) if json else as_text(facts)
        )
        if not ok:
            raise SystemExit(1)


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
