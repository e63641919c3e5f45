from types import SimpleNamespace

import pytest

from AI_model.providers.base import Passage
from AI_model.replies.outcomes import (
    LONGEST_MOVE,
    Thresholds,
    choose,
    is_terse,
    product_thresholds,
    thresholds_of,
)

AT = Thresholds(answer=0.7, offer=0.4, careful=0.8)


def entry(name: str, score: float, title: str = "", says: str = "…") -> Passage:
    return Passage(name, "entry", title or f"About {name}", "…", answer=says, score=score)


def text(name: str, score: float) -> Passage:
    return Passage(name, "text", f"Part {name}", "…", score=score)


CLEAR = [entry("a", 0.9), entry("b", 0.72), entry("c", 0.5)]
TIED = [entry("a", 0.9, says="Six."), entry("b", 0.88, says="Ten."), entry("c", 0.8, says="No.")]
SAME = [entry("a", 0.9, says="Six."), entry("b", 0.89, says="Six.")]
UNCLEAR = [entry("a", 0.6), entry("b", 0.5), entry("c", 0.3), entry("d", 0.3)]


@pytest.mark.parametrize(
    ("passages", "options", "kind", "ids"),
    [
        (CLEAR, {}, "answer", "ab"),
        ([entry("a", 0.7), entry("b", 0.6)], {}, "answer", "a"),
        ([text("t", 0.75), entry("a", 0.6)], {}, "answer", "t"),
        (UNCLEAR, {}, "offer", "abc"),
        (UNCLEAR, {"offers_allowed": False}, "hand_over", ""),
        (UNCLEAR, {"just_offered": True}, "hand_over", ""),
        (CLEAR, {"just_offered": True}, "answer", "ab"),
        ([entry("a", 0.4), entry("b", 0.2)], {}, "offer", "ab"),
        ([entry("a", 0.39), entry("b", 0.38)], {}, "hand_over", ""),
        ([entry("a", 0.6), entry("b", 0.05)], {}, "offer", "ab"),
        ([entry("a", 0.6), entry("b", 0.03)], {}, "hand_over", ""),
        ([entry("a", 0.6)], {}, "hand_over", ""),
        ([text("t", 0.6), entry("a", 0.5), entry("b", 0.4)], {}, "offer", "ab"),
        ([text("t", 0.6), text("u", 0.5)], {}, "hand_over", ""),
        (
            [entry("a", 0.6, "Is it open?"), entry("b", 0.5, "is it  open?")],
            {},
            "hand_over",
            "",
        ),
        (
            [entry("a", 0.6, "Open?"), entry("b", 0.5, "open?"), entry("c", 0.4, "Price?")],
            {},
            "offer",
            "ac",
        ),
        ([], {}, "hand_over", ""),
        (TIED, {}, "answer", "abc"),
        (TIED, {"ties_offered": True}, "offer", "ab"),
        (TIED, {"ties_offered": True, "just_offered": True}, "answer", "abc"),
        (TIED, {"ties_offered": True, "offers_allowed": False}, "answer", "abc"),
        (CLEAR, {"ties_offered": True}, "answer", "ab"),
        (SAME, {"ties_offered": True}, "answer", "ab"),
        ([text("t", 0.9), *TIED], {"ties_offered": True}, "answer", "tabc"),
        ([text("t", 0.9), *UNCLEAR], {"terse": True}, "offer", "abc"),
        ([text("t", 0.9), *UNCLEAR], {"terse": True, "just_offered": True}, "answer", "t"),
        ([text("t", 0.9), entry("a", 0.3)], {"terse": True}, "answer", "t"),
        (CLEAR, {"terse": True}, "answer", "ab"),
        (CLEAR, {"angry": True}, "answer", "a"),
        ([entry("a", 0.84), entry("b", 0.72)], {"angry": True}, "hand_over", ""),
        (UNCLEAR, {"angry": True}, "hand_over", ""),
    ],
)
def test_what_is_found_decides_what_happens(
    passages: list[Passage], options: dict[str, bool], kind: str, ids: str
) -> None:
    as_usual = {"offers_allowed": True, "just_offered": False, "angry": False}
    choice = choose(passages=passages, thresholds=AT, **{**as_usual, **options})
    assert (choice.kind, "".join(passage.id for passage in choice.passages)) == (kind, ids)


def test_a_business_starts_with_the_products_thresholds() -> None:
    answer, offer = product_thresholds()
    for caution in ("careful", "balanced", "bold"):
        found = thresholds_of(SimpleNamespace(caution=caution, calibration={}))
        assert found == Thresholds(answer[caution], offer[caution], answer["careful"])
        assert found.offer < found.answer


def test_its_own_judged_answers_move_them_but_never_far() -> None:
    answer, _ = product_thresholds()
    own = {"answer": {"balanced": answer["balanced"] + 0.05, "careful": 0.0}, "judged": 60}
    found = thresholds_of(SimpleNamespace(caution="balanced", calibration=own))
    assert found.answer == pytest.approx(answer["balanced"] + 0.05)
    assert found.careful == pytest.approx(answer["careful"] - LONGEST_MOVE)


def test_an_angry_customer_gets_only_what_a_careful_business_would_say() -> None:
    bold = thresholds_of(SimpleNamespace(caution="bold", calibration={}))
    careful = thresholds_of(SimpleNamespace(caution="careful", calibration={}))
    assert bold.needed(angry=True) == careful.needed(angry=True) > careful.answer


@pytest.mark.parametrize(
    ("question", "terse"),
    [
        ("delivery", True),
        ("Lieferung Norwegen", True),
        ("доставка", True),
        ("how much is it", False),
        ("配送料はいくらですか", False),
        ("", False),
    ],
)
def test_a_word_or_two_ask_nothing_yet(question: str, terse: bool) -> None:
    assert is_terse(question) is terse
