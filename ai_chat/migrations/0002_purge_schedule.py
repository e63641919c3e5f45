"""When Beat deletes chats for good (UTC). Made once, never undone."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

NAME = "Delete chats for good"
TASK = "ai_chat.maintenance.purge_deleted_chats"
TIMES = {
    "minute": "10",
    "hour": "2",
    "day_of_week": "*",
    "day_of_month": "*",
    "month_of_year": "*",
    "timezone": "UTC",
}


def make_schedule(apps: Any, schema_editor: BaseDatabaseSchemaEditor | None) -> None:
    crontabs = apps.get_model("django_celery_beat", "CrontabSchedule")
    tasks = apps.get_model("django_celery_beat", "PeriodicTask")
    if tasks.objects.filter(task=TASK).exists() or tasks.objects.filter(name=NAME).exists():
        return
    crontab = crontabs.objects.filter(**TIMES).first() or crontabs.objects.create(**TIMES)
    tasks.objects.create(name=NAME, task=TASK, crontab=crontab)


class Migration(migrations.Migration):
    dependencies = [
        ("ai_chat", "0001_initial"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [migrations.RunPython(make_schedule, migrations.RunPython.noop)]
