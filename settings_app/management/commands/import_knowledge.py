"""`manage.py import_knowledge --user U FILE`."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from core.lib.errors import DomainError
from settings_app.imports import import_file


class Command(BaseCommand):
    help = (
        "Add knowledge from a file: CSV (question, answer[, phrasings][, tags][, language]"
        "[, valid_from][, valid_to]), JSON, Markdown, text, PDF, Word or HTML. Questions with "
        "answers become entries, other text a source."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--user", required=True, help="someone of the business")
        parser.add_argument("--draft", action="store_true", help="into the draft")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.select_related("business").filter(username=options["user"]).first()
        if user is None or user.business is None:
            raise CommandError(f"There is no user “{options['user']}” who belongs to a business.")
        try:
            counts = import_file(
                business=user.business, path=options["file"], user=user, as_draft=options["draft"]
            )
        except DomainError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(json.dumps(counts.as_json(), ensure_ascii=False))
