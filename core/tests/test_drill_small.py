"""A small drill with real processes: the worker killed and the broker emptied, under load."""

from core.testing.engines import Engines
from drill.drills import QUICK, Drill, only_in_flight, run_drill
from drill.faults import kill_and_flush


def test_nothing_is_lost_or_sent_twice_while_workers_die_and_the_broker_forgets(
    engines: Engines,
) -> None:
    drill = Drill("kill-and-flush", kill_and_flush, only_in_flight, send_seconds=0.2)
    outcome = run_drill(drill, engines.database, size=QUICK, kills=4, seed=7)
    assert outcome.broken == [], outcome.notes
    assert outcome.findings.answered == outcome.findings.updates >= QUICK.updates
