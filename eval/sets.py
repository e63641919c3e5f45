"""Sets of knowledge with questions: our own, and any in files of this layout.

A folder holds `entries*.jsonl` and `queries*.jsonl`. An entry is
`{"id", "questions": […], "answer"}`, or a passage `{"id", "title", "text"}`; a query is
`{"question", "gold"}` where gold is an id, several, or null when nothing answers it. `queries` is
asked of each entries file, `queries_de` of the German and the English one.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from AI_model.retrieval.sources import Source, entry_source, pair_sources, text_sources

HERE = Path(__file__).parent
OWN = HERE / "data" / "retrieval"
DEMO = HERE.parent / "core" / "demo"


@dataclass(frozen=True, slots=True)
class Question:
    """`gold`: ids of the sources that answer it; empty = none does."""

    text: str
    gold: frozenset[str]


@dataclass(frozen=True, slots=True)
class Set:
    name: str
    sources: Sequence[Source]
    questions: Sequence[Question]


def demo_prompts() -> dict[str, str]:
    """The demo business's four texts."""
    prompts: dict[str, str] = _read(DEMO / "business.json")["prompts"]
    return prompts


def own_set() -> Set:
    """The demo business's knowledge, as its answers are made from it."""
    prompts = demo_prompts()
    sources = [
        *(_entry(str(n), entry) for n, entry in enumerate(_read(DEMO / "knowledge.json"))),
        *pair_sources(prompts["question_answer"]),
        *text_sources(prompts["knowledge_source"], title="Company"),
        *text_sources(prompts["product_service"], title="Products and services"),
    ]
    ids: dict[str, set[str]] = {}
    for source in sources:
        ids.setdefault(source.title, set()).add(source.id)
    questions = [
        Question(row["question"], frozenset(ids[row["expects"]] if row["expects"] else ()))
        for row in _read(HERE / "questions.json")
    ]
    return Set("demo shop", sources, questions)


def document_set(name: str = "documents") -> Set:
    """Long service documents, cut as the product cuts them. What answers is told by a quotation, so
    that another cut needs no other questions.
    """
    folder = OWN / name
    sources = {
        path.stem: text_sources(path.read_text(encoding="utf-8"), title=path.stem)
        for path in sorted(folder.glob("*.md"))
    }
    questions = [
        Question(row["question"], _holding(row["quote"], sources[row["document"]]))
        for row in _lines(folder / "questions.jsonl")
    ]
    return Set(name, [one for each in sources.values() for one in each], questions)


def _holding(quote: str | None, sources: Sequence[Source]) -> frozenset[str]:
    """The passages in which the words stand."""
    if quote is None:
        return frozenset()
    found = frozenset(one.id for one in sources if quote in " ".join(one.text.split()))
    if not found:
        raise ValueError(f"No passage holds the words: {quote}")
    return found


def sets_in(folder: Path) -> Iterator[Set]:
    for place in sorted({path.parent for path in folder.rglob("queries*.jsonl")}):
        for entries, queries in _pairs(place):
            name = " ".join([place.name, entries.stem, queries.stem])
            shown = name.replace("entries_", "").replace("queries_", "")
            for word in (" entries", " queries"):
                shown = shown.removesuffix(word)
            yield Set(shown, _sources(entries), _questions(queries))


def _pairs(place: Path) -> Iterator[tuple[Path, Path]]:
    entries = sorted(place.glob("entries*.jsonl"))
    for queries in sorted(place.glob("queries*.jsonl")):
        language = queries.stem.removeprefix("queries")
        for path in entries:
            if not language or path.stem.removeprefix("entries") in {language, "_en"}:
                yield path, queries


def _sources(path: Path) -> list[Source]:
    return [_source(row) for row in _lines(path)]


def _source(row: dict[str, Any]) -> Source:
    if "questions" not in row:
        return Source(row["id"], "text", title=row.get("title", ""), text=row["text"])
    first, *others = row["questions"]
    return entry_source(entry_id=row["id"], question=first, phrasings=others, answer=row["answer"])


def _entry(entry_id: str, row: dict[str, Any]) -> Source:
    return entry_source(
        entry_id=entry_id,
        question=row["question"],
        phrasings=row["phrasings"],
        answer=row["answer"],
    )


def _questions(path: Path) -> list[Question]:
    return [Question(row["question"], _gold(row["gold"])) for row in _lines(path)]


def _gold(value: str | list[str] | None) -> frozenset[str]:
    return frozenset([value] if isinstance(value, str) else value or ())


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
