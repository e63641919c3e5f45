import signal
from typing import Any

from django.core.management.base import BaseCommand

from core.sweeper import Sweeper


class Command(BaseCommand):
    help = "Rings again for work whose bell got lost. Run one or several; one of them is at work."

    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        sweeper = Sweeper()

        def stop(*_: Any) -> None:
            sweeper.keep_on = False

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        sweeper.run()
