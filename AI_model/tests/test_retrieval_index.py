"""What an index holds, how questions are read, and how sure the search is of what it found."""

from datetime import date

import numpy as np
import pytest

from AI_model.retrieval import bank, calibration, classifier, english, meaning
from AI_model.retrieval.asked import tongue_of
from AI_model.retrieval.building import MOST_LEARNED
from AI_model.retrieval.index import Index, build, search
from AI_model.retrieval.language import chances, languages_of
from AI_model.retrieval.normalise import as_question
from AI_model.retrieval.sources import Source, entry_source, text_sources

DAY = date(2026, 5, 4)


def entry(number: int, *asked: str, answer: str = "Yes.") -> Source:
    first, *others = asked
    return entry_source(entry_id=str(number), question=first, phrasings=others, answer=answer)


SHOP = [
    entry(0, "How long does delivery take?", "when will my parcel arrive"),
    entry(1, "Can I return my order?", "I want to send it back"),
    entry(2, "Where is your shop?"),
    entry(3, "Do you repair bikes?", "my bike is broken"),
    *text_sources("# Rental\n\nA tandem costs 40 euros a day.\nBring your passport.", title="Help"),
]
LADEN = [
    entry(0, "Wie lange dauert die Lieferung?"),
    entry(1, "Kann ich meine Bestellung zurückgeben?"),
    entry(2, "Wo ist euer Laden?"),
]
ASKED = ["how many days until it comes", "what does a tandem cost", "wo ist der laden", "hello"]


@pytest.fixture(scope="module")
def shop() -> Index:
    return build(SHOP)


def found(index: Index, question: str) -> list[tuple[str, float]]:
    return [(passage.title, passage.score) for passage in search(index, question)]


@pytest.mark.parametrize("sources", [SHOP, LADEN, SHOP[:1], SHOP[4:], []])
def test_an_index_put_together_again_finds_the_same(sources: list[Source]) -> None:
    built = build(sources)
    arrays = {name: array.copy() for name, array in built.arrays().items()}
    for array in arrays.values():
        array.flags.writeable = False
    again = Index.restore(arrays, built.facts())
    assert list(again.sources) == sources
    for question in ASKED:
        assert found(again, question) == found(built, question)


def test_a_sentence_of_a_text_is_found_beside_entries(shop: Index) -> None:
    best = search(shop, "what does a tandem cost")[0]
    assert (best.kind, best.title) == ("text", "Help / Rental")


def test_a_heading_that_repeats_the_title_is_named_once() -> None:
    (passage,) = text_sources("# Delivery\n\n## Abroad\n\nTen days.", title="delivery")
    assert passage.title == "delivery / Abroad"
    (passage,) = text_sources("Ten days.", title="Delivery")
    assert passage.title == "Delivery"


def test_a_text_answers_less_surely_beside_texts_that_fit_as_well() -> None:
    alike = "\n\n".join(f"## Part {n}\n\nTandem number {n} is red." for n in range(12))
    alone = text_sources("## Part 0\n\nTandem number 0 is red.", title="Tandems")
    many = text_sources(alike, title="Tandems")
    assert len(many) == 12
    asked = "what does a tandem cost"
    assert search(build(many), asked)[0].score < search(build(alone), asked)[0].score


def test_only_what_counts_today_is_found() -> None:
    spring = Source("s", "entry", "Spring sale?", "", "", ("Is there a spring sale?",), "", "")
    index = build(
        [
            Source("old", "entry", "Old", "", "", spring.phrasings, valid_to=date(2026, 5, 3)),
            Source("now", "entry", "Now", "", "", spring.phrasings, valid_from=DAY, valid_to=DAY),
        ]
    )
    assert [p.id for p in search(index, "spring sale", today=DAY)] == ["now"]
    assert {p.id for p in search(index, "spring sale")} == {"old", "now"}
    assert search(index, "spring sale", today=date(2027, 1, 1)) == []


@pytest.mark.parametrize(
    ("question", "tongue"),
    [
        ("how long does delivery take", "english"),
        ("parcel", "english"),
        ("orderd 3 days ago wher is it", "english"),
        ("Wie lange dauert die Lieferung?", "foreign"),
        ("Berapa lama pengiriman ke rumah saya?", "foreign"),
        ("Сколько стоит доставка", "foreign"),
        ("👍", "english"),
    ],
)
def test_english_knowledge_tells_english_questions_from_others(
    shop: Index, question: str, tongue: str
) -> None:
    assert tongue_of(shop, question) == tongue


