"""What an answer may hold: figures, links, names and sentences against the texts it rests on."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from AI_model.providers.base import Passage
from AI_model.replies.grounding.check import Findings, check
from AI_model.replies.grounding.citations import cited_numbers, read_sentences, without_marks
from AI_model.replies.grounding.plain_text import plain_text
from AI_model.replies.grounding.transfer import claimed

FAULTS = Path(__file__).parents[2] / "eval" / "data"
SUPPORTED = ("good", "no_citation")
SHOP = Passage(
    "e1",
    "entry",
    "Delivery",
    "",
    "We deliver on Mondays to Fridays from 9:00 to 18:00 within five days. Delivery costs "
    "1,200 euros for pianos and is free from 35 euros on for books. Call 0131 496 0102, write to "
    "desk@kite.example or see https://kite.example/delivery. Returns are open until 1 March. "
    "You get 10 % off after two weeks. The workshop lasts half an hour.",
)
CARE = Passage("e2", "entry", "Care", "", "Do not wash the kite. It must not lie in the sun.")


def checked(answer: str, question: str = "", **options: Any) -> Findings:
    return check(answer, [SHOP, CARE], ["Our bikes are called Breeze."], question, **options)


@pytest.mark.parametrize(
    "figure",
    [
        "within 5 days",
        "within five days",
        "from 9 am to 6 pm",
        "from 9 to 18",
        "1.200 €",
        "€1,200",
        "1 200 euros",
        "1200 EUR",
        "10%",
        "ten percent",
        "14 days",
        "30 minutes",
        "until March 1",
        "on Wednesdays",
        "0131-496-0102",
        "+44 131 496 0102",
        "desk@kite.example",
        "kite.example",
        "http://www.kite.example/delivery/",
        "1. by post 2. by bike",
    ],
)
def test_a_fact_may_be_written_another_way(figure: str) -> None:
    assert not checked(f"That is {figure} [p1].", strict=False).problems


@pytest.mark.parametrize(
    ("figure", "code"),
    [
        ("within 6 days", "invented_number"),
        ("within six days", "invented_number"),
        ("within 5 weeks", "invented_number"),
        ("1,300 euros", "invented_number"),
        ("1,200 dollars", "invented_number"),
        ("15 %", "invented_number"),
        ("until 7 pm", "invented_number"),
        ("until 19:00", "invented_number"),
        ("on Sundays", "invented_number"),
        ("until March 2", "invented_number"),
        ("пять недель", "invented_number"),
        ("sieben Tage", "invented_number"),
        ("0131 496 0103", "invented_link"),
        ("sales@kite.example", "invented_link"),
        ("https://kite.example/sale", "invented_link"),
        ("https://kite.example.evil.test/delivery", "invented_link"),
        ("evil.test", "invented_link"),
        ("javascript:alert(1)", "invented_link"),
        ("@kite_bot", "invented_link"),
    ],
)
def test_a_fact_that_stands_nowhere_is_made_up(figure: str, code: str) -> None:
    language = {"п": "ru", "s": "de"}.get(figure[0], "en")
    assert code in checked(f"{figure} [p1].", language=language, strict=False).codes


def test_the_customers_own_figure_may_be_said_back_but_makes_no_price() -> None:
    assert not checked("Order 4711 [p1].", "Where is order 4711?", strict=False).problems
    found = checked("Yes, it costs 50 euros [p1].", "Does it cost 50 euros?", strict=False)
    assert found.codes == ["invented_number"]
    assert checked("See evil.test", "Is evil.test yours?", strict=False).codes == ["invented_link"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("You can wash the kite [p2].", "contradiction"),
        ("Delivery costs 35 euros for pianos [p1].", "contradiction"),
        ("Our chef cooks fresh noodles for dogs [p1].", "unsupported"),
        ("Delivery takes five days [p9].", "unknown_citation"),
        ("We deliver within five days from 9:00 to 18:00 [p2].", "wrong_citation"),
        ("We deliver together with Zephyrus within five days [p1].", "invented_name"),
        ("Delivery costs 1,200 euros for books [p1].", "contradiction"),
        ("We deliver any parcel within five days [p1].", "contradiction"),
        ("Мы не доставляем по понедельникам [p1].", "contradiction"),
        ("You can return it all year round [p1].", "contradiction"),
        ("I have cancelled your order [p1].", "action_claimed"),
    ],
)
def test_a_sentence_has_to_follow_from_its_passages(answer: str, code: str) -> None:
    assert code in checked(answer).codes


@pytest.mark.parametrize(
    "answer",
    [
        "We deliver within five days, Monday to Friday, 9 am to 6 pm [p1].",
        "Please don't wash the kite [p2]. It must not lie in the sun [p2].",
        "Wir liefern innerhalb von fünf Tagen [p1].",
        "Мы доставляем в течение пяти дней [p1].",
        "Hello! We deliver within 5 days [p1]. Is there anything else I can help you with?",
        "We deliver within five days.",
    ],
)
def test_what_follows_from_the_passages_passes(answer: str) -> None:
    assert checked(answer, "When do you deliver, and may I wash it?").problems == []


@pytest.mark.parametrize(
    "answer",
    [
        "Please keep it dry and out of the sun [p2].",
        "We deliver every parcel within five days [p1].",
        "The kite must only lie in the sun [p2].",
        "Books are free from 1,200 euros on, delivery is for pianos [p1].",
        "That is possible [p2].",
        "Yes.",
        "No, we deliver within five days [p1].",
    ],
)
def test_what_no_single_sentence_of_the_passages_says_is_not_taken_for_supported(
    answer: str,
) -> None:
    assert checked(answer, "When do you deliver, and may I wash it?").problems


def test_a_language_that_cannot_be_compared_may_not_deny_what_nothing_denies() -> None:
    found = check("Yo'q, biz yetkazib bermaymiz [p1].", [SHOP], language="uz")
    assert found.codes == ["reworded"]


CLAIMS = {
    "en": "I'll transfer you to a colleague.",
    "de": "Ich habe Ihre Buchung storniert.",
    "fr": "J'ai annulé votre commande.",
    "es": "Le paso con un compañero.",
    "it": "Ho cancellato la sua prenotazione.",
    "pt": "Cancelei o seu pedido.",
    "nl": "Ik heb uw bestelling geannuleerd.",
    "pl": "Przekażę sprawę konsultantowi.",
    "ru": "Я передал ваш вопрос оператору.",
    "uk": "Я передав ваше питання оператору.",
    "tr": "Talebinizi ekibimize ilettim.",
    "uz": "Sizni operatorga ulayman.",
    "ar": "تم إلغاء طلبك.",
    "zh": "我已为您取消订单。",
    "ja": "担当者におつなぎします。",
    "ko": "상담원에게 연결해 드리겠습니다.",
    "th": "เจ้าหน้าที่จะติดต่อกลับ",
    "hi": "मैंने आपका ऑर्डर रद्द कर दिया है।",
    "id": "Saya sudah membatalkan pesanan Anda.",
    "vi": "Tôi đã hủy đơn hàng của bạn.",
}


@pytest.mark.parametrize("language", CLAIMS)
def test_a_claim_of_something_done_is_known_in_twenty_languages(language: str) -> None:
    assert claimed(CLAIMS[language], ["Orders can be cancelled within a day."])


@pytest.mark.parametrize(
    "sentence",
    [
        "You can cancel your order within a day.",
        "We refund the price within 14 days.",
        "Sie können die Buchung online stornieren.",
        "Вы можете отменить заказ в течение дня.",
        "Siparişinizi bir gün içinde iptal edebilirsiniz.",
        "Puede cancelar su pedido en un día.",
        "Please call us, or write an e-mail.",
    ],
)
def test_what_the_customer_can_do_is_no_claim(sentence: str) -> None:
    assert not claimed(sentence, [])


def test_a_call_back_that_the_knowledge_promises_is_knowledge() -> None:
    promise = "A driver will call you half an hour before."
    assert claimed(promise, ["We deliver on Mondays."])
    assert not claimed(promise, ["Our driver will call you 30 minutes before the delivery."])


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("**Yes**, _gladly_.", "Yes, gladly."),
        ("# Title\n\n* one\n* two", "Title\n\n- one\n- two"),
        ("See [our page](https://a.example/x).", "See our page: https://a.example/x."),
        ("![map](https://a.example/m.png)", "map: https://a.example/m.png"),
        ("[https://a.example](https://a.example)", "https://a.example"),
        ("5 * 3 * 2 and snake_case_name", "5 * 3 * 2 and snake_case_name"),
        ("```\ncode\n```", "code"),
    ],
)
def test_markup_becomes_plain_text(written: str, plain: str) -> None:
    assert plain_text(written) == plain


def test_marks_are_read_however_a_model_writes_them() -> None:
    text = "One [p1]. Two.[p2] Three [p1, p3]. Four [2][p4] 【p5】 (p6). In [2024]."
    assert cited_numbers(text) == [1, 2, 3, 4, 5, 6]
    assert without_marks(text) == "One. Two. Three. Four. In [2024]."
    assert [s.cited for s in read_sentences("One. [p1] Two [p2].")] == [(1,), (2,)]


PIECES = (
    "We deliver [p1] [p3] 【p9】 (p2) within 5 77 days €12 evil.test http://x.test/a on Sunday . "
    "\u200b **bold** [a](http://b.test) 10:30 +49 30 123456 a@b.test and\n- ! пять ? $1,200.00"
)


@given(st.lists(st.sampled_from(PIECES.split(" ")), max_size=14))
def test_whatever_a_model_writes_only_given_marks_and_known_facts_pass(words: list[str]) -> None:
    written = plain_text(" ".join(words))
    found = check(written, [SHOP, CARE], strict=False)
    if found.problems:
        return
    assert set(cited_numbers(written)) <= {1, 2}
    for made_up in ("77", "€12", "evil", "x.test", "b.test", "Sunday", "10:30", "123456"):
        assert made_up not in written


@pytest.mark.parametrize(
    ("file", "wrong", "wrong_good", "loose", "loose_good"),
    [
        ("faults_dev.jsonl", 0.87, 0.02, 0.97, 0.66),
        ("faults_more.jsonl", 0.61, 0.09, 0.94, 0.62),
    ],
)
def test_the_faults_of_a_scripted_model_are_stopped_and_good_answers_pass(
    file: str, wrong: float, wrong_good: float, loose: float, loose_good: float
) -> None:
    """`wrong`: known to be untrue; `loose`: with what is only reworded too."""
    rows = [json.loads(one) for one in (FAULTS / file).read_text(encoding="utf-8").splitlines()]
    codes = [(row["label"], _codes(row)) for row in rows]
    good = [found for label, found in codes if label in SUPPORTED]
    untrue = [found for label, found in codes if label not in SUPPORTED]
    assert _share(good, sure=True) <= wrong_good and _share(untrue, sure=True) >= wrong
    assert _share(good) <= loose_good and _share(untrue) >= loose
    for label in ("invented_number", "invented_link", "transfer_claim", "wrong_citation"):
        assert _share([found for one, found in codes if one == label], sure=True) == 1.0


def _codes(row: dict[str, Any]) -> set[str]:
    found = check(row["answer"], _passages(row), [row["prompt"]], row["question"], row["lang"])
    return set(found.codes)


def _share(found: list[set[str]], *, sure: bool = False) -> float:
    """Of answers with a problem; 1 of none at all. `sure`: being reworded is none."""
    stopped = sum(bool(codes - {"reworded"} if sure else codes) for codes in found)
    return stopped / len(found) if found else 1.0


def _passages(row: dict[str, Any]) -> list[Passage]:
    return [
        Passage(str(n), "entry", p.get("title", ""), p.get("text", ""), p.get("answer", ""))
        for n, p in enumerate(row["passages"])
    ]
