"""`manage.py apply_retention`: deletes what businesses no longer keep; Beat does it every night."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from AI_model.services.control import businesses_of
from AI_model.services.retention import apply_retention, businesses_deciding
from core.lib.errors import NotFound


class Command(BaseCommand):
    help = "Delete what is older than each business keeps it. See Retention in the admin."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", help="user name or e-mail: that business only")
        parser.add_argument("--dry-run", action="store_true", help="count, but delete nothing")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, user: str | None, dry_run: bool, **options: Any) -> None:
        try:
            businesses = businesses_deciding(businesses_of(user))
        except NotFound as error:
            raise CommandError(error.detail) from error
        found = [
            {
                "business_id": business.pk,
                "business": business.name,
                "rows": apply_retention(
                    business=business, dry_run=dry_run, progress=self.show_progress
                ),
            }
            for business in businesses
        ]
        if self.stderr.isatty():
            self.stderr.write("\r", ending="")
        if options["json"]:
            self.stdout.write(json.dumps({"dry_run": dry_run, "businesses": found}, indent=2))
        else:
            self.stdout.write("\n".join(lines_of(found, dry_run)))

    def show_progress(self, done: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{done} rows", ending="")


def lines_of(found: list[dict[str, Any]], dry_run: bool) -> list[str]:
    verb = "would go" if dry_run else "gone"
    lines = []
    for facts in found:
        told = [f"{n} {name.replace('_', ' ')}" for name, n in facts["rows"].items() if n]
        lines.append(f"{facts['business']}: {verb}: {', '.join(told) or 'nothing'}")
    return lines or ["No business keeps anything for a limited time."]
