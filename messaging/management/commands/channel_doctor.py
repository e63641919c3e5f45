"""`manage.py channel_doctor [--user U] [--channel ID] [--fix] [--json]`"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from messaging.management.people import business_of
from messaging.models import Channel
from messaging.presentation_health import health_form
from messaging.services.doctor import Report, examine_channels

SIGNS = {"ok": "ok  ", "warn": "look", "bad": "BAD "}


class Command(BaseCommand):
    help = "Look whether channels work, and say what to do where they don't; exits 1 if one is bad."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", default="", help="only the business of this person")
        parser.add_argument("--channel", default="", help="only the channel with this id")
        parser.add_argument(
            "--fix", action="store_true", help="register what is off again, renew tokens that end"
        )
        parser.add_argument("--json", action="store_true", help="print the same as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        channels = _channels(options["user"], options["channel"])
        reports = examine_channels(channels, fix=options["fix"])
        if options["json"]:
            shown = list(reports)
            forms = [health_form(report.channel, report.findings) for report in shown]
            self.stdout.write(json.dumps(forms))
        else:
            shown = [self._show(report) for report in reports]
        if not all(report.ok for report in shown):
            raise SystemExit(1)

    def _show(self, report: Report) -> Report:
        channel = report.channel
        self.stdout.write(f"{channel} ({channel.get_kind_display()}, {channel.pk})")
        for finding in report.findings:
            words = f"{finding.sentence} {finding.remedy}".strip()
            self.stdout.write(f"  {SIGNS[finding.severity]}  {finding.code}: {words}")
        return report


def _channels(user: str, channel_id: str) -> QuerySet[Channel]:
    rows = Channel.objects.select_related("business").defer("secrets").order_by("business", "pk")
    if user:
        rows = rows.for_business(business_of(user).pk)
    if channel_id:
        rows = rows.filter(pk=channel_id)
    if (user or channel_id) and not rows.exists():
        raise CommandError("There is no such channel.")
    return rows
