"""`python -m core.testing.fuzz [--cases 20000] [--seed 1] [--database sqlite] [--only TEXT]`

Exits with 1 when the server failed, or an answer was not what the schema says.
"""

import argparse
import os
import sys
import time
from importlib import import_module

from core.testing.engines import Engines

NOWHERE = "http://127.0.0.1:9"
# Nothing leaves the machine, and who asks so much is not told to wait.
ENVIRONMENT = {
    "LOG_LEVEL": "error",
    "TELEGRAM_API_BASE": NOWHERE,
    "INSTAGRAM_GRAPH_BASE": NOWHERE,
    **dict.fromkeys(("API_USER_PER_MINUTE", "API_BUSINESS_PER_MINUTE"), "1000000"),
    **dict.fromkeys(("ASK_USER_PER_MINUTE",), "1000000"),
}


def main(argv: list[str]) -> int:
    wanted = read_arguments(argv)
    engines = Engines(wanted.database)
    try:
        engines.start()
        prepare()
        return fuzz(wanted)
    finally:
        engines.stop()


def read_arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m core.testing.fuzz")
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--only", default="", help="operations whose method and path hold this")
    return parser.parse_args(argv)


def prepare() -> None:
    """A scratch database with every table."""
    os.environ |= {**ENVIRONMENT, "DJANGO_SETTINGS_MODULE": "core.settings"}
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django.setup()
    call_command("migrate", verbosity=0)


def fuzz(wanted: argparse.Namespace) -> int:
    fuzzer_module = import_module("core.testing.fuzz.fuzzer")
    people = import_module("core.testing.fuzz.people")
    application = import_module("core.wsgi").application
    started = time.monotonic()
    fuzzer = fuzzer_module.Fuzzer(app=application, people=people.fresh_people)
    tally = fuzzer.run(cases=wanted.cases, seed=wanted.seed, only=wanted.only)
    print(fuzzer_module.report(tally))
    print(f"{time.monotonic() - started:.0f} s on {wanted.database}, seed {wanted.seed}")
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
