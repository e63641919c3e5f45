"""A second, cheap call: does a model see each sentence of an answer in the passages?"""

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from AI_model.generation import CallRecord, generate
from AI_model.metering import Meter
from AI_model.providers.base import CompletionRequest, Provider, Turn
from AI_model.replies.defusing import defused
from AI_model.services.prices import price_for
from core.lib.clock import Deadline
from core.lib.hands import waiting

JUDGE = (
    "You compare an answer with passages. For each numbered sentence of the answer say yes when "
    "the passages state it or it is only courtesy, and no when they do not state it or say "
    'otherwise. Reply with a JSON list of "yes" and "no" in the order of the sentences '
    "and nothing else."
)
TOKENS_AROUND, TOKENS_PER_SENTENCE = 16, 6
MOST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """`refused`: the sentences said no to; None when there was no judgement."""

    refused: list[str] | None = None
    calls: list[CallRecord] = field(default_factory=list)
    milliseconds: int = 0


def judge(
    *,
    sentences: Sequence[str],
    passages: Sequence[str],
    chain: Sequence[Provider],
    meter: Meter | None,
    deadline: Deadline,
) -> Judgement:
    """Ask the cheapest hosted model of the chain, once. A failure is no judgement."""
    cheapest = _cheapest(chain)
    if cheapest is None or not sentences:
        return Judgement()
    started = time.monotonic()
    request = _request(sentences, passages, deadline)
    with waiting():
        generation = generate(request=request, chain=[cheapest], meter=meter)
    text = generation.completion.text if generation.completion else ""
    took = round((time.monotonic() - started) * 1000)
    return Judgement(_refused(text, sentences), generation.calls, took)


def _cheapest(chain: Sequence[Provider]) -> Provider | None:
    """By its list price; one without a price comes after all that have one."""
    hosted = [provider for provider in chain if not provider.local]
    return min(hosted, key=_price, default=None)


def _price(provider: Provider) -> Decimal:
    price = price_for(provider=provider.kind, model=provider.model)
    return Decimal("Infinity") if price is None else price.input + price.output


def _request(
    sentences: Sequence[str], passages: Sequence[str], deadline: Deadline
) -> CompletionRequest:
    numbered = "\n".join(f"{n}. {defused(text)}" for n, text in enumerate(sentences, start=1))
    found = "\n\n".join(map(defused, passages))
    return CompletionRequest(
        system=f"{JUDGE}\n\nPassages:\n{found}",
        turns=[Turn("user", f"Sentences:\n{numbered}")],
        max_tokens=TOKENS_AROUND + TOKENS_PER_SENTENCE * len(sentences),
        temperature=0.0,
        deadline=Deadline.after(min(MOST_SECONDS, deadline.remaining())),
    )


def _refused(text: str, sentences: Sequence[str]) -> list[str] | None:
    """What is no list of as many words as there are sentences is no judgement."""
    match = re.search(r"\[[^\[\]]*\]", text)
    try:
        said = json.loads(match[0]) if match else None
    except ValueError:
        return None
    if not isinstance(said, list) or len(said) != len(sentences):
        return None
    pairs = zip(sentences, said, strict=True)
    return [sentence for sentence, word in pairs if str(word).strip().casefold() in ("no", "false")]
