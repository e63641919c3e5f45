"""`manage.py create_business USERNAME --password P [--name N] [--timezone TZ]`."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services import create_business
from core.lib.errors import DomainError


class Command(BaseCommand):
    help = "Make a business with its owner; prints JSON with business_id and username."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--password", required=True)
        parser.add_argument("--name", default="")
        parser.add_argument("--email", default="")
        parser.add_argument("--timezone", default="UTC")

    def handle(self, *args: Any, **options: Any) -> None:
        names = ("username", "password", "name", "email", "timezone")
        try:
            business, owner = create_business(**{name: options[name] for name in names})
        except DomainError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(json.dumps({"business_id": business.pk, "username": owner.username}))
