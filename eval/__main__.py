"""`make eval [DATA=folder] [BIG=1]`: the quality of answers, on our own sets and on yours.

Prints tables and the promises of the README, and exits 1 when one of them is broken.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m eval", description=__doc__)
    parser.add_argument("folder", nargs="?", default=os.environ.get("DATA"), help="more sets")
    parser.add_argument("--big", action="store_true", default=os.environ.get("BIG") == "1")
    parser.add_argument("--write", action="store_true", help="put the figures into the documents")
    parser.add_argument("--only", default="", help="sections by their first letters, such as rg")
    given = parser.parse_args()
    folder = Path(given.folder) if given.folder else None
    if folder and not folder.is_dir():
        sys.exit(f"There is no folder {folder}.")
    with tempfile.TemporaryDirectory(prefix="deskbell-eval-") as place:
        prepare(Path(place))
        return report(folder, big=given.big, only=given.only, write=given.write)


def prepare(place: Path) -> None:
    """Settings of their own: no database is opened, and no file of an installation is touched."""
    import django

    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    os.environ |= {"DJANGO_SETTINGS_MODULE": "core.settings", "DATA_DIR": str(place)}
    os.environ["LOG_LEVEL"] = "error"
    # As the workers run: the arithmetic is too small to be worth a second thread.
    os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    django.setup()


def report(folder: Path | None, *, big: bool, only: str, write: bool) -> int:
    from eval.sections import sections

    texts, promises, problems = [], [], []
    for section in sections(folder, big=big, only=only):
        for table in section.tables:
            texts.append(table.text())
            print(texts[-1], end="\n\n", flush=True)
        promises += section.promises
        problems += section.problems
    promised = "\n".join(promise.line() for promise in promises)
    print(promised, *_told(problems), sep="\n")
    if write:
        from eval.publish import publish

        publish("\n\n".join(texts), promised, day=date.today())
    return 0 if all(promise.kept for promise in promises) else 1


def _told(problems: list[str]) -> Iterator[str]:
    if problems:
        yield "\nWhat fell short"
        yield from (f"  {problem}" for problem in problems)


if __name__ == "__main__":
    sys.exit(main())
