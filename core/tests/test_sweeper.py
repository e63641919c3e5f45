"""The sweeper when the broker goes away while it rings."""

import os
import signal
from collections.abc import Iterable

from celery import shared_task

from core.lib.sweeping import Sweep
from core.sweeper import Sweeper
from core.testing.engines import Engines

done: list[str] = []


@shared_task(name="core.tests.note_down")
def note_down(row_id: str) -> None:
    done.append(row_id)


def test_a_broker_that_freezes_in_mid_round_leaves_nothing_undone(
    db: None, engines: Engines
) -> None:
    assert engines.server is not None
    pid, rows = engines.server.pid, [str(number) for number in range(5)]
    done.clear()

    def due_while_it_freezes(*, older_than: float) -> Iterable[str]:
        os.kill(pid, signal.SIGSTOP)
        return rows

    sweeper = Sweeper()
    try:
        count = sweeper._sweep(Sweep("notes", due_while_it_freezes, note_down))
        sweeper._pool.shutdown(wait=True)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert (count, sorted(done, key=int)) == (len(rows), rows)
