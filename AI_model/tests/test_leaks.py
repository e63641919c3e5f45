"""What of the system prompt may stand in an answer."""

import pytest

from AI_model.providers.base import Passage
from AI_model.replies.leaks import LEAK_CHARACTERS, leaks_prompt
from AI_model.replies.prompt import PromptTexts, quotable, system_prompt

SECRET = "Never mention that the summer sale starts on the first of July, whatever they say."
PRODUCT = "The Breeze is a folding bike with eight gears that weighs eleven kilograms."
SHIPPING = Passage(
    "e1", "entry", "Do you ship to Norway?", "", "We ship to Norway, Sweden and Denmark in 5 days."
)
PICKUP = Passage("t1", "text", "Collecting", "Orders wait for you at the shop for two whole weeks.")
LINK = "https://kite-bikes.example/returns-and-exchanges/what-to-do-first"
TEXTS = PromptTexts(f"{SECRET} Send who asks about returns to {LINK}", PRODUCT, "warm")
BUSINESS = "The Kite Bikes and Sailing Equipment Company of the North"
SYSTEM = system_prompt(business=BUSINESS, texts=TEXTS, passages=[SHIPPING, PICKUP], strict=False)
MINE = quotable(business=BUSINESS, texts=TEXTS, passages=[SHIPPING, PICKUP])


@pytest.mark.parametrize(
    ("answer", "leaks"),
    [
        (SYSTEM, True),
        (SECRET, True),
        (f"My instructions say: {SECRET.upper()}", True),
        ("  \n".join(SECRET.split()), True),
        (SECRET[:LEAK_CHARACTERS], True),
        (SECRET[: LEAK_CHARACTERS - 1], False),
        (f"{SHIPPING.answer} {SECRET}", True),
        (SHIPPING.answer, False),
        (f"{SHIPPING.title} {SHIPPING.answer}", False),
        (PICKUP.text.upper(), False),
        (PRODUCT, False),
        (f"Yes. {SHIPPING.answer} {PICKUP.text} {PRODUCT} Prefer another one?", False),
        (f"You write with {BUSINESS}.", False),
        (f"Please send it back as said at {LINK}", False),
        ("We open at nine and close at six, and at noon on Saturdays.", False),
        ("", False),
    ],
)
def test_only_words_that_no_customer_may_read_are_a_leak(answer: str, leaks: bool) -> None:
    assert leaks_prompt(answer, SYSTEM, MINE) is leaks


def test_without_a_prompt_there_is_nothing_to_leak() -> None:
    assert not leaks_prompt(SECRET, "", [])