@pytest.mark.parametrize(
    ("question", "tongue"),
    [("wie lange dauert der versand", "own"), ("¿Cuánto tarda el envío?", "foreign")],
)
def test_other_knowledge_tells_its_own_language(question: str, tongue: str) -> None:
    assert tongue_of(build(LADEN), question) == tongue


def test_a_question_in_another_language_finds_the_entry() -> None:
    many = build([*SHOP, *(entry(9 + n, text) for n, text in enumerate(MORE))])
    assert found(many, "Kann ich die Bestellung zurückgeben?")[0][0] == "Can I return my order?"


MORE = ["Do you have gift cards?", "Can I pay by card?", "Is the shop open on Sunday?"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Where is my order??", "where is my order?"),
        ("pls hw do u ship", "please how do you ship?"),
        ("heeeelp!!!", "heelp?"),
        ("order 732201349959 late", "order number late?"),
        ("I can\u2019t log in", "i can't log in?"),
        ("5.50 € or 20%", "5 50 € or 20%?"),
        ("?!", ""),
    ],
)
def test_english_questions_are_written_one_way(text: str, written: str) -> None:
    assert as_question(text, english=True) == written


def test_chat_spelling_of_english_is_left_alone_elsewhere() -> None:
    assert as_question("Ty u mnie?", english=False) == "ty u mnie?"


def test_the_shipped_vectors_are_those_of_the_questions() -> None:
    shipped, asked = bank.load(), bank.questions()
    assert len(shipped.english) == len(shipped.world) == len(shipped.gist) == len(asked) > 500
    some = asked[::97]
    own = shipped.centre_english(english.encode(some))
    world = shipped.centre_world(meaning.vectors(some))
    assert (own * shipped.english[::97]).sum(axis=1).min() > 0.99
    assert (world * shipped.world[::97]).sum(axis=1).min() > 0.99


def test_the_shipped_vectors_stay_small() -> None:
    assert bank.VECTORS.stat().st_size < 2 * 1024 * 1024


def test_the_regression_tells_entries_from_each_other_and_from_none() -> None:
    generator = np.random.default_rng(5)
    middles = generator.normal(size=(4, 24)).astype(np.float32)
    owners = np.repeat(np.arange(3), 5)
    rows = middles[owners] + 0.3 * generator.normal(size=(15, 24)).astype(np.float32)
    generic = middles[3] + 0.3 * generator.normal(size=(30, 24)).astype(np.float32)
    weights = classifier.train(rows, owners, 3, generic.astype(np.float32))
    assert (middles @ weights).argmax(axis=1).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("caution", ["careful", "balanced", "bold"])
def test_an_offer_asks_for_less_than_an_answer(caution: str) -> None:
    assert 0 < calibration.OFFERS[caution] < calibration.THRESHOLDS[caution] < 1


def test_scores_fall_along_the_ranking(shop: Index) -> None:
    for question in ASKED:
        scores = [score for _, score in found(shop, question)]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)


@pytest.mark.parametrize(
    ("text", "likeliest"),
    [("how do i get my money back", "en"), ("bagaimana cuaca hari ini di kota", "id"), ("4 2", "")],
)
def test_the_likeliest_language_comes_first(text: str, likeliest: str) -> None:
    assert next(iter(chances(text)), "") == likeliest


def test_the_languages_of_knowledge_leave_strays_out() -> None:
    texts = ["Where is the shop?"] * 30 + ["Wo ist der Laden?"] * 5 + ["¿Dónde está?"]
    assert languages_of(texts) == {"en", "de"}


def test_meanings_are_compared_within_a_language_and_across() -> None:
    alike = meaning.similarity(
        ["Where is my parcel?"], ["When does my package come?", "Do you sell tea?"], language="en"
    )
    assert alike[0, 0] > alike[0, 1] + 0.2
    across = meaning.similarity(["Where is my parcel?"], ["Wo ist mein Paket?", "Guten Appetit"])
    assert across[0, 0] > across[0, 1] + 0.2


def test_more_entries_than_a_regression_takes_are_searched_without() -> None:
    many = [entry(100 + n, f"What does part number {n} cost?") for n in range(MOST_LEARNED)]
    index = build([*SHOP, *many])
    assert not len(index.held["classes"])
    assert found(index, "how many days until my parcel arrives")[0][0] == SHOP[0].title
