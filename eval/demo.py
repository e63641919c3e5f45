"""The demo shop: small enough that each answer can be promised."""

from collections.abc import Sequence

from eval.figures import Found, figures
from eval.handover import thresholds
from eval.report import Promise, Section, Table, percent

CAUTION = "balanced"


def measure(found: Sequence[Found]) -> Section:
    of, problems = figures(found), broken(found)
    table = Table("Demo shop (percent)", ("questions", "top-1", "top-3", "AUROC", "right at 5 %"))
    shares = (of.top1, of.top3, of.auroc, of.right_at_5)
    table.add(promise(found), str(len(found)), *map(percent, shares))
    kept = Promise(
        "demo shop, questions answered wrongly, needlessly or not at all",
        len(problems),
        0,
        False,
    )
    return Section([table], [kept], problems)


def broken(found: Sequence[Found]) -> list[str]:
    """What breaks the promise: each answer right, and no other given."""
    threshold, said = thresholds(CAUTION).answer, []
    for one in found:
        given = one.score >= threshold
        if one.question.gold and not (given and one.right):
            said.append(f"not answered rightly ({one.score:.2f}): {one.question.text}")
        if given and not one.question.gold:
            said.append(
                f"answered though nothing supports it ({one.score:.2f}): {one.question.text}"
            )
    return said


def promise(found: Sequence[Found]) -> str:
    answerable = sum(bool(one.question.gold) for one in found)
    return f"{answerable} with an answer, {len(found) - answerable} without"
