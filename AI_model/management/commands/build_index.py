from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from AI_model.models import KnowledgeIndex
from AI_model.services.index_rows import want_index
from settings_app.selectors import knowledge_version


class Command(BaseCommand):
    help = "Build the search index of a business anew, in this process."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("business", help="the business's id")
        parser.add_argument("--claim", default="", help="used by workers: what they claimed it as")

    def handle(self, *args: Any, **options: Any) -> None:
        from AI_model.services import indexing, indexing_child

        business_id = options["business"]
        if options["claim"]:
            indexing_child.be_child()
            indexing.build_claimed(business_id=business_id, token=options["claim"])
            return
        if not (version := knowledge_version(business_id)):
            raise CommandError("There is no business with this id, or it knows nothing yet.")
        want_index(business_id=business_id, version=version)
        indexing.build_index(business_id=business_id, apart=False)
        row = KnowledgeIndex.objects.get(business_id=business_id)
        if row.problem or row.version < version:
            raise CommandError(row.problem or "Somebody else builds it right now.")
        self.stdout.write(f"Version {row.version}: {row.size / 1e6:.1f} MB.")
