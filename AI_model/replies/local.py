"""Answers without a model: the business's own words."""

from collections.abc import Sequence

from AI_model.providers.base import Provider
from AI_model.replies.calling import ask_chain, request_for
from AI_model.replies.composition import Composition
from AI_model.replies.findings import Findings
from AI_model.replies.situation import Situation


def answer_locally(
    situation: Situation,
    result: Composition,
    findings: Findings,
    chain: Sequence[Provider],
    threshold: float,
) -> None:
    """Each question of a burst has its own answer, said one after the other."""
    each = findings.each if findings.all_supported(threshold) else [findings.whole]
    texts: list[str] = []
    for finding in each:
        supported = finding.supported(threshold)
        request = request_for(situation, finding.question, supported, threshold)
        completion = ask_chain(result, request, chain)
        if completion is None:
            return
        texts.append(completion.text)
        result.cited += [p for p in supported if p.id in completion.cited]
    result.text = "\n\n".join(dict.fromkeys(texts))
    result.cited = list({passage.id: passage for passage in result.cited}.values())
