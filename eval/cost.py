"""What 1,000 questions cost with a hosted model, from the prompts that are really built."""

from collections.abc import Sequence
from decimal import Decimal

from AI_model.providers.base import CompletionRequest
from AI_model.replies.prompt import PromptTexts
from AI_model.shipped_prices import PRICES
from eval.figures import Found
from eval.handover import SEEN, thresholds
from eval.path import Shop, write_answer
from eval.report import Section, Table
from eval.sets import demo_prompts

MODELS = ("gpt-6-luna", "gemini-3.8-flash", "claude-haiku-4-5")
CHARACTERS_PER_TOKEN = 4
ANSWER_TOKENS = 80
CAUTION = "balanced"
NOTES = (
    f"Taken: {CHARACTERS_PER_TOKEN} characters a token, {ANSWER_TOKENS} tokens an answer,",
    "no token cached. Demo shop; only questions that are answered reach a model.",
)


def measure(found: Sequence[Found]) -> Section:
    """`found`: what the search said to the demo shop's questions."""
    tokens = [_tokens(request) for one in found if (request := _request(one)) is not None]
    asked = Decimal(len(tokens)) / len(found)
    each = Decimal(sum(tokens)) / len(tokens)
    table = Table("Cost of 1,000 questions, USD", ("if each is answered", "as the demo set asks"))
    table.notes = [
        f"{each:.0f} tokens a prompt on average; {asked:.0%} of the questions ask a model.",
        *NOTES,
    ]
    for model in MODELS:
        dollars = 1000 * _price(model, each)
        table.add(model, f"{dollars:.2f}", f"{dollars * asked:.2f}")
    return Section([table])


def _request(one: Found) -> CompletionRequest | None:
    """What leaves for the model; None where no passage supports an answer."""
    needed = thresholds(CAUTION).answer
    passages = [passage for passage in one.passages[:SEEN] if passage.score >= needed]
    if not passages:
        return None
    prompts = demo_prompts()
    texts = PromptTexts(prompts["manual_prompt"], prompts["product_service"])
    shop = Shop("Harbour Lane Bikes", texts)
    said = [one.question.text]
    _, asked = write_answer(shop, said=said, passages=passages, script=lambda _: "NO_ANSWER")
    return asked[0]


def _tokens(request: CompletionRequest) -> int:
    words = request.system + "".join(turn.text for turn in request.turns)
    return -(-len(words) // CHARACTERS_PER_TOKEN)


def _price(model: str, tokens_in: Decimal) -> Decimal:
    """Dollars of one answer."""
    price_in, price_out = next((row[2], row[3]) for row in PRICES if row[1] == model)
    return (tokens_in * Decimal(price_in) + ANSWER_TOKENS * Decimal(price_out)) / 1_000_000
