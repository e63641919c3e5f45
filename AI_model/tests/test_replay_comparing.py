"""What counts as the same answer, and how a difference is told. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from AI_model.replies.comparing import Said, difference, says_the_same, verdict_on

ANSWER = Said("answered", "We ship within five days.", entries=["a"])
MODEL = Said("answered", "We ship to Norway within 5 days.", entries=["a"], written=True)
PEOPLE = Said("handed_over", reason="no_support")
OFFER = Said("offered", "Shipping\nReturns", entries=["a", "b"])


def answer(text: str = ANSWER.text, *entries: str, written: bool = False) -> Said:
    return Said("answered", text, entries=list(entries or ["a"]), written=written)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (ANSWER, answer(), "same"),
        (ANSWER, answer("We ship  within\nfive days."), "same"),
        (ANSWER, answer("We ship within six days."), "changed"),
        (ANSWER, answer("We do ship within five days."), "changed"),
        (ANSWER, answer(ANSWER.text, "b"), "changed"),
        (ANSWER, PEOPLE, "handed_over"),
        (ANSWER, OFFER, "changed"),
        (PEOPLE, ANSWER, "answered"),
        (PEOPLE, OFFER, "changed"),
        (PEOPLE, Said("handed_over", reason="unsupported_answer"), "same"),
        (OFFER, ANSWER, "answered"),
        (OFFER, PEOPLE, "handed_over"),
        (OFFER, Said("offered", "Returns\nShipping", entries=["b", "a"]), "changed"),
        (answer(""), answer("Unknown words."), "same"),
        (MODEL, answer("Yes, within 5 days we ship to Norway.", written=True), "same"),
        (MODEL, answer("We ship to Norway within 9 days.", written=True), "changed"),
    ],
)
def test_one_of_four_verdicts(before: Said, after: Said, verdict: str) -> None:
    assert verdict_on(before, after) == verdict


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("We ship to Norway within 5 days.", "Shipping to Norway takes 5 days.", True),
        ("We ship to Norway within 5 days.", "We don't ship to Norway within 5 days.", False),
        ("See https://kite.example/ship.", "See https://kite.example/returns.", False),
        ("A repair costs 15 euros.", "A repair costs 25 euros.", False),
        ("We open at nine in the morning.", "Your parcel can be tracked online.", False),
    ],
)
def test_words_of_a_model_say_the_same_or_not(one: str, other: str, same: bool) -> None:
    assert says_the_same(one, other) is same
    assert says_the_same(other, one) is same


def test_a_difference_is_told_in_words() -> None:
    assert difference("We ship within five days.", "We ship within six days.") == [
        {"op": "same", "text": "We ship within "},
        {"op": "removed", "text": "five "},
        {"op": "added", "text": "six "},
        {"op": "same", "text": "days."},
    ]
    assert difference("", "Yes.") == [{"op": "added", "text": "Yes."}]
    assert difference("", "") == []


def test_letters_are_words_where_words_are_not_parted() -> None:
    ops = [(part["op"], part["text"]) for part in difference("营业到五点", "营业到六点")]
    assert ops == [("same", "营业到"), ("removed", "五"), ("added", "六"), ("same", "点")]


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_difference_holds_all_words_of_both(before: str, after: str) -> None:
    parts = difference(before, after)
    now = "".join(part["text"] for part in parts if part["op"] != "removed")
    was = "".join(part["text"] for part in parts if part["op"] != "added")
    assert now == after.strip()
    assert was.split() == before.split() or "".join(was.split()) == "".join(before.split())


def test_a_difference_of_very_long_texts_is_told_at_once() -> None:
    one, other = "a " * 5_000, "b " * 5_000
    assert [part["op"] for part in difference(one, other)] == ["removed", "added"]
