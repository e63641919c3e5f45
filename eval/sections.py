"""The parts of the measurement, in the order in which they are printed."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from eval import cost, demo, grounding, handover, injection, limits, noise, people, retrieval, speed
from eval.figures import Found, ask_all, right_with_one_limit
from eval.report import Promise, Section
from eval.retrieval import Asked
from eval.sets import own_set, sets_in

SHOWN_K = "k5"
CAUTION = "balanced"


def sections(folder: Path | None, *, big: bool, only: str = "") -> Iterator[Section]:
    """`only`: r for retrieval, hand-over and cost, g grounding, i injection, p people, s speed;
    t is grounding on the set to tune on, which a whole run leaves out.
    """
    wanted = set(only or "rgips")
    if "r" in wanted:
        yield from _retrieval()
    if "g" in wanted:
        yield grounding.measure()
    if "t" in wanted:
        yield grounding.measure(grounding.TUNED)
    if "i" in wanted:
        yield injection.measure()
    if "p" in wanted:
        yield people.measure()
    if "s" in wanted:
        yield speed.measure(big=big)
    if folder is not None:
        yield _given(folder)


def _retrieval() -> Iterator[Section]:
    of_demo = ask_all(own_set())
    yield demo.measure(of_demo)
    asked = retrieval.own_businesses()
    yield _businesses(asked)
    yield _documents_and_languages()
    yield _outcomes([found for one in asked if one.name.endswith(SHOWN_K) for found in one.found])
    yield cost.measure(of_demo)


def _businesses(asked: Sequence[Asked]) -> Section:
    found = [one.found for one in asked if one.name.endswith(SHOWN_K)]
    top1 = _round(retrieval.mean_figures(found).top1)
    right = _round(right_with_one_limit(found))
    promises = [
        Promise("four businesses, top-1 with five phrasings", top1, limits.TOP1_BUSINESSES),
        Promise("and right at 5 % with one limit", right, limits.RIGHT_WITH_ONE_LIMIT),
    ]
    return Section([retrieval.business_table(asked), noise.table(SHOWN_K)], promises)


def _outcomes(found: Sequence[Found]) -> Section:
    inside, outside = handover.shares(found, CAUTION)
    wrong, needless = _round(inside.get("wrong")), _round(outside.get("answered"))
    section = Section(handover.tables(found, of=f"the four businesses ({SHOWN_K})"))
    section.promises = [
        Promise("wrong answers where there is a right one", wrong, limits.WRONG, at_least=False),
        Promise("answers where there is none", needless, limits.NEEDLESS, at_least=False),
    ]
    return section


def _documents_and_languages() -> Section:
    documents, of = retrieval.document_table()
    languages, means = retrieval.language_table()
    promises = [
        Promise("three documents, recall@5", _round(of.top5), limits.RECALL_DOCUMENTS),
        Promise("six languages, top-1", _round(means["same"]), limits.TOP1_LANGUAGES),
        Promise("and of English entries", _round(means["english"]), limits.TOP1_ENGLISH_ENTRIES),
    ]
    return Section([documents, languages], promises)


def _given(folder: Path) -> Section:
    asked = list(retrieval.ask_sets(sets_in(folder)))
    found = [one for each in asked for one in each.found]
    both = handover.tables(found, of="they") if found else []
    return Section([retrieval.given_table(folder, asked), *both])


def _round(share: float | None) -> float:
    return round(100 * (share or 0.0), 1)
