"""Questions that go on from the one before, and those that don't."""

import pytest

from AI_model.replies.findings import find
from AI_model.replies.followup import added_by, completed
from AI_model.retrieval.index import Index, build
from AI_model.retrieval.sources import entry_source

OPENING = [("When are you open?", "Monday to Saturday.")]
FOLLOWING = (
    "and on Sundays?|what about Spain?|how much?|How much is it?|is it waterproof?|On Sundays?|"
    "Sunday?|how long does it take?|and for kids?|What about holidays|do they fit kids?|"
    "to Spain?|Spain too?|und am Sonntag?|was ist mit Spanien?|Wie viel kostet das?|"
    "et le dimanche ?|et pour l'Espagne ?|combien ?|y los domingos?|¿y para niños?|"
    "¿cuánto cuesta?|e la domenica?|quanto costa?|e aos domingos?|quanto custa?|en op zondag?|"
    "hoeveel kost het?|a w niedzielę?|ile to kosztuje?|а в воскресенье?|а сколько стоит?|"
    "что насчёт Испании?|а в неділю?|скільки це коштує?|peki pazar?|ya cumartesi?|ne kadar?|"
    "yakshanba kuni-chi?|Ispaniyaga-chi?|narxi qancha?|周日呢？|"
    "多少钱？|日曜日は？|일요일은요?|a v neděli?"
)
ALONE = (
    "Do you ship to Spain?|And do you ship to Norway?|How much is shipping?|When are you open?|"
    "refund|Where is my order?|Can I return it if it is broken?|How long does delivery take?|"
    "delivery time|Is it possible to pay by card?|I want to cancel my order|track my order|"
    "size 42|i need a refund|Wie lange dauert der Versand?|In welchen Größen gibt es das Rad?|"
    "Combien coûte la livraison ?|Où est la boutique ?|¿Cuánto cuesta el envío?|a que hora abren|"
    "Quanto costa la spedizione?|O envio é grátis?|Hoeveel kost verzending?|"
    "Ile kosztuje wysyłka?|Сколько стоит доставка?|Как вернуть товар?|Скільки коштує доставка?|"
    "Kargo ne kadar?|Yetkazib berish qancha turadi?|"
    "运费多少钱？|配送料はいくらですか？|배송비는 얼마인가요?|"
    "Co stojí doprava?|это новый велосипед?"
)


@pytest.mark.parametrize("text", FOLLOWING.split("|"))
def test_a_question_that_leaves_something_out_goes_on_from_the_one_before(text: str) -> None:
    found = completed(text, OPENING)
    assert found and found[0].startswith("When are you open")


@pytest.mark.parametrize("text", ALONE.split("|"))
def test_a_question_of_its_own_is_left_alone(text: str) -> None:
    assert completed(text, OPENING) == []


def test_what_it_goes_on_from_is_the_last_question_that_stands_alone() -> None:
    earlier = [*OPENING, ("and on Saturdays?", "Yes."), ("thanks", "You are welcome.")]
    assert completed("and on Sundays?", earlier)[0] == "When are you open on sundays"
    assert completed("and on Sundays?", []) == []
    assert completed("and on Sundays?", [("hi", "Hello.")]) == []


def test_the_word_it_replaces_is_exchanged() -> None:
    earlier = [("Do you ship to Norway?", "")]
    assert completed("what about Spain?", earlier)[1] == "Do you ship to spain"
    on_monday = [("Are you open on Monday mornings?", "")]
    assert "Monday" not in completed("and on Sunday?", on_monday)[1]


KNOWLEDGE = {
    "hours": ("When are you open?", "Monday to Saturday from 10 to 18, closed on Sundays."),
    "ship": ("Do you ship to Norway?", "We ship to Norway and Spain within a week."),
    "repair": ("Do you repair bikes?", "Yes, a service costs 40 euros and takes two days."),
    "return": ("Can I return my order?", "You can send things back within the legal period."),
    "tent": ("Do you have the X200 tent?", "The X200 is in stock, waterproof and light."),
}


@pytest.fixture(scope="module")
def index() -> Index:
    return build(
        [
            entry_source(entry_id=key, question=question, phrasings=[], answer=answer)
            for key, (question, answer) in KNOWLEDGE.items()
        ]
    )


def best(index: Index, earlier: str, text: str) -> tuple[str, float]:
    found = find(business_id="", texts=[text], earlier=[(earlier, "…")], index=index).passages
    return found[0].id, found[0].score


def alone(index: Index, text: str) -> float:
    found = find(business_id="", texts=[text], index=index).passages
    return found[0].score if found else 0.0


@pytest.mark.parametrize(
    ("earlier", "text", "entry"),
    [
        ("When are you open?", "and on Sundays?", "hours"),
        ("When are you open?", "а в воскресенье?", "hours"),
        ("When are you open?", "yakshanba kuni-chi?", "hours"),
        ("Do you ship to Norway?", "what about Spain?", "ship"),
        ("Do you repair bikes?", "how much?", "repair"),
        ("Do you repair bikes?", "how many days?", "repair"),
        ("Do you repair bikes?", "сколько стоит?", "repair"),
        ("Do you have the X200 tent?", "is it waterproof?", "tent"),
    ],
)
def test_a_follow_up_finds_the_entry_that_speaks_of_it(
    index: Index, earlier: str, text: str, entry: str
) -> None:
    found, score = best(index, earlier, text)
    assert found == entry and score > alone(index, text)


@pytest.mark.parametrize(
    ("earlier", "text"),
    [
        ("Do you ship to Norway?", "what about Brazil?"),
        ("Do you repair bikes?", "and scooters?"),
        ("Can I return my order?", "how much?"),
        ("Can I return my order?", "and when?"),
        ("Do you have the X200 tent?", "is it fireproof?"),
        ("When are you open?", "and parking?"),
        ("When are you open?", "Do you sell gift cards?"),
        ("When are you open?", "why?"),
    ],
)
def test_an_entry_that_says_nothing_of_it_gains_nothing_by_the_earlier_question(
    index: Index, earlier: str, text: str
) -> None:
    assert best(index, earlier, text)[1] == pytest.approx(alone(index, text))


def test_in_a_burst_the_second_question_goes_on_from_the_first(index: Index) -> None:
    texts = ["When are you open?", "and on Sundays?"]
    each = find(business_id="", texts=texts, index=index).each
    assert [finding.passages[0].id for finding in each] == ["hours", "hours"]
    assert each[1].passages[0].score > alone(index, "and on Sundays?")


def test_an_empty_or_endless_text_is_no_follow_up() -> None:
    assert [added_by(text) for text in ("", "???", "and " * 500, "呢")] == [None] * 4
