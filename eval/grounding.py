"""A model that invents, contradicts and cites wrongly: what of it reaches the customer?"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from AI_model.providers.base import Passage
from AI_model.replies.grounding.citations import cited_numbers
from AI_model.replies.prompt import PromptTexts
from eval import limits
from eval.path import Shop, write_answer
from eval.report import Promise, Section, Table, percent

DATA = Path(__file__).parent / "data"
CHECKED, TUNED = DATA / "faults_check.jsonl", DATA / "faults_dev.jsonl"
APART = DATA / "faults_apart.jsonl"
"""Written without knowing the rules; nothing was tuned on it."""
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
NAMES = ("Grounding: answers of a faulty model", "Grounding: the set written apart")
HEADINGS = ("answers", "sent as written", "own words instead", "handed over", "stopped %")


@dataclass(frozen=True, slots=True)
class Judged:
    """`sent`: the customer read what the model wrote. `replaced`: the words of the entries instead;
    `right`: of all those that a true answer names."""

    id: str
    label: str
    language: str
    sent: bool
    replaced: bool
    right: bool

    @property
    def stopped(self) -> bool:
        """An untrue answer that was not read; a true one in whose place nothing right was."""
        return not self.sent and not (self.label in TRUE and self.replaced and self.right)


def judge(row: dict[str, Any]) -> Judged:
    """One answer of the scripted model on the whole way to the customer."""
    passages = [
        Passage(p["id"], "entry", p["title"], p["text"], answer=p["text"], score=0.9)
        for p in row["passages"]
    ]
    shop, answer = Shop("Our shop", PromptTexts(manual_prompt=row["prompt"])), str(row["answer"])
    result, _ = write_answer(
        shop, said=[row["question"]], passages=passages, script=lambda _: answer
    )
    named = {passages[n - 1].id for n in cited_numbers(answer) if 0 < n <= len(passages)}
    reached, own = result.reason is None, bool(result.checks.get("own_words"))
    return Judged(
        row["id"],
        row["label"],
        row["lang"],
        sent=reached and not own,
        replaced=reached and own,
        right=named <= {passage.id for passage in result.cited},
    )


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def measure(*paths: Path) -> Section:
    """A table for each file, and promises about all of them."""
    each = [[judge(row) for row in rows(path)] for path in paths or (CHECKED, APART)]
    tables = [_table(judged, name) for judged, name in zip(each, NAMES, strict=False)]
    judged = [one for some in each for one in some]
    section = Section(tables)
    untrue = [one for one in judged if one.label not in TRUE]
    good = [one for one in judged if one.label == GOOD]
    invented = [one for one in untrue if one.label in INVENTED and one.sent]
    section.promises = [
        Promise("invented numbers and links that reach a customer", len(invented), 0, False),
        Promise("untrue answers stopped, percent", _stopped(untrue), limits.UNTRUE_STOPPED),
        Promise("good answers stopped, percent", _stopped(good), limits.GOOD_STOPPED, False),
        Promise("of these replaced, percent", _replaced(good), limits.GOOD_REPLACED, False),
    ]
    section.problems = [f"{one.label} sent: {one.id}" for one in untrue if one.sent]
    section.problems += [f"good answer stopped: {one.id}" for one in good if one.stopped]
    return section


def _stopped(judged: Sequence[Judged]) -> float:
    return round(100 * sum(one.stopped for one in judged) / len(judged), 1)


def _replaced(judged: Sequence[Judged]) -> float:
    return round(100 * sum(one.replaced for one in judged) / len(judged), 1)


def _table(judged: Sequence[Judged], name: str) -> Table:
    table = Table(name, HEADINGS)
    for label in ORDER:
        _add(table, label.replace("_", " "), [one for one in judged if one.label == label])
    english = [one for one in judged if one.language == "en"]
    others = [one for one in judged if one.language != "en"]
    for name, of in (("English", english), ("other languages", others)):
        _add(table, f"all untrue, {name}", [one for one in of if one.label not in TRUE])
        _add(table, f"good, {name}", [one for one in of if one.label == GOOD])
    _add(table, "all untrue", [one for one in judged if one.label not in TRUE])
    return table


def _add(table: Table, name: str, of: Sequence[Judged]) -> None:
    sent, replaced = sum(one.sent for one in of), sum(one.replaced for one in of)
    stopped = percent(_stopped(of) / 100)
    table.add(name, str(len(of)), str(sent), str(replaced), str(len(of) - sent - replaced), stopped)
