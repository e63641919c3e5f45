"""Celery Beat: `python -m core.clock`. Run exactly one of it."""

import os

os.environ.setdefault("DESKBELL_PART", "beat")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # they load every page and form

from django.conf import settings

from core.celery import app


def main() -> None:
    app.Beat(
        loglevel=settings.LOG_LEVEL,
        max_interval=30,
        quiet=True,
        schedule="",
        redirect_stdouts=False,
    ).run()


if __name__ == "__main__":
    main()
