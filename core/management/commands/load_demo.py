"""`manage.py load_demo [--force]`."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.demo.business import load_demo


class Command(BaseCommand):
    help = "Make the demo business with its two logins; safe to run again. The last line is JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="also on a production database")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION and not options["force"]:
            raise CommandError(
                "The demo has passwords that everyone knows; on a production database use --force."
            )
        logins = load_demo()
        for login in logins:
            self.stdout.write(
                f"Demo {login['role']}: user {login['username']}, password {login['password']}"
            )
        self.stdout.write(json.dumps({"logins": logins}))
