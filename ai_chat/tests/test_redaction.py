"""What is hidden of a customer, in several scripts, and what stays."""

import pytest

from ai_chat.answering.redaction import Redaction

PRIVATE = ("Ольга", "Петрова", "olga", "ليلى", "٤٥٦٧", "王小明", "5678", "５６７８", "ａｒａ")
MARA = Redaction(("Mara Lindqvist", "mara_l"))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Mail me at mara.l+shop@example.co.uk, please.", "Mail me at [e-mail], please."),
        ("Call +49 (0)30 901820-44 after six", "Call [phone] after six"),
        ("My number: 0171 1234567.", "My number: [phone]."),
        ("call 998901234567 now", "call [number] now"),
        ("Telegram @mara_bikes or @Mara", "Telegram [name] or [name]"),
        ("see https://example.com/orders/77?x=1 for it", "see [link] for it"),
        ("it is on www.example.org/mara", "it is on [link]"),
        ("my card 4111 1111 1111 1111 was charged", "my card [number] was charged"),
        ("4111-1111-1111-1111", "[number]"),
        ("IBAN DE89 3704 0044 0532 0130 00", "IBAN [number]"),
        ("Hi, I am Mara, Mara Lindqvist!", "Hi, I am [name], [name]!"),
        ("LINDQVIST here", "[name] here"),
        ("my name is Anna Berg and I wait", "my name is [name] and I wait"),
        ("Ich heiße Jürgen Groß.", "Ich heiße [name]."),
        ("Меня зовут Ольга Петрова, пишите на olga@пример.рф", None),
        ("Позвоните: +7 (912) 345-67-89", "Позвоните: [phone]"),
        ("اسمي ليلى، رقمي ٠٥٠ ١٢٣ ٤٥٦٧", None),
        ("我叫王小明，电话 138-1234-5678", None),
        ("電話は０９０−１２３４−５６７８です", None),
        ("mening ismim Dilnoza", "mening ismim [name]"),
        ("писать: ｍａｒａ＠example.com", None),
    ],
)
def test_names_and_contacts_are_told_only_by_what_they_are(said: str, shown: str | None) -> None:
    hidden = MARA.hide(said)
    if shown is not None:
        assert hidden == shown
    for private in (
        "Ольга",
        "Петрова",
        "olga",
        "ليلى",
        "٤٥٦٧",
        "王小明",
        "5678",
        "５６７８",
        "ａｒａ",
    ):
        assert private not in hidden
    assert "[" in hidden


@pytest.mark.parametrize(
    "said",
    [
        "Order 48213 came on 2026-11-03, it was 1 250,00 euros.",
        "The wheel is 28 x 1.75 and weighs 1,250.5 g.",
        "Open 9:00-18:00, Monday to Friday",
        "Marathon tyres and a maraschino",
        "Заказ 48213 пришёл 3 ноября",
        "订单 48213 已到",
        "",
    ],
)
def test_what_a_case_is_about_stays(said: str) -> None:
    assert MARA.hide(said) == said
