from collections.abc import Sequence

import pytest

from accounts.models import Business
from AI_model.retrieval.index import build, fresh_units
from AI_model.retrieval.index import search as search_index
from AI_model.retrieval.language import guess_language
from AI_model.retrieval.search import search, threshold_for
from AI_model.retrieval.sources import MOST_WORDS, Source, entry_source, pair_sources, text_sources
from settings_app.services import delete_entry, save_entry, save_prompts


def entries(*questions: str) -> list[Source]:
    return [
        entry_source(entry_id=str(n), question=question, phrasings=[], answer=f"Answer {n}")
        for n, question in enumerate(questions)
    ]


SHOP = entries(
    "How long does delivery take?",
    "Can I return my order?",
    "Where is your shop?",
    "Do you repair bikes?",
)


def first(sources: Sequence[Source], question: str) -> str:
    return search_index(build(sources), question)[0].title


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("how many days until my parcel arrives", "How long does delivery take?"),
        ("CAN I RETRUN MY ORDR", "Can I return my order?"),
        ("¿Dónde está la tienda?", "Where is your shop?"),
        ("Repariert ihr Fahrräder?", "Do you repair bikes?"),
        ("Можно вернуть заказ?", "Can I return my order?"),
    ],
)
def test_the_entry_is_found_in_other_words_with_typos_and_in_other_languages(
    question: str, title: str
) -> None:
    assert first(SHOP, question) == title


def test_a_word_that_stands_only_in_an_answer_helps() -> None:
    twins = [
        Source(
            "a", "entry", "Delivery A", "We send to Chile.", "We send to Chile.", ("Where to?",)
        ),
        Source(
            "b", "entry", "Delivery B", "We send to Norway.", "We send to Norway.", ("Where to?",)
        ),
    ]
    assert first(twins, "where to in norway") == "Delivery B"


@pytest.mark.parametrize("question", ["", "   ", "\n"])
def test_an_empty_question_finds_nothing(question: str) -> None:
    assert search_index(build(SHOP), question) == []


def test_an_empty_index_finds_nothing() -> None:
    assert search_index(build([]), "anything") == []


@pytest.mark.parametrize("question", ["?!…", "👍", "x" * 50_000, "\x00", "a"])
def test_odd_questions_are_ranked_and_unsure(question: str) -> None:
    found = search_index(build(SHOP), question)
    assert all(0 <= passage.score < threshold_for("bold") for passage in found)


def test_the_ranking_is_sorted_and_limited() -> None:
    found = search_index(build(SHOP), "can you repair my bike", limit=3)
    scores = [passage.score for passage in found]
    assert len(found) == 3
    assert scores == sorted(scores, reverse=True)


def test_more_caution_asks_for_more() -> None:
    assert threshold_for("careful") > threshold_for("balanced") > threshold_for("bold")


def test_known_vectors_spare_the_encoder_and_change_nothing() -> None:
    fresh = build(SHOP)
    assert fresh_units(SHOP, fresh.known_vectors()) == []
    again = build(SHOP, fresh.known_vectors())
    assert fresh.facts() == again.facts()
    for name, array in fresh.arrays().items():
        assert (array == again.arrays()[name]).all(), name


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("Q: One?\nA: 1", [(("One?",), "1")]),
        (
            "q. One?\nQ: Uno?\na: 1\n and more\n\nQ: Two?\nA: 2",
            [(("One?", "Uno?"), "1\n and more"), (("Two?",), "2")],
        ),
        ("**Q:** One?\n**A:** 1", [(("One?",), "1")]),
        ("1) Q: One?\n   A: 1", [(("One?",), "1")]),
        ("Question 1: One?\nAnswer 1:\n1", [(("One?",), "1")]),
        ("Frage: Eins?\nAntwort: 1", [(("Eins?",), "1")]),
        ("Q: ¿Uno?\nA: 1\na) or two", [(("¿Uno?",), "1\na) or two")]),
        ("Q:\nA: 1", []),
        ("Q: One?\nA:\nQ: Two?\nA: 2", [(("Two?",), "2")]),
        ("Q: One?\nQ: Two?", []),
        ("A: 1\nno questions here", []),
        ("", []),
    ],
)
def test_question_and_answer_pairs_are_read_as_people_write_them(
    text: str, pairs: list[tuple[tuple[str, ...], str]]
) -> None:
    assert [(source.phrasings, source.answer) for source in pair_sources(text)] == pairs


