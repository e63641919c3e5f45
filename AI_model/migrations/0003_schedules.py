"""What Beat starts, and when (UTC). Made once: an operator's own changes are never undone."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SCHEDULES = {
    "Clean up sessions": ("AI_model.maintenance.clean_up_sessions", {"minute": "0", "hour": "2"}),
    "Count yesterday": ("AI_model.maintenance.generate_analytics", {"minute": "0", "hour": "1"}),
    "Sync conversations": (
        "AI_model.maintenance.sync_conversations",
        {"minute": "*/30", "hour": "*"},
    ),
    "Check the AI's health": (
        "AI_model.maintenance.test_integration",
        {"minute": "0", "hour": "*/12"},
    ),
}


def make_schedules(apps: Any, schema_editor: BaseDatabaseSchemaEditor | None) -> None:
    crontabs = apps.get_model("django_celery_beat", "CrontabSchedule")
    tasks = apps.get_model("django_celery_beat", "PeriodicTask")
    for name, (task, times) in SCHEDULES.items():
        if tasks.objects.filter(task=task).exists() or tasks.objects.filter(name=name).exists():
            continue
        times = {
            "day_of_week": "*",
            "day_of_month": "*",
            "month_of_year": "*",
            "timezone": "UTC",
        } | times
        crontab = crontabs.objects.filter(**times).first() or crontabs.objects.create(**times)
        tasks.objects.create(name=name, task=task, crontab=crontab)


class Migration(migrations.Migration):
    dependencies = [
        ("AI_model", "0002_initial"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [migrations.RunPython(make_schedules, migrations.RunPython.noop)]
