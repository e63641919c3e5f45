"""Is the right knowledge found, and is it noticed when there is none?"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from eval import handover
from eval.figures import Figures, Found, ask_all, figures, mean, right_with_one_limit
from eval.report import Table, percent
from eval.sets import OWN, Set, document_set, sets_in

COLUMNS = ("top-1", "top-3", "top-5", "MRR", "AUROC", "right at 5 %", "one limit")
DOCUMENT_COLUMNS = ("recall@1", "recall@5", "MRR", "AUROC", "right", "wrong", "needless")
KS = ("k1", "k3", "k5")


@dataclass(frozen=True, slots=True)
class Asked:
    """A set and what the search said to each of its questions."""

    measured: Set
    found: Sequence[Found]

    @property
    def name(self) -> str:
        return self.measured.name


def ask_sets(sets: Iterable[Set]) -> Iterator[Asked]:
    for measured in sets:
        yield Asked(measured, ask_all(measured))


def own_businesses() -> list[Asked]:
    """Four businesses with 1, 3 and 5 phrasings of each entry."""
    return list(ask_sets(one for one in sets_in(OWN) if one.name.startswith("faq_")))


def business_table(asked: Sequence[Asked]) -> Table:
    table = Table("Retrieval: four businesses, by phrasings per entry (percent)", COLUMNS)
    for one in asked:
        _add(table, one.name.removeprefix("faq_"), figures(one.found))
    for k in KS:
        of_k = [one.found for one in asked if one.name.endswith(k)]
        _add(table, f"mean {k}", mean_figures(of_k), right_with_one_limit(of_k))
    return table


def given_table(folder: Path, asked: Sequence[Asked]) -> Table:
    table = Table(f"Retrieval: the sets in {folder.name} (percent)", COLUMNS)
    for one in asked:
        _add(table, one.name, figures(one.found))
    return table


def mean_figures(sets: Sequence[Sequence[Found]]) -> Figures:
    each = [figures(found) for found in sets]
    return Figures(*(mean([getattr(one, f.name) for one in each]) for f in fields(Figures)))


def _add(table: Table, name: str, of: Figures, one_limit: float | None = None) -> None:
    shares = (of.top1, of.top3, of.top5, of.mrr, of.auroc, of.right_at_5, one_limit)
    table.add(name, *map(percent, shares))


def document_table() -> tuple[Table, Figures]:
    """With what becomes of the questions at the default caution. Those of the first three documents
    were looked at when the threshold was chosen, those of the other two were not.
    """
    table = Table("Retrieval: long documents (percent)", DOCUMENT_COLUMNS)
    tuned, *_ = [_add_documents(table, name) for name in ("documents", "documents_check")]
    return table, tuned


def _add_documents(table: Table, name: str) -> Figures:
    measured = document_set(name)
    found = ask_all(measured)
    of, (inside, outside) = figures(found), handover.shares(found, "balanced")
    table.add(
        f"{len(measured.sources)} passages, {len(measured.questions)} questions",
        *map(percent, (of.top1, of.top5, of.mrr, of.auroc)),
        *map(percent, (inside.get("right", 0.0), inside.get("wrong", 0.0))),
        percent(outside.get("answered", 0.0)),
    )
    return of


def language_table() -> tuple[Table, dict[str, float]]:
    """Top-1 by language of the question; the dictionary holds the means by kind of entries."""
    table = Table("Retrieval: languages, top-1 (percent)", ("same", "English entries"))
    shares: dict[str, dict[str, float]] = {"same": {}, "english": {}}
    for one in ask_sets(measured for measured in sets_in(OWN) if measured.name.startswith("ml_")):
        _, entries, queries = one.name.split()
        kind = "same" if entries == queries else "english"
        shares[kind][queries] = figures(one.found).top1 or 0.0
    for language in shares["same"]:
        across = shares["english"].get(language)
        table.add(language, percent(shares["same"][language]), percent(across))
    means = {kind: sum(found.values()) / len(found) for kind, found in shares.items()}
    table.add("mean", percent(means["same"]), percent(means["english"]))
    return table, means
