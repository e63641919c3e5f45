"""What stands now becomes the first version that can be read and gone back to."""

from collections.abc import Iterator
from typing import Any

from django.db import migrations
from django.db.models import Exists, OuterRef, Q

BATCH = 1_000
PLAIN = ("question", "phrasings", "answer", "tags", "language", "is_active")
DAYS = ("valid_from", "valid_to")


def write_first_versions(apps: Any, schema_editor: Any) -> None:
    Business = apps.get_model("accounts", "Business")
    Entry = apps.get_model("settings_app", "KnowledgeEntry")
    has_entries = Exists(Entry.objects.filter(business=OuterRef("pk")))
    known = Business.objects.filter(Q(knowledge_version__gt=0) | has_entries)
    Business.objects.filter(has_entries, knowledge_version=0).update(knowledge_version=1)
    for business in list(known):
        _write_version(apps, business)
        _write_entries(apps, business)


def _write_version(apps: Any, business: Any) -> None:
    prompts = apps.get_model("settings_app", "AIPrompts").objects.filter(business=business)
    apps.get_model("settings_app", "KnowledgeVersion").objects.create(
        business=business,
        number=business.knowledge_version,
        prompts_version=prompts.values_list("version", flat=True).first(),
        summary="What stood when versions began",
    )


def _write_entries(apps: Any, business: Any) -> None:
    Change = apps.get_model("settings_app", "KnowledgeChange")
    entries = apps.get_model("settings_app", "KnowledgeEntry").objects.filter(business=business)
    batch: list[Any] = []
    for change in _changes(Change, business, entries):
        batch.append(change)
        if len(batch) == BATCH:
            Change.objects.bulk_create(batch)
            batch = []
    Change.objects.bulk_create(batch)


def _changes(Change: Any, business: Any, entries: Any) -> Iterator[Any]:
    for entry in entries.iterator(chunk_size=BATCH):
        days = {name: getattr(entry, name) for name in DAYS}
        yield Change(
            business=business,
            version=business.knowledge_version,
            kind="entry",
            object_id=entry.pk,
            state={
                **{name: getattr(entry, name) for name in PLAIN},
                **{name: day and day.isoformat() for name, day in days.items()},
            },
        )


class Migration(migrations.Migration):
    dependencies = [("settings_app", "0003_knowledge_versions_and_sources")]

    operations = [migrations.RunPython(write_first_versions, migrations.RunPython.noop)]
