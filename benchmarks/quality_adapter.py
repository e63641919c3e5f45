"""The product's own search behind the questions of a quality judge.

`build(entries)` takes entries `{"id", "questions", "answer"}` or passages
`{"id", "title", "text"}`.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# A judge loads this file by its path, from wherever it is itself.
sys.path.insert(0, str(Path(__file__).parent.parent))

from AI_model.providers.base import Passage
from AI_model.retrieval.calibration import THRESHOLDS
from AI_model.retrieval.index import build as build_index
from AI_model.retrieval.index import search
from AI_model.retrieval.sources import Source, entry_source

CAUTION = "balanced"


class Answerer:
    def __init__(self, entries: Sequence[Mapping[str, Any]]) -> None:
        self._index = build_index([_source(entry) for entry in entries])

    def answer(self, query: str) -> tuple[str | None, float]:
        """The best entry's id, None to hand over; and how sure it is of the best."""
        given, score, _ = self.full(query, 1)
        return given, score

    def full(self, query: str, n: int) -> tuple[str | None, float, list[tuple[str, float]]]:
        found: list[Passage] = search(self._index, query, limit=n)
        score = found[0].score if found else 0.0
        given = found[0].id if found and score >= THRESHOLDS[CAUTION] else None
        return given, score, [(passage.id, passage.score) for passage in found]


def build(entries: Sequence[Mapping[str, Any]]) -> Answerer:
    return Answerer(entries)


def _source(entry: Mapping[str, Any]) -> Source:
    if "questions" not in entry:
        return Source(entry["id"], "text", title=entry.get("title") or "", text=entry["text"])
    first, *others = entry["questions"]
    return entry_source(
        entry_id=entry["id"], question=first, phrasings=others, answer=entry.get("answer", "")
    )
