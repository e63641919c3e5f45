"""Which answer belongs to which question, what is hidden in them, and what asks the same."""

from random import Random

import numpy as np
import pytest

from AI_model.learning.grouping import Group, find_group, is_same
from AI_model.learning.pairing import Line, answer_in, is_holding, pair_up, question_in
from AI_model.learning.private import hide, is_of_one_case, without_names
from AI_model.learning.wordings import MOST_PHRASINGS, distinct, wording


def talk(*lines: str) -> list[Line]:
    """`c: …` = the customer, `p: …` = a person."""
    speakers = {"c": "customer", "p": "person"}
    return [
        Line(str(n), speakers[line[0]], line[3:])  # type: ignore[arg-type]
        for n, line in enumerate(lines)
    ]


ICELAND = "Do you ship to Iceland?"
NINE = "Yes, within nine days."


@pytest.mark.parametrize(
    ("lines", "pairs"),
    [
        (["c: Do you ship to Iceland?", "p: Yes, within nine days."], [(ICELAND, NINE)]),
        (["c: Do you ship to Iceland?"], []),
        (["p: Yes, within nine days."], []),
        (
            ["c: Hello!", f"c: {ICELAND}", "p: Hi! One moment please", "c: ok", f"p: {NINE}"],
            [(ICELAND, NINE)],
        ),
        (
            [f"c: {ICELAND}", "p: Yes, within nine days.", "p: It costs 12 euros."],
            [(ICELAND, f"{NINE}\nIt costs 12 euros.")],
        ),
        ([f"c: {ICELAND}", f"p: {NINE} Anything else?"], [(ICELAND, NINE)]),
        (
            [f"c: {ICELAND}", "p: Which town do you mean?", "c: Akureyri", f"p: {NINE}"],
            [(ICELAND, NINE)],
        ),
        (
            ["c: Are you open on Sunday? Hm.", f"c: {ICELAND}", f"p: {NINE}"],
            [(ICELAND, NINE)],
        ),
        (
            [f"c: {ICELAND}", f"p: {NINE}", "c: and to Greenland?", "p: The same, twelve days."],
            [(ICELAND, NINE)],
        ),
        (
            [f"c: {ICELAND}", f"p: {NINE}", "c: Can I pay with cash?", "p: No, cards only."],
            [(ICELAND, NINE), ("Can I pay with cash?", "No, cards only.")],
        ),
        (
            [f"c: {ICELAND}", f"p: {NINE}", "c: I live there", "p: A nice place it is."],
            [(ICELAND, NINE)],
        ),
        ([f"c: {ICELAND}", "p: Yes"], []),
        (["c: thanks", f"p: {NINE}"], []),
        ([f"c: Hello Mr Brown, {ICELAND}", f"p: Hi Ana! {NINE}"], [(ICELAND, NINE)]),
        ([f"c: {ICELAND}", f"p: Hallo Frau Silva, {NINE}"], [(ICELAND, NINE)]),
        (["c: I want to talk to a human", f"p: {NINE}"], []),
        (
            ["c: 冰岛能送货吗？", "p: 请稍等", "p: 可以,九天之内送到。"],
            [("冰岛能送货吗？", "可以,九天之内送到。")],
        ),
    ],
)
def test_a_question_is_paired_with_the_answer_that_follows(
    lines: list[str], pairs: list[tuple[str, str]]
) -> None:
    assert [(pair.question, pair.answer) for pair in pair_up(talk(*lines))] == pairs


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_said_each_answer_is_used_once_and_stands_after_its_question(
    seed: int,
) -> None:
    chance = Random(seed)
    words = [
        ICELAND,
        NINE,
        "ok",
        "Hello!",
        "One moment please",
        "Why?",
        "",
        "!?",
        "🙂",
        "一二三四五",
    ]
    lines = talk(*(f"{chance.choice('cp')}: {chance.choice(words)}" for _ in range(20)))
    by_id = {line.id: n for n, line in enumerate(lines)}
    pairs = pair_up(lines)
    places = [by_id[pair.answer_id] for pair in pairs]
    assert places == sorted(set(places))
    for pair, place in zip(pairs, places, strict=True):
        assert lines[place].speaker == "person" and pair.question and pair.answer
        said = [line.text for line in lines[:place] if line.speaker == "customer"]
        assert any(pair.question in text for text in said)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("One moment please", True),
        ("Let me check that for you", True),
        ("Einen Moment bitte", True),
        ("Сейчас уточню", True),
        ("Bir dakika", True),
        ("少々お待ちください", True),
        ("The first minute is free, and then it costs two euros for each hour of the day.", False),
        ("We open at 9, one moment", False),
        ("No, only cards.", False),
    ],
)
def test_a_promise_to_answer_is_no_answer(text: str, holds: bool) -> None:
    assert is_holding(text) is holds
    assert (answer_in([text]) == "") is holds


