"""`manage.py learn --user U`."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from AI_model.models import ProposedEntry


class Command(BaseCommand):
    help = "Look through handed-over conversations for answers that could become entries."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, help="someone of the business")

    def handle(self, *args: Any, **options: Any) -> None:
        from AI_model.services.learning import look

        user = User.objects.filter(username=options["user"]).first()
        if user is None or user.business_id is None:
            raise CommandError(f"There is no user “{options['user']}” who belongs to a business.")
        looked = look(business_id=user.business_id)
        rows = ProposedEntry.objects.for_user(user).filter(state=ProposedEntry.State.OPEN)
        self.stdout.write(json.dumps(looked.as_json() | {"open": rows.count()}))
