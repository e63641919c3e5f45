"""What is searched for when a message says more than its question."""

import pytest

from AI_model.replies.focus import without_small_talk


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
