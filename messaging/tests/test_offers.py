import pytest

from messaging.offers import buttons_for, option_named, option_pressed, text_with
from messaging.types import Button, Buttons

OPTIONS = [
    {"id": "e1", "title": "How long does it take?"},
    {"id": "e2", "title": "Price"},
    {"id": "none", "title": "None of these"},
]
WIDE, NARROW = Buttons(longest=40), Buttons(longest=20)
LIST = "Which?\n\n1. How long does it take?\n2. Price\n3. None of these"


@pytest.mark.parametrize(
    ("buttons", "text", "titles"),
    [
        (WIDE, "Which?", ["How long does it take?", "Price", "None of these"]),
        (NARROW, LIST, ["1. How long does it…", "2. Price", "3. None of these"]),
        (
            Buttons(longest=40, in_every_app=False),
            LIST,
            ["1. How long does it take?", "2. Price", "3. None of these"],
        ),
        (None, LIST, []),
    ],
)
def test_titles_stand_on_buttons_where_they_fit_and_else_in_a_list_too(
    buttons: Buttons | None, text: str, titles: list[str]
) -> None:
    assert text_with("Which?", OPTIONS, buttons) == text
    made = buttons_for(OPTIONS, buttons)
    assert [button.title for button in made] == titles
    assert [button.data for button in made] == ["offer:e1", "offer:e2", "offer:none"][: len(made)]


def test_no_button_is_longer_than_the_platform_takes() -> None:
    titles = ["Ж" * 300, "👋🏽 " * 40, "x" * 20, "word " * 30, "." * 50]
    options = [{"id": str(n), "title": title} for n, title in enumerate(titles)]
    for button in buttons_for(options, NARROW):
        assert 0 < len(button.title.encode("utf-16-le")) // 2 <= 20
        assert button.title.strip()


def test_a_message_without_options_stays_as_it_is() -> None:
    assert text_with("Hello", [], None) == "Hello"
    assert buttons_for([], WIDE) == ()
    assert buttons_for(OPTIONS[1:2], WIDE) == (Button("offer:e2", "Price"),)


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        ("1", "e1"),
        (" 2. ", "e2"),
        ("(2)", "e2"),
        ("No. 2", "e2"),
        ("nr 3", "none"),
        ("3", "none"),
        ("price", "e2"),
        ("PRICE!", "e2"),
        ("how long does it take", "e1"),
        ("4", None),
        ("0", None),
        ("12", None),
        ("2 parcels", None),
        ("the price of a lamp", None),
        ("", None),
        ("?", None),
    ],
)
def test_a_choice_in_words_is_a_number_or_a_title(words: str, chosen: str | None) -> None:
    option = option_named(words, OPTIONS)
    assert (option["id"] if option else None) == chosen


def test_only_buttons_of_offers_are_choices() -> None:
    assert option_pressed({"button": "offer:e1"}) == "e1"
    others: list[dict[str, object] | None] = [None, {}, {"button": "human:1042"}, {"button": 3}]
    for details in others:
        assert option_pressed(details) == ""
