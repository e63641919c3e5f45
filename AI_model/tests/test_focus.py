"""What is searched for when a message says more than its question."""

import pytest

from AI_model.providers.base import Passage
from AI_model.replies.focus import search_focused, without_small_talk


@pytest.mark.parametrize(
    ("said", "searched"),
    [
        ("Hello! Do you ship to Oslo? Thanks.", "Do you ship to Oslo?"),
        ("Good morning\ndo you ship to oslo", "do you ship to oslo"),
        ("Hola. ¿Hacen envíos a Oslo? Gracias!", "¿Hacen envíos a Oslo?"),
        ("Do you ship to Oslo?", "Do you ship to Oslo?"),
        ("I live in Oslo. Do you ship there?", "I live in Oslo. Do you ship there?"),
        ("Hello! Thanks!", "Hello! Thanks!"),
        ("See shop.example/a.b for 3.5 mm", "See shop.example/a.b for 3.5 mm"),
        ("", ""),
    ],
)
def test_greetings_and_thanks_around_a_question_are_not_searched_for(
    said: str, searched: str
) -> None:
    assert without_small_talk(said) == searched


SCORES = {
    "My order is 77121. Do you ship to Oslo?": [("shipping", 0.5), ("orders", 0.3)],
    "Do you ship to Oslo?": [("shipping", 0.97)],
    "My order is 77121.": [("orders", 0.95)],
    "It rains. Is it dear?": [("prices", 0.4)],
    "Is it dear?": [("prices", 0.8)],
}


@pytest.mark.parametrize(
    ("said", "best"),
    [
        ("My order is 77121. Do you ship to Oslo?", ("shipping", 0.97)),
        ("It rains. Is it dear?", ("prices", 0.4)),
        ("Hello! Is it dear?", ("prices", 0.8)),
        ("Who?", None),
    ],
)
def test_a_sentence_alone_makes_surer_only_what_all_of_it_found(
    said: str, best: tuple[str, float] | None
) -> None:
    def look(text: str) -> list[Passage]:
        found = SCORES.get(text, [])
        return [Passage(id=name, kind="entry", title="", text="", score=n) for name, n in found]

    found = search_focused(look, said)
    assert [(one.id, one.score) for one in found[:1]] == ([best] if best else [])