def test_a_text_is_cut_along_its_headings() -> None:
    text = (
        "Intro.\n\n# Delivery\n\n## Abroad\n\nNorway too.\n\n"
        "Prices\n------\n\nFive euros.\n\n# Returns\n\nYes."
    )
    found = [(source.title, source.text) for source in text_sources(text, title="Company")]
    assert found == [
        ("Company", "Intro."),
        ("Company / Delivery / Abroad", "Norway too."),
        ("Company / Delivery / Prices", "Five euros."),
        ("Company / Returns", "Yes."),
    ]


@pytest.mark.parametrize(
    "text",
    ["One sentence of six words here. " * 100, "word " * 900, "x" * 9_000, "句子很长。" * 600],
)
def test_long_paragraphs_are_cut_and_nothing_is_lost(text: str) -> None:
    found = text_sources(text, title="T")
    assert "".join("".join(s.text for s in found).split()) == "".join(text.split())
    assert all(len(source.text.split()) <= MOST_WORDS + 100 for source in found)
    assert all(len(source.text) <= MOST_WORDS * 10 for source in found)
    assert len(found) > 2


def test_short_paragraphs_stay_together() -> None:
    text = "\n\n".join(["ten words " * 5] * 20)
    assert 2 <= len(text_sources(text, title="T")) <= 4


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What are your opening hours?", "en"),
        ("Wie lange dauert die Lieferung?", "de"),
        ("Combien coûte la livraison ?", "fr"),
        ("¿Hacen envíos a Noruega?", "es"),
        ("Сколько стоит доставка?", "ru"),
        ("配送にどのくらいかかりますか", "ja"),
        ("ok", ""),
        ("", ""),
        ("1234 ???", ""),
    ],
)
def test_a_language_is_guessed_only_when_the_text_says_so(text: str, language: str) -> None:
    assert guess_language(text) == language


def test_a_change_of_knowledge_shows_in_the_next_search(business: Business) -> None:
    entry = save_entry(business=business, question="Do you repair bikes?", answer="Yes.")
    assert search(business_id=business.pk, question="repair my bike")[0].id == entry.pk
    save_entry(business=business, entry=entry, question="Do you repair bikes?", answer="No.")
    assert search(business_id=business.pk, question="repair my bike")[0].answer == "No."
    delete_entry(entry=entry)
    assert search(business_id=business.pk, question="repair my bike") == []


def test_an_entry_out_of_use_is_not_found(business: Business) -> None:
    save_entry(business=business, question="Open?", answer="Yes.", is_active=False)
    assert search(business_id=business.pk, question="Open?") == []


def test_the_prompts_texts_are_searched_too(business: Business) -> None:
    save_prompts(
        business=business,
        texts={
            "question_answer": "Q: Do you sell gift cards?\nA: Yes.",
            "product_service": "# Bikes\n\nThe Quay weighs 16 kg and has eight gears.",
            "manual_prompt": "Never mention giraffes.",
        },
    )
    found = search(business_id=business.pk, question="gift cards")
    assert found[0].answer == "Yes."
    quay = search(business_id=business.pk, question="How much does the Quay weigh?")[0]
    assert (quay.kind, quay.title) == ("text", "Products and services / Bikes")
    assert not any("giraffes" in passage.text for passage in found)


def test_one_business_never_finds_anothers_knowledge(
    business: Business, other_business: Business
) -> None:
    save_entry(business=other_business, question="What is the secret recipe?", answer="Salt.")
    save_entry(business=business, question="Do you repair bikes?", answer="Yes.")
    found = search(business_id=business.pk, question="What is the secret recipe?")
    assert [passage.answer for passage in found] == ["Yes."]
