"""A Celery worker: `python -m core.worker [queue…]`; every queue when none is named.

The same as Celery's own command line, which loads every other command of Celery too.
"""

import os
import sys

os.environ.setdefault("DESKBELL_PART", "worker")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # they load every page and form

from django.conf import settings

from core.celery import app
from core.env import env_int


def main(queues: list[str]) -> int:
    worker = app.Worker(
        hostname=f"{'+'.join(queues) or 'all'}@{settings.PORT}",
        pool="threads",
        concurrency=env_int("WORKER_THREADS", 80, minimum=1, maximum=1000),
        queues=queues or list(settings.QUEUES),
        loglevel=settings.LOG_LEVEL,
        without_mingle=True,
        without_gossip=True,
        without_heartbeat=True,
        quiet=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
