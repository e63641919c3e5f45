"""How long a question takes, and what an index costs in time and memory.

`python -m eval.speed 375` measures with so many phrasings in a process of its own and prints JSON.
"""

import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from AI_model.retrieval.sources import Source, entry_source
from eval import limits
from eval.figures import percentile
from eval.report import Promise, Section, Table
from eval.sets import OWN, sets_in

SMALL, BIG = 375, 10_000
PHRASINGS = 5
QUESTIONS = 200
TIMEOUT = 900
NOUNS = (
    "order parcel invoice refund ticket booking room seat table lesson card account password route "
    "battery charger cable lamp chair window boiler meter contract voucher licence permit passport "
    "policy claim premium prescription appointment membership locker towel helmet bicycle trailer"
)
VERBS = (
    "cancel change move return track renew extend find print pay collect repair replace lend clean "
    "test open close share hide export upgrade pause gift insure register"
)
SHAPES = (
    "How do I {v} my {n} for {a}?",
    "Can I {v} the {n} in {a}?",
    "{v} {n} {a}",
    "I want to {v} a {n} of {a}",
    "What does it cost to {v} a {n} with {a}?",
)


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds for loading and building, milliseconds a question, megabytes at the most."""

    phrasings: int
    entries: int
    build: float
    p50: float
    p95: float
    megabytes: float


def small_sources() -> tuple[list[Source], list[str]]:
    """75 entries of our own sets with five phrasings each, and the questions to them."""
    sets = [one for one in sets_in(OWN) if one.name.endswith("k5")]
    sources = [source for one in sets for source in one.sources]
    questions = [question.text for one in sets for question in one.questions]
    return sources[: SMALL // PHRASINGS], questions[:QUESTIONS]


def big_sources() -> tuple[list[Source], list[str]]:
    """Made-up entries, the same in every run; each is about another thing of another number."""
    chance = random.Random(5)
    entries = []
    for number in range(BIG):
        verb, noun = chance.choice(VERBS.split()), chance.choice(NOUNS.split())
        told = [shape.format(v=verb, n=noun, a=f"type {number}") for shape in SHAPES[:2]]
        entries.append(
            entry_source(entry_id=str(number), question=told[0], phrasings=told[1:], answer=told[0])
        )
    return entries, [chance.choice(entries).phrasings[0].lower() for _ in range(QUESTIONS)]


def run(count: int) -> Speed:
    sources, questions = small_sources() if count == SMALL else big_sources()
    started = time.perf_counter()
    from AI_model.retrieval.index import build, search

    index = build(sources)
    built = time.perf_counter() - started
    search(index, questions[0])
    times = []
    for question in questions:
        asked = time.perf_counter()
        search(index, question)
        times.append((time.perf_counter() - asked) * 1000)
    return Speed(
        phrasings=sum(len(source.phrasings) for source in sources),
        entries=len(sources),
        build=built,
        p50=percentile(times, 0.5),
        p95=percentile(times, 0.95),
        megabytes=peak_megabytes(),
    )


def peak_megabytes() -> float:
    """The most that this program held. Linux counts what its parent held into `ru_maxrss`."""
    status = Path("/proc/self/status")
    if status.exists():
        words = status.read_text().partition("VmHWM:")[2].split()
        return int(words[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_a_process(count: int) -> Speed:
    """In a process of its own, so that its memory is not that of the other measurements."""
    command = [sys.executable, "-m", "eval.speed", str(count)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=TIMEOUT, text=True)
    return Speed(**json.loads(done.stdout))


def measure(*, big: bool) -> Section:
    speeds = [in_a_process(count) for count in ([SMALL, BIG] if big else [SMALL])]
    small = speeds[0]
    section = Section([_table(speeds)])
    told = f"{SMALL} phrasings"
    section.promises = [
        _at_most(f"milliseconds a question, p95, {told}", small.p95, limits.QUESTION_MS),
        _at_most(f"seconds to load and index {told}", small.build, limits.BUILD_SECONDS),
        _at_most("megabytes of the process that answers", small.megabytes, limits.MEMORY_MB),
    ]
    if big:
        told = f"milliseconds a question, p95, {BIG} entries"
        section.promises.append(_at_most(told, speeds[1].p95, limits.QUESTION_BIG_MS))
    return section


def _at_most(text: str, value: float, limit: float) -> Promise:
    return Promise(text, round(value, 1), limit, at_least=False)


def _table(speeds: Sequence[Speed]) -> Table:
    headings = ("phrasings", "load and index, s", "p50, ms", "p95, ms", "memory, MB")
    table = Table("Speed of retrieval, one process", headings)
    for speed in speeds:
        cells = (
            f"{speed.build:.1f}",
            f"{speed.p50:.1f}",
            f"{speed.p95:.1f}",
            f"{speed.megabytes:.0f}",
        )
        table.add(f"{speed.entries} entries", str(speed.phrasings), *cells)
    return table


if __name__ == "__main__":
    print(json.dumps(asdict(run(int(sys.argv[1])))))
