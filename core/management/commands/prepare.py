import io
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand

from core.demo.business import build_demo_index
from core.static_stamp import stamp_static, static_is_current


class Command(BaseCommand):
    help = "Migrate, collect static files and load the demo business; safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        if not static_is_current():
            call_command("collectstatic", verbosity=0, interactive=False, clear=True)
            stamp_static()
        self.load_demo()

    def load_demo(self) -> None:
        """Keep what `load_demo` says for the supervisor, which prints it under `Ready:`."""
        said = settings.DATA_DIR / "run" / "demo.txt"
        said.parent.mkdir(exist_ok=True)
        said.unlink(missing_ok=True)
        if settings.DEMO and "load_demo" in get_commands():
            words = io.StringIO()
            call_command("load_demo", stdout=words)
            lines = [line for line in words.getvalue().splitlines() if not line.startswith("{")]
            said.write_text("\n".join(lines))
            build_demo_index()
