"""What the sweeper looks for: each room registers where its due work stands and what does it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from celery import Task


class FindDue(Protocol):
    """Ids of work that has been due for `older_than` seconds and that nobody holds."""

    def __call__(self, *, older_than: float) -> Iterable[str]: ...


@dataclass(frozen=True, slots=True)
class Sweep:
    name: str
    find_due: FindDue
    task: Task


_sweeps: dict[str, Sweep] = {}


def register_sweep(sweep: Sweep) -> None:
    _sweeps[sweep.name] = sweep


def registered_sweeps() -> list[Sweep]:
    return list(_sweeps.values())


def drain(*, older_than: float = 0.0, run: Callable[[Task, str], None] | None = None) -> int:
    """Do everything that is due, here and now, and return how much it was.

    The sweeper does this while the broker is away.
    """
    done = 0
    for sweep in registered_sweeps():
        for row_id in list(sweep.find_due(older_than=older_than)):
            (run or _run)(sweep.task, row_id)
            done += 1
    return done


def _run(task: Task, row_id: str) -> None:
    task.run(row_id)
