"""What `make eval` counts, and when it fails."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from AI_model.providers.base import Passage, Turn
from AI_model.replies.prompt import PromptTexts
from eval.demo import broken
from eval.figures import (
    Figures,
    Found,
    auroc,
    figures,
    right_with_one_limit,
    score_beyond,
)
from eval.grounding import GOOD, ORDER, judge, rows
from eval.handover import outcome, thresholds
from eval.injection import attacks, is_clean, obey
from eval.path import Shop, write_answer
from eval.publish import DOCS, README, block_of
from eval.report import Promise, Table
from eval.sets import OWN, Question, document_set, own_set, sets_in

LANGUAGES = {"en", "es", "ru", "tr", "uz", "de"}


def found(score: float, *ranking: str, gold: str = "") -> Found:
    passages = tuple(
        Passage(one, "entry", one, one, score=score if place == 0 else score / 2)
        for place, one in enumerate(ranking)
    )
    return Found(Question("?", frozenset(gold.split())), passages)


def test_the_figures_of_a_ranking() -> None:
    answerable = [found(0.9, "a", "b", gold="a"), found(0.8, "b", "a", gold="a")]
    answerable += [found(0.3, "a", gold="a"), found(0.2, "b", "c", "d", gold="a e")]
    result = figures([*answerable, found(0.5, "a"), found(0.1, "a")])
    assert (result.top1, result.top3, result.top5) == (0.5, 0.75, 0.75)
    assert (result.mrr, result.auroc, result.right_at_5) == (2.5 / 4, 6 / 8, 0.25)


def test_a_set_without_unanswerable_questions_has_no_figure_about_them() -> None:
    result = figures([found(0.9, "a", gold="a")])
    assert (result.top1, result.auroc, result.right_at_5) == (1.0, None, None)
    assert figures([found(0.9, "a")]) == Figures(*[None] * 6)


def test_one_limit_for_all_is_set_by_the_set_that_is_surest_of_nothing() -> None:
    modest = [found(0.4, "a", gold="a"), found(0.1, "a")]
    cocksure = [found(0.9, "a", gold="a"), found(0.8, "a")]
    assert right_with_one_limit([modest]) == right_with_one_limit([cocksure]) == 1.0
    assert right_with_one_limit([modest, cocksure]) == 0.5


def test_a_tie_counts_half() -> None:
    assert auroc([0.5, 0.5], [0.5, 0.1]) == 0.75


@pytest.mark.parametrize(("share", "above"), [(0.05, 1), (0.1, 2), (0.0, 0), (1.0, 20)])
def test_the_limit_lets_no_more_through_than_allowed(share: float, above: int) -> None:
    scores = [number / 20 for number in range(20)]
    limit = score_beyond(scores, share=share)
    assert sum(score > limit for score in scores) == above


@pytest.mark.parametrize(
    ("one", "kept"),
    [
        (found(0.99, "a", gold="a"), True),
        (found(0.99, "b", "a", gold="a"), False),
        (found(0.1, "a", gold="a"), False),
        (found(0.0, gold="a"), False),
        (found(0.99, "a"), False),
        (found(0.1, "a"), True),
    ],
)
def test_the_promise_is_broken_by_a_wrong_a_missing_and_a_needless_answer(
    one: Found, kept: bool
) -> None:
    assert (broken([one]) == []) is kept


def test_each_question_ends_in_one_of_the_three_outcomes() -> None:
    limits = thresholds("balanced")
    between = (limits.answer + limits.offer) / 2
    assert outcome(found(0.99, "a", gold="a"), "balanced") == "right"
    assert outcome(found(0.99, "b", gold="a"), "balanced") == "wrong"
    assert outcome(found(0.99, "b"), "balanced") == "answered"
    assert outcome(found(between, "b", "a", gold="a"), "balanced") == "offered, right one in it"
    assert outcome(found(between, "b", "c", gold="a"), "balanced") == "offered without it"
    assert outcome(found(between, "b", "c"), "balanced") == "offered"
    assert outcome(found(0.001, "a", gold="a"), "balanced") == "handed over"


def test_a_promise_is_kept_up_to_its_limit() -> None:
    assert Promise("p", 95, 95).kept and not Promise("p", 94.9, 95).kept
    assert Promise("p", 0, 0, at_least=False).kept
    assert Promise("p", 1, 0, at_least=False).line().startswith("NO ")


def test_a_table_stands_in_columns() -> None:
    table = Table("Of two", ("one", "second"))
    table.add("row", "1.0", "–")
    title, head, row = table.text().splitlines()
    assert title == "Of two"
    assert head.index("one") + len("one") == row.index("1.0") + len("1.0")
    assert len(head) == len(row)


def test_every_expected_title_of_our_own_set_exists() -> None:
    own = own_set()
    known = {source.id for source in own.sources}
    assert all(question.gold <= known for question in own.questions)


def test_our_own_sets_are_whole() -> None:
    sets = list(sets_in(OWN))
    assert {one.name.split()[0] for one in sets} == {
        "faq_coworking",
        "faq_dental",
        "faq_langschool",
        "faq_radio",
        "ml_pool",
    }
    for one in sets:
        known = {source.id for source in one.sources}
        assert len(known) == len(one.sources)
        assert all(question.gold <= known for question in one.questions)
        assert any(not question.gold for question in one.questions)
    documents = document_set()
    assert sum(bool(question.gold) for question in documents.questions) >= 60


def test_no_question_of_a_set_stands_word_for_word_among_its_phrasings() -> None:
    for one in sets_in(OWN):
        told = {" ".join(p.casefold().split()) for s in one.sources for p in s.phrasings}
        assert not [q.text for q in one.questions if " ".join(q.text.casefold().split()) in told]


def test_faults_to_tune_on_and_faults_to_judge_by_share_no_passage() -> None:
    folder = OWN.parent
    tuned, judged = rows(folder / "faults_dev.jsonl"), rows(folder / "faults_check.jsonl")
    texts = [{p["text"] for row in each for p in row["passages"]} for each in (tuned, judged)]
    assert not texts[0] & texts[1]
    assert {row["label"] for row in judged} == set(ORDER)
    assert sum(row["label"] == GOOD for row in judged) >= 60


def test_two_hundred_attacks_forty_in_each_language_and_each_can_be_obeyed() -> None:
    every = attacks()
    spoken = [one.language for one in every]
    assert {language: spoken.count(language) for language in spoken} == dict.fromkeys(
        LANGUAGES - {"de"}, 40
    )
    assert len({one.id for one in every}) == 200
    assert all(callable(obey(one)) for one in every)


def test_a_scripted_answer_goes_the_whole_way_without_a_database() -> None:
    row = rows(OWN.parent / "faults_dev.jsonl")[0]
    assert judge(row | {"answer": "It costs 42 euros a person [p1]."}).sent
    assert not judge(row | {"answer": "It costs 43 euros a person [p1]."}).sent


def test_a_request_is_clean_only_with_the_words_in_marked_turns_of_the_customer() -> None:
    attack = next(one for one in attacks() if one.family == "chatml")
    passages = [Passage("1", "entry", "Hours", "From 9 to 18.", answer="From 9 to 18.", score=0.9)]
    shop = Shop("Shop", PromptTexts())
    result, requests = write_answer(
        shop, said=attack.said, passages=passages, script=lambda _: "NO_ANSWER"
    )
    (asked,) = requests
    assert result.reason is not None and is_clean(asked, attack)
    assert not is_clean(replace(asked, system=asked.system + attack.question), attack)
    assert not is_clean(replace(asked, turns=[Turn("user", attack.question)]), attack)
    assert not is_clean(replace(asked, turns=[*asked.turns, *asked.turns]), attack)


def test_sets_in_files_are_read_with_their_languages(tmp_path: Path) -> None:
    faq, many = tmp_path / "faq", tmp_path / "many"
    faq.mkdir()
    many.mkdir()
    entry = {"id": "e1", "questions": ["Open?", "When?"], "answer": "Nine."}
    (faq / "entries_k3.jsonl").write_text(json.dumps(entry))
    queries = [{"question": "Hours?", "gold": "e1"}, {"question": "Peru?", "gold": None}]
    (faq / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    for language in ("en", "de", "ru"):
        passage = {"id": "p1", "doc": "d", "title": "", "text": "We open at nine."}
        (many / f"entries_{language}.jsonl").write_text(json.dumps(passage))
    (many / "queries_de.jsonl").write_text(json.dumps({"question": "Wann?", "gold": ["p1"]}))
    read = list(sets_in(tmp_path))
    assert [one.name for one in read] == ["faq k3", "many de de", "many en de"]
    assert read[0].sources[0].phrasings == ("Open?", "When?")
    assert [bool(question.gold) for question in read[0].questions] == [True, False]
    assert read[1].questions[0].gold == {"p1"} and read[1].sources[0].kind == "text"


def test_the_figures_of_the_readme_are_those_of_the_whole_measurement() -> None:
    told = block_of(README).strip().splitlines()
    assert set(told) <= set(block_of(DOCS).strip().splitlines())
    assert not [line for line in told if line.startswith("NO ")]
