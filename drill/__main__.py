"""`make drill`: the stack is hurt under load, and every customer's words are accounted for.

Prints one table; exits 1 when a promise is broken. `--quick` sends less and kills fewer times.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from drill.drills import DRILLS, FULL, QUICK, Outcome, run_drill
from drill.instagram import INSTAGRAM

WIDTHS = (16, 9, 8, 10, 8, 6, 8, 14, 11, 9)
HEADINGS = (
    *("drill", "updates", "stored", "answered", "people", "lost", "double", "out of order"),
    *("uncertain", "p99 ms"),
)


def line(*cells: object) -> str:
    first, *rest = (str(cell) for cell in cells)
    padded = [cell.rjust(width) for cell, width in zip(rest, WIDTHS[1:], strict=True)]
    return first.ljust(WIDTHS[0]) + "".join(padded)


def row(outcome: Outcome) -> str:
    found = outcome.findings
    cells = line(
        outcome.name,
        found.updates,
        found.stored,
        found.answered,
        found.with_people,
        found.lost + len(outcome.log.given_up),
        found.double,
        found.out_of_order,
        found.uncertain,
        round(outcome.log.p99_ms()),
    )
    return f"{cells}   {'BROKEN' if outcome.broken else 'held'}"


def runs(given: argparse.Namespace) -> Mapping[str, Callable[[], Outcome]]:
    """Every drill by its name, in the order of the table."""
    size, kills = (QUICK, 4) if given.quick else (FULL, 20)
    place = {"database": given.database, "seed": given.seed, "keep": given.keep_logs}
    telegram = {d.name: partial(run_drill, d, size=size, kills=kills, **place) for d in DRILLS}
    return telegram | {name: partial(run, **place) for name, run in INSTAGRAM.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="120 updates of 30 chats, four kills")
    parser.add_argument(
        "--only", action="append", choices=[*(drill.name for drill in DRILLS), *INSTAGRAM]
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep-logs", type=Path, help="a folder for the processes' logs")
    given = parser.parse_args()
    print(f"{given.database}, seed {given.seed}\n{line(*HEADINGS)}   verdict", flush=True)
    held = True
    for name, run in runs(given).items():
        if given.only and name not in given.only:
            continue
        outcome = run()
        print(row(outcome), flush=True)
        for text in (*(f"BROKEN {b}" for b in outcome.broken), *outcome.notes):
            print(f"    {text[:400]}", flush=True)
        held &= not outcome.broken
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
