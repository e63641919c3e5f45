"""What differs between two texts, in pieces that a person can read."""

from hypothesis import given
from hypothesis import strategies as st

from settings_app.differences import (
    MAX_SEGMENTS,
    MAX_SHOWN,
    PageText,
    Segment,
    compare,
    segments_of,
)

LINES = st.lists(st.sampled_from(["", "a b c", "a b d", "Price: 5 €.", "x"]), max_size=12)


def page(text: str, title: str = "") -> PageText:
    return PageText("https://shop.example/", title, text)


def test_single_words_differ_and_far_lines_are_left_out() -> None:
    same = [f"Line {number}." for number in range(20)]
    before = "\n".join([*same, "Delivery takes three days.", *same])
    after = before.replace("three", "two")
    assert segments_of(before, after) == [
        Segment("gap"),
        Segment("same", "Line 19.\nDelivery takes "),
        Segment("removed", "three"),
        Segment("added", "two"),
        Segment("same", " days.\nLine 0.\n"),
        Segment("gap"),
    ]


def test_lines_that_have_little_in_common_are_replaced_whole() -> None:
    assert segments_of("We ship by post.", "Open from nine to five!") == [
        Segment("removed", "We ship by post.\n"),
        Segment("added", "Open from nine to five!\n"),
    ]


@given(LINES, LINES)
def test_nothing_is_invented_and_nothing_that_differs_is_lost(
    before: list[str], after: list[str]
) -> None:
    segments = segments_of("\n".join(before), "\n".join(after))
    new = "".join(part.text for part in segments if part.what in {"added", "same"})
    old = "".join(part.text for part in segments if part.what in {"removed", "same"})
    if "gap" not in {part.what for part in segments}:
        assert new.split() == "\n".join(after).split()
        assert old.split() == "\n".join(before).split()
    if before == after:
        assert {part.what for part in segments} <= {"same", "gap"}


def test_a_difference_of_long_texts_is_bounded() -> None:
    before = "\n".join(f"old {number}" for number in range(30_000))
    after = "\n".join(f"new {number}" for number in range(30_000))
    mixed = "\n".join(f"old {number}" if number % 2 else "new" for number in range(3_000))
    for text in (after, mixed):
        segments = segments_of(before[:30_000], text)
        assert len(segments) <= MAX_SEGMENTS + 1
        assert sum(len(part.text) for part in segments) <= MAX_SHOWN
        assert any(part.what in {"added", "removed"} for part in segments)


def test_pages_are_counted_and_only_some_of_them_shown() -> None:
    before = {"a": page("1"), "b": page("2"), "c": page("3")}
    after = {"a": page("1"), "b": page("2", "Other title"), "d": page("4"), "e": page("5")}
    found = compare(before, after, most=2)
    assert (found.added, found.removed, found.changed, found.unchanged) == (2, 1, 1, 1)
    assert [shown.what for shown in found.pages] == ["changed", "added"] and found.more == 2
