"""One answer against what it was written from: what is wrong with it, if anything."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from AI_model.providers.base import Passage
from AI_model.replies.grounding.citations import cited_numbers, read_sentences, unknown

Code = Literal[
    "invented_number",
    "invented_link",
    "invented_name",
    "unknown_citation",
    "wrong_citation",
    "contradiction",
    "unsupported",
    "action_claimed",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """`words`: the part of the answer that it is about."""

    code: Code
    words: str


@dataclass(frozen=True, slots=True)
class Findings:
    """`facts`: what was looked at, counted by kind."""

    problems: list[Problem] = field(default_factory=list)
    facts: dict[str, int] = field(default_factory=dict)

    @property
    def codes(self) -> list[Code]:
        return list(dict.fromkeys(problem.code for problem in self.problems))

    def as_json(self) -> dict[str, Any]:
        """Without any words: what a customer said could stand in them."""
        return {"problems": self.codes, **self.facts}


def check(
    answer: str,
    passages: Sequence[Passage],
    prompt_texts: Sequence[str] = (),
    question: str = "",
    language: str = "",
    *,
    strict: bool = True,
) -> Findings:
    """`answer` as the model wrote it, marks and all; `language` is the code it should be in.

    Not `strict`: the model may talk freely, but figures, links and promises are checked the same.
    """
    cited = cited_numbers(answer)
    problems = [Problem("unknown_citation", f"[p{n}]") for n in unknown(cited, given=len(passages))]
    facts = {"citations": len(cited), "sentences": len(read_sentences(answer))}
    return Findings(problems, facts)
