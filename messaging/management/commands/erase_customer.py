"""`manage.py erase_customer CUSTOMER`: erases a person; see messaging.services.erasing."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.lib.errors import DomainError
from messaging.management.people import business_of
from messaging.services.erasing import erase_customer
from messaging.services.personal import find_customer


class Command(BaseCommand):
    help = "Erase everything that is held of a customer. The ledger's sums stay, without a link."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("customer", help="an id, or channel:external_id (channel: id or kind)")
        parser.add_argument("--user", help="user name or e-mail: look in that business only")
        parser.add_argument("--dry-run", action="store_true", help="count, but erase nothing")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, customer: str, user: str | None, **options: Any) -> None:
        business_id = business_of(user).pk if user else None
        try:
            found = find_customer(customer, business_id=business_id)
        except DomainError as error:
            raise CommandError(error.detail) from error
        pk = found.pk
        counts = erase_customer(customer=found, dry_run=options["dry_run"])
        if options["json"]:
            facts = {"customer_id": pk, "dry_run": options["dry_run"], "erased": counts}
            self.stdout.write(json.dumps(facts, indent=2))
            return
        verb = "Would erase" if options["dry_run"] else "Erased"
        told = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in counts.items() if n)
        self.stdout.write(f"{verb} customer {pk}: {told}.")
