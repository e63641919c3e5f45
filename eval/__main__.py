"""`make eval [DATA=folder]`: is the right knowledge found, and is it noticed when there is none?

Prints one table: our own set, and every set in the folder. Exits 1 when the README's promise about
our own set is broken.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from AI_model.retrieval.search import threshold_for
from eval.figures import Figures, Found, ask_all, figures
from eval.sets import Set, own_set, sets_in

CAUTION = "balanced"
HEADINGS = ("sources", "questions", "top-1", "top-3", "AUROC", "right at 5 %")
WIDTH = 34


def line(name: str, cells: Sequence[str]) -> str:
    padded = [cell.rjust(len(heading) + 2) for heading, cell in zip(HEADINGS, cells, strict=True)]
    return name.ljust(WIDTH) + "".join(padded)


def row(measured: Set, result: Figures) -> str:
    shares = (result.top1, result.top3, result.auroc, result.right_at_5)
    cells = ["–" if share is None else f"{100 * share:.1f}" for share in shares]
    return line(measured.name, [str(len(measured.sources)), str(len(measured.questions)), *cells])


def broken(found: Sequence[Found]) -> list[str]:
    """What breaks the promise about our own set: each answer right, and no other given."""
    threshold, said = threshold_for(CAUTION), []
    for one in found:
        given = one.score >= threshold
        if one.question.gold and not (given and one.right):
            said.append(f"not answered rightly ({one.score:.2f}): {one.question.text}")
        if given and not one.question.gold:
            said.append(
                f"answered though nothing supports it ({one.score:.2f}): {one.question.text}"
            )
    return said


def promise(found: Sequence[Found]) -> str:
    answerable = sum(bool(one.question.gold) for one in found)
    return (
        f"Demo shop, as careful as by default: {answerable} questions with an answer, "
        f"{len(found) - answerable} without."
    )


def main(folder: Path | None) -> int:
    print(line("percent", HEADINGS))
    own = own_set()
    found = ask_all(own)
    print(row(own, figures(found)), flush=True)
    for measured in sets_in(folder) if folder else ():
        print(row(measured, figures(ask_all(measured))), flush=True)
    problems = broken(found)
    kept = "NO  a promise is broken" if problems else "ok  each answered rightly, and no other"
    print(f"\n{promise(found)}\n{kept}")
    for problem in problems:
        print(f"    {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m eval", description=__doc__)
    parser.add_argument("folder", nargs="?", default=os.environ.get("DATA"), help="more sets")
    given = parser.parse_args().folder
    if given and not Path(given).is_dir():
        sys.exit(f"There is no folder {given}.")
    sys.exit(main(Path(given) if given else None))
