"""A model that invents, contradicts and cites wrongly: what of it reaches the customer?"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from AI_model.providers.base import Passage
from AI_model.replies.prompt import PromptTexts
from eval import limits
from eval.path import Shop, write_answer
from eval.report import Promise, Section, Table, percent

DATA = Path(__file__).parent / "data"
FILE, TUNED = DATA / "faults_check.jsonl", DATA / "faults_dev.jsonl"
GOOD = "good"
TRUE = (GOOD, "no_citation")
"""What may be sent. Whether an answer that names no passage is, is told, but not promised."""
INVENTED = ("invented_number", "invented_link")
ORDER = (
    "good",
    "invented_number",
    "invented_link",
    "contradiction",
    "unsupported",
    "partial",
    "wrong_citation",
    "no_citation",
    "transfer_claim",
)


@dataclass(frozen=True, slots=True)
class Judged:
    """`sent`: the customer read it."""

    id: str
    label: str
    language: str
    sent: bool


def judge(row: dict[str, Any]) -> Judged:
    """One answer of the scripted model on the whole way to the customer."""
    passages = [
        Passage(p["id"], "entry", p["title"], p["text"], answer=p["text"], score=0.9)
        for p in row["passages"]
    ]
    shop = Shop("Our shop", PromptTexts(manual_prompt=row["prompt"]))
    said = [row["question"]]
    result, _ = write_answer(
        shop, said=said, passages=passages, script=lambda _: str(row["answer"])
    )
    return Judged(row["id"], row["label"], row["lang"], sent=result.reason is None)


def rows(path: Path = FILE) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def measure(path: Path = FILE) -> Section:
    judged = [judge(row) for row in rows(path)]
    section = Section([_table(judged)])
    untrue = [one for one in judged if one.label not in TRUE]
    good = [one for one in judged if one.label == GOOD]
    invented = [one for one in untrue if one.label in INVENTED and one.sent]
    section.promises = [
        Promise("invented numbers and links that reach a customer", len(invented), 0, False),
        Promise("untrue answers stopped, percent", _stopped(untrue), limits.UNTRUE_STOPPED),
        Promise("good answers stopped, percent", _stopped(good), limits.GOOD_STOPPED, False),
    ]
    section.problems = [f"{one.label} sent: {one.id}" for one in untrue if one.sent]
    section.problems += [f"good answer stopped: {one.id}" for one in good if not one.sent]
    return section


def _stopped(judged: Sequence[Judged]) -> float:
    return round(100 * sum(not one.sent for one in judged) / len(judged), 1)


def _table(judged: Sequence[Judged]) -> Table:
    table = Table(
        "Grounding: answers of a faulty model", ("answers", "reach the customer", "stopped %")
    )
    for label in ORDER:
        of = [one for one in judged if one.label == label]
        sent = sum(one.sent for one in of)
        table.add(label.replace("_", " "), str(len(of)), str(sent), percent(1 - sent / len(of)))
    english = [one for one in judged if one.language == "en" and one.label not in TRUE]
    others = [one for one in judged if one.language != "en" and one.label not in TRUE]
    for name, of in (("all untrue, English", english), ("all untrue, other languages", others)):
        sent = sum(one.sent for one in of)
        table.add(name, str(len(of)), str(sent), percent(1 - sent / len(of)))
    return table
