"""When Beat has the channels looked at (UTC). Made once: an operator's changes are never undone."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SCHEDULES = {
    "Check channels": (
        "messaging.maintenance.check_channels_due",
        {"minute": "*", "hour": "*"},
    ),
    "Renew channels' tokens": (
        "messaging.maintenance.refresh_channel_tokens",
        {"minute": "30", "hour": "3"},
    ),
}


def make_schedules(apps: Any, schema_editor: BaseDatabaseSchemaEditor | None) -> None:
    crontabs = apps.get_model("django_celery_beat", "CrontabSchedule")
    tasks = apps.get_model("django_celery_beat", "PeriodicTask")
    for name, (task, times) in SCHEDULES.items():
        if tasks.objects.filter(task=task).exists() or tasks.objects.filter(name=name).exists():
            continue
        every_day = {"day_of_week": "*", "day_of_month": "*", "month_of_year": "*"}
        times = every_day | {"timezone": "UTC"} | times
        crontab = crontabs.objects.filter(**times).first() or crontabs.objects.create(**times)
        tasks.objects.create(name=name, task=task, crontab=crontab)


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0004_what_waits"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [migrations.RunPython(make_schedules, migrations.RunPython.noop)]
