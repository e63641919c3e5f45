"""`manage.py export_customer CUSTOMER`: prints or writes all that is held of a person."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.lib.errors import DomainError
from messaging.management.people import business_of
from messaging.services.exporting import as_text, export_of, write_export
from messaging.services.personal import find_customer


class Command(BaseCommand):
    help = "Everything that is held of a customer, as JSON; as a zip with the files to FILE.zip."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("customer", help="an id, or channel:external_id (channel: id or kind)")
        parser.add_argument("--user", help="user name or e-mail: look in that business only")
        parser.add_argument("--out", type=Path, help="write here; .zip holds the files too")

    def handle(self, *args: Any, customer: str, user: str | None, **options: Any) -> None:
        business_id = business_of(user).pk if user else None
        out: Path | None = options["out"]
        try:
            found = find_customer(customer, business_id=business_id)
            if out is None:
                self.stdout.write(as_text(export_of(found)))
                return
            files = write_export(found, out)
        except DomainError as error:
            raise CommandError(error.detail) from error
        except OSError as error:
            raise CommandError(f"{out} can't be written: {error.strerror}.") from error
        self.stdout.write(json.dumps({"customer_id": found.pk, "file": str(out), "files": files}))
