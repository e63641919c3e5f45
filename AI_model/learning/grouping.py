"""Which questions ask the same, by meaning. Pure: rows of length one in, a decision out.

Measured on pairs of questions of four sets of customers' questions: from ALIKE on 8 or 9 of 10
pairs ask the same, from NEAR on about half do. There the answers decide.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from AI_model.retrieval.encoder import Vectors

ALIKE, NEAR = 0.72, 0.55
ANSWERS_NEAR, ANSWERS_ALIKE = 0.4, 0.7


@dataclass(slots=True)
class Group:
    """A proposal as the grouping sees it: rows of its phrasings, and the row of its answer."""

    id: str
    state: Literal["open", "approved", "rejected"]
    questions: Vectors
    answer: Vectors

    def likeness(self, question: Vectors) -> float:
        return float((self.questions @ question).max(initial=-1.0))

    def add(self, question: Vectors, answer: Vectors) -> None:
        self.questions = np.vstack([self.questions, question])
        self.answer = answer


def is_same(questions: float, answers: float) -> bool:
    """Whether two pairs of question and answer are about the same, by their likenesses."""
    if questions >= ALIKE:
        return answers >= ANSWERS_NEAR
    return questions >= NEAR and answers >= ANSWERS_ALIKE


def find_group(groups: Iterable[Group], question: Vectors, answer: Vectors) -> Group | None:
    """The group that a pair belongs to. What was rejected is not asked again, whatever the answer
    was; an open group comes before a decided one."""
    fitting = [
        (group.state == "open", likeness, n, group)
        for n, group in enumerate(groups)
        if (likeness := group.likeness(question)) >= NEAR and _fits(group, likeness, answer)
    ]
    return max(fitting, key=lambda found: found[:3])[3] if fitting else None


def _fits(group: Group, likeness: float, answer: Vectors) -> bool:
    if group.state == "rejected" and likeness >= ALIKE:
        return True
    return is_same(likeness, float(group.answer @ answer))
