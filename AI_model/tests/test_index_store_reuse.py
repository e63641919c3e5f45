"""An index made from the one before is what a build from nothing makes."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from AI_model.retrieval.index import Index, build, fresh_units
from AI_model.retrieval.sources import Source, entry_source, text_sources

SHOP = [
    entry_source(
        entry_id="open", question="When do you open?", phrasings=["hours"], answer="Nine."
    ),
    entry_source(entry_id="ship", question="Do you ship abroad?", phrasings=[], answer="Yes, yes."),
    entry_source(entry_id="cost", question="What does a repair cost?", phrasings=[], answer="15."),
    *text_sources("# Bikes\nThe Quay weighs 12 kg. It has eight gears.", title="Products"),
]
TEA = entry_source(
    entry_id="tea", question="Do you sell tea?", phrasings=["green tea"], answer="No"
)


def changes() -> dict[str, list[Source]]:
    return {
        "nothing": SHOP,
        "an answer": [replace(SHOP[0], answer="Ten.", text="Ten."), *SHOP[1:]],
        "a phrasing": [SHOP[0], replace(SHOP[1], phrasings=("Do you ship to Oslo?",)), *SHOP[2:]],
        "the days": [*SHOP[:2], replace(SHOP[2], valid_from=date(2026, 12, 1)), *SHOP[3:]],
        "one more, first": [TEA, *SHOP],
        "one fewer": [SHOP[0], *SHOP[2:]],
        "the order": SHOP[::-1],
        "everything": [TEA],
        "all gone": [],
    }


@pytest.fixture(scope="module")
def before() -> Index:
    return build(SHOP)


@pytest.mark.parametrize("name", list(changes()))
def test_it_makes_no_difference_from_what_it_was_made(name: str, before: Index) -> None:
    sources = changes()[name]
    reused, anew = build(sources, before=before), build(sources)
    assert reused.facts() == anew.facts()
    assert reused.arrays().keys() == anew.arrays().keys()
    for key, array in anew.arrays().items():
        if key != "crowding":
            assert np.allclose(reused.arrays()[key], array, rtol=2e-3, atol=1e-4), key


def test_only_new_texts_are_encoded(before: Index) -> None:
    counts = {name: len(fresh_units(sources, before=before)) for name, sources in changes().items()}
    assert {name: count for name, count in counts.items() if count} == {
        "a phrasing": 1,
        "one more, first": 2,
        "everything": 2,
    }
