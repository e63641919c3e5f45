"""What `make eval` counts, and when it fails."""

import json
from pathlib import Path

import pytest

from eval.__main__ import broken
from eval.figures import Found, auroc, figures, score_beyond
from eval.sets import Question, own_set, sets_in


def found(score: float, *ranking: str, gold: str = "") -> Found:
    return Found(Question("?", frozenset(gold.split())), ranking, score)


def test_the_figures_of_a_ranking() -> None:
    answerable = [found(0.9, "a", "b", gold="a"), found(0.8, "b", "a", gold="a")]
    answerable += [found(0.3, "a", gold="a"), found(0.2, "b", "c", "d", gold="a e")]
    result = figures([*answerable, found(0.5, "a"), found(0.1, "a")])
    assert (result.top1, result.top3) == (0.5, 0.75)
    assert (result.auroc, result.right_at_5) == (6 / 8, 0.25)


def test_a_set_without_unanswerable_questions_has_no_figure_about_them() -> None:
    result = figures([found(0.9, "a", gold="a")])
    assert (result.top1, result.auroc, result.right_at_5) == (1.0, None, None)


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
        (found(0.9, "a", gold="a"), True),
        (found(0.9, "b", "a", gold="a"), False),
        (found(0.5, "a", gold="a"), False),
        (found(0.0, gold="a"), False),
        (found(0.9, "a"), False),
        (found(0.5, "a"), True),
    ],
)
def test_the_promise_is_broken_by_a_wrong_a_missing_and_a_needless_answer(
    one: Found, kept: bool
) -> None:
    assert (broken([one]) == []) is kept


def test_every_expected_title_of_our_own_set_exists() -> None:
    own = own_set()
    known = {source.id for source in own.sources}
    assert all(question.gold <= known for question in own.questions)


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
