"""What stands around a question does not count: ids, addresses, greetings, a signature."""

import pytest

from AI_model.retrieval.index import build, search
from AI_model.retrieval.noise import without_noise
from AI_model.retrieval.sources import entry_source

QUESTION = "Where can I park my bike?"


@pytest.mark.parametrize(
    "message",
    [
        "Where can I park my bike?  #77121",
        "Hi there! Where can I park my bike? Thanks",
        "my order number is 4471920, Where can I park my bike?",
        "Good morning team, Where can I park my bike? Kind regards, Anna Meyer",
        "Where can I park my bike? https://example.com/a?id=77",
        "Where can I park my bike? My email is anna.m@example.com.",
        "Call me at +44 7700 900123, Where can I park my bike?",
        "Hi, I have a question: Where can I park my bike? (ref. DE-99812-X)",
        "my name is Tom Baker. Where can I park my bike?",
    ],
)
def test_a_question_is_taken_out_of_what_stands_around_it(message: str) -> None:
    assert without_noise(message, lambda word: False) == QUESTION


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("where is my order 77121", "where is my order number"),
        ("cancel order 732201349959?", "cancel order number ?"),
        ("Hallo, wo ist mein Paket? Vielen Dank", "wo ist mein Paket?"),
        ("Здравствуйте! Подскажите, пожалуйста, где мой чек?", "где мой чек?"),
        ("你好，请问运费多少？", "请问运费多少？"),
    ],
)
def test_ids_and_courtesies_go_in_other_shapes_and_languages(message: str, kept: str) -> None:
    assert without_noise(message, lambda word: False) == kept


@pytest.mark.parametrize(
    "message",
    [
        "hello",
        "Thanks",
        "https://example.com",
        "my order number is 4471920",
        "which class in the evening",
        "room for 12 people at 18:30",
        "from 10.05.2026 to 12.05.2026?",
        "i am 25 can i rent",
    ],
)
def test_what_says_something_by_itself_stays(message: str) -> None:
    assert without_noise(message, lambda word: False) == message


def test_an_id_that_the_knowledge_speaks_of_stays() -> None:
    asked = "do you have WX-4410 in stock"
    assert without_noise(asked, {"wx", "4410"}.__contains__) == asked
    assert without_noise(asked, lambda word: False) == "do you have in stock"


def test_noise_costs_an_answer_none_of_its_score() -> None:
    index = build(
        [
            entry_source(entry_id="a", question=QUESTION, phrasings=[], answer="In the yard."),
            entry_source(entry_id="b", question="Do you sell locks?", phrasings=[], answer="No."),
        ]
    )
    alone = search(index, "can i leave my bicycle somewhere")
    noisy = search(index, "Hello! can i leave my bicycle somewhere? Thanks #77121")
    assert [(p.id, p.score) for p in noisy] == [(p.id, p.score) for p in alone]
