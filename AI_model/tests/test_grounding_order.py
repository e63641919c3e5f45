"""What is made of the passage's own words, and says something else."""

import pytest

from AI_model.providers.base import Passage
from AI_model.replies.grounding.check import Code, check

SHOWS = "Shows are on Wednesdays at 15:00 and Sundays at 11:00. A show lasts 45 minutes."
HOURS = "Wir öffnen samstags von 10 bis 17 Uhr und sonntags von 11 bis 16 Uhr."
JABS = "Dogs must be vaccinated against rabies and kennel cough, cats against cat flu."
PRICES = "A lamp is repaired for 12 euros, a radio for 20 euros."
FILES = "Files are sent within an hour. Prints take two days."


def codes(source: str, answer: str, *, question: str = "") -> list[Code]:
    passage = Passage("e1", "entry", "What we do", "", answer=source)
    return check(f"{answer} [p1]", [passage], question=question).codes


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        (SHOWS, "Shows are on Wednesdays at 11:00 and Sundays at 15:00."),
        (SHOWS, "Shows are on Sundays at 3 pm."),
        (HOURS, "Sonntags von 10 bis 17 Uhr und samstags von 11 bis 16 Uhr."),
    ],
)
def test_the_time_of_another_day_is_a_contradiction(source: str, answer: str) -> None:
    assert "contradiction" in codes(source, answer)


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        (SHOWS, "Shows are on Sundays at 11 am and on Wednesdays at 3 pm."),
        (SHOWS, "On Wednesdays at 15:00."),
        (HOURS, "Sonntags von 11 bis 16 Uhr, samstags von 10 bis 17 Uhr."),
        ("Open Monday to Friday 9:00-18:00, on Saturdays 9:00-13:00.", "On Fridays from 9 to 18."),
        ("From 9:00 to 18:00 on weekdays.", "On Fridays from 9:00 to 18:00."),
    ],
)
def test_the_time_of_the_day_itself_is_none(source: str, answer: str) -> None:
    assert "contradiction" not in codes(source, answer)


@pytest.mark.parametrize(
    ("answer", "made_up"),
    [
        ("Files are sent within an hour.", False),
        ("Files are sent within 60 minutes.", False),
        ("Files are sent within a day.", True),
        ("Files are kept for a year.", True),
    ],
)
def test_a_span_with_an_article_is_a_figure(answer: str, made_up: bool) -> None:
    assert ("invented_number" in codes(FILES, answer)) is made_up


@pytest.mark.parametrize(
    ("source", "answer", "doubted"),
    [
        (JABS, "Cats must be vaccinated against rabies.", True),
        (JABS, "Dogs must be vaccinated against rabies.", False),
        (PRICES, "A radio is repaired for 12 euros.", True),
        (PRICES, "A lamp is repaired for 12 euros.", False),
        (PRICES, "A lamp is repaired for 12 euros, a radio for 20 euros.", False),
    ],
)
def test_clauses_that_swap_their_words_are_not_taken_for_supported(
    source: str, answer: str, doubted: bool
) -> None:
    assert bool(codes(source, answer)) is doubted
