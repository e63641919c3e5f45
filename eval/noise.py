"""The same questions with what people put around them: greetings, ids, addresses, a signature."""

from collections.abc import Sequence
from dataclasses import replace

from eval import handover
from eval.figures import Found, ask_all, figures
from eval.report import Table, percent
from eval.sets import OWN, Set, sets_in

FRAMES = (
    "{}  #90417",
    "Hey there, {}",
    "{} My customer number is 5530178.",
    "Good afternoon! {} Best wishes, Lena Orlova",
    "{} https://shop.example.org/item?ref=8812&lang=en",
    "Dear team, I have a question. {} Many thanks in advance!",
    "{} 🙂🙂🙂",
    "booking no. KX-20417, {}",
    "my name is Paul Brandt, {}",
    "{} My email is paul.brandt@example.org.",
    "Sorry to bother you, could you tell me: {} Thx",
    "{} (invoice 2026/00451)",
    "i am in a hurry!!! {} call me: +44 7700 900123",
    "so ... quick question, {} pls and thank you",
)
COLUMNS = ("top-1", "AUROC", "right", "wrong", "needless")
CAUTION = "balanced"


def framed(measured: Set) -> Set:
    """Each question in one of the frames."""
    questions = [
        replace(question, text=FRAMES[number % len(FRAMES)].format(question.text))
        for number, question in enumerate(measured.questions)
    ]
    return replace(measured, questions=questions)


def table(k: str) -> Table:
    """Of the four businesses with so many phrasings, at the default caution."""
    sets = [one for one in sets_in(OWN) if one.name.startswith("faq_") and one.name.endswith(k)]
    made = Table(f"Retrieval: what stands around a question ({k}, percent)", COLUMNS)
    _add(made, "questions alone", [found for one in sets for found in ask_all(one)])
    _add(made, "in greetings, ids, …", [found for one in sets for found in ask_all(framed(one))])
    return made


def _add(made: Table, name: str, found: Sequence[Found]) -> None:
    of, (inside, outside) = figures(found), handover.shares(found, CAUTION)
    answered = [inside.get("right", 0.0), inside.get("wrong", 0.0), outside.get("answered", 0.0)]
    made.add(name, percent(of.top1), percent(of.auroc), *map(percent, answered))
