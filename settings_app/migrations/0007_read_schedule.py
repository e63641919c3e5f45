"""When Beat looks for sources that are to be read again (UTC). Made once, never undone."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SCHEDULES = {
    "Read sources that are due": (
        "settings_app.maintenance.read_due_sources",
        {"minute": "*/5", "hour": "*"},
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
        ("settings_app", "0006_imports_by_name"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [migrations.RunPython(make_schedules, migrations.RunPython.noop)]
