"""Answers in the business's own words."""

import pytest

from AI_model.providers.base import Passage, ProviderError, Usage
from AI_model.providers.embedded import EmbeddedProvider, nearest_sentences
from AI_model.testing.requests import a_request

ENTRY = Passage("e1", "entry", "Hours", "When do you open?", "We open at nine.", 0.9)
TEXT = Passage("t1", "text", "Returns", "Returns are free for 30 days.", score=0.8)
LONG = (
    "Our workshop was founded in a small harbour town by two sisters who liked boats. "
    "For many years it made nothing but sails, and some of them are still at sea today. "
    "Parcels leave the house on every working day before four in the afternoon.\n"
    "Shipping to Iceland costs 14.50 euros and takes up to nine days. "
    "We send to no other island. "
    "The colours of the cloth may differ a little from what your screen shows, because every "
    "screen shows colours in its own way and cloth is dyed in small batches by hand here."
)


def test_an_entry_is_answered_with_its_own_answer_and_cited() -> None:
    completion = EmbeddedProvider().complete(a_request(passages=(TEXT, ENTRY)))
    assert (completion.text, completion.cited) == ("We open at nine.", ("e1",))
    assert (completion.provider, completion.model, completion.usage) == (
        "embedded",
        "embedded",
        Usage(),
    )


def test_a_short_text_is_quoted_whole() -> None:
    completion = EmbeddedProvider().complete(a_request("Can I return it?", passages=(TEXT,)))
    assert (completion.text, completion.cited) == ("Returns are free for 30 days.", ("t1",))


def test_of_a_long_text_the_nearest_sentences_are_quoted_word_for_word() -> None:
    quoted = nearest_sentences(LONG, "What does shipping to Iceland cost?", limit=100)
    assert quoted == (
        "Shipping to Iceland costs 14.50 euros and takes up to nine days. "
        "We send to no other island."
    )


def test_a_text_without_word_spaces_is_cut_at_its_own_full_stops() -> None:
    text = "営業時間は九時からです。" * 3 + "送料は五百円です。" + "お気軽にどうぞ。" * 3
    assert nearest_sentences(text, "送料はいくらですか", limit=20).startswith("送料は五百円です。")


@pytest.mark.parametrize(
    "passages",
    [
        (),
        (Passage("e2", "entry", "Hours", "Q", "A", 0.49),),
        (Passage("t", "text", "", "", score=0.9),),
    ],
)
def test_without_support_there_is_no_answer(passages: tuple[Passage, ...]) -> None:
    with pytest.raises(ProviderError) as caught:
        EmbeddedProvider().complete(a_request(passages=passages))
    assert (caught.value.code, caught.value.permanent) == ("no_support", True)