def test_a_long_question_is_cut_between_words() -> None:
    asked = question_in(["why " * 400 + "?"])
    assert 490 < len(asked) <= 500 and asked.endswith("why")


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Where is my order 48213?", "Where is my order [number]?"),
        ("Wo ist meine Bestellung Nr. A-4711?", "Wo ist meine Bestellung Nr. [number]?"),
        ("Call me at +49 170 1234567", "Call me at [phone]"),
        ("write to ana.silva@example.com please", "write to [email] please"),
        ("My IBAN is DE89 3704 0044 0532 0130 00", "My IBAN is [number]"),
        ("Deliver to 12 Baker Street?", "Deliver to [address]?"),
        ("Liefern Sie in die Musterstraße 5?", "Liefern Sie in die [address]?"),
        ("RR123456789DE is late", "[number] is late"),
        ("Ana Silva here, are you open?", "[name] here, are you open?"),
        ("my name is Tom Brown", "my name is [name]"),
        ("I'm Tom. Are you open?", "I'm [name]. Are you open?"),
        ("Do you open at 10:30 on 24.12.2026?", "Do you open at 10:30 on 24.12.2026?"),
        ("Does it cost 1,500 euros?", "Does it cost 1,500 euros?"),
        ("Is the iPhone 15 in stock?", "Is the iPhone 15 in stock?"),
        ("I'm late, can I still come?", "I'm late, can I still come?"),
    ],
)
def test_what_tells_who_somebody_is_is_hidden(text: str, hidden: str) -> None:
    assert hide(text, names=["Ana Silva"]) == hidden
    assert hide(hidden, names=["Ana Silva"]) == hidden, "hidden once, hidden for good"


def test_a_name_that_is_an_everyday_word_is_hidden_as_a_whole_only() -> None:
    assert without_names("Will Smith, will you ship?", ["Will Smith"]) == ", will you ship?"


@pytest.mark.parametrize(
    ("answer", "is_theirs"),
    [
        ("Yes, within nine days.", False),
        ("Your parcel RR123456789DE is on its way.", True),
        ("Your order 48213 was sent.", True),
        ("We wrote to ana@example.com.", True),
        ("Write to shop@example.com or call +49 30 1234567.", False),
        ("We sent it to 12 Baker Street.", True),
        ("Come to 3 Main Street, it costs 15 euros.", False),
    ],
)
def test_an_answer_about_one_customers_matter_is_no_entry(answer: str, is_theirs: bool) -> None:
    told = "I am ana@example.com, I live at 12 Baker Street"
    assert is_of_one_case(answer, told=told) is is_theirs


def row(*numbers: float) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    found = np.array(numbers, dtype=np.float32)
    return np.asarray(found / np.linalg.norm(found), dtype=np.float32)


def group(name: str, state: str, question: object, answer: object) -> Group:
    return Group(name, state, np.stack([question]), answer)  # type: ignore[arg-type,list-item]


X, Y = row(1, 0), row(0, 1)
NEARLY = row(1, 0.1)


@pytest.mark.parametrize(
    ("questions", "answers", "same"),
    [(0.9, 0.5, True), (0.9, 0.1, False), (0.6, 0.9, True), (0.6, 0.5, False), (0.3, 1.0, False)],
)
def test_questions_decide_and_answers_where_they_are_unclear(
    questions: float, answers: float, same: bool
) -> None:
    assert is_same(questions, answers) is same


def test_the_closest_open_group_is_joined_and_a_rejected_one_wins_over_none() -> None:
    near, exact = group("near", "open", NEARLY, X), group("exact", "open", X, X)
    rejected = group("rejected", "rejected", X, Y)
    assert find_group([near, exact, rejected], X, X) is exact
    assert find_group([rejected], X, X) is rejected, "whatever the answer was"
    assert find_group([exact], X, Y) is None, "the same question, but quite another answer"
    assert find_group([exact], Y, X) is None
    assert find_group([], X, X) is None


def test_wordings_are_kept_once_and_not_too_many() -> None:
    assert distinct(["Open?", "open", " OPEN ! ", "", "Closed?"], but=["closed"]) == ["Open?"]
    assert len(distinct(map(str, range(99)))) == MOST_PHRASINGS
    assert wording("Öffnet ihr?") == wording("öffnet ihr")


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("We are open until nine, [name].", "We are open until nine."),
        ("[name], we are open until nine.", "We are open until nine."),
        ("Hi, [name] from the workshop. Frames have ten years.", "Frames have ten years."),
        ("We are open until nine.\n[name]", "We are open until nine."),
        ("Yes, come by at nine and ask for [name]. It takes an hour.", ""),
    ],
)
def test_who_is_sent_to_somebody_by_name_got_no_answer_for_everybody(
    written: str, answer: str
) -> None:
    assert answer_in([written]) == answer
