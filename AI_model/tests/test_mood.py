"""How angry a customer sounds."""

import pytest

from AI_model.replies.mood import anger, is_angry
from AI_model.replies.situation import with_anger
from AI_model.tests.test_policy import PLAIN
from messaging.models import Message

ANGRY = """This is ridiculous!!! Where is my order???
I WANT MY MONEY BACK NOW, THIS IS A SCAM
your service is fucking terrible
I will call my lawyer
I'll leave a bad review if nobody answers
WHERE IS MY ORDER I HAVE WAITED TWO WEEKS!!!
still waiting!!!
das ist eine Frechheit
C'est inadmissible, je vais porter plainte
Esto es una estafa
È una vergogna, siete dei ladri
Que absurdo, vou ao Procon
Dit is echt belachelijk
To jest skandal!
Вы издеваетесь? Где мой заказ
Это ужасно, до сих пор жду ответа!!!
Ви знущаєтесь?
Rezalet bir firmasınız
Firibgarlar, pulimni qaytaring
Сиз фирибгарсиз
هذه مهزلة، أريد مالي
垃圾公司，我要投诉
ふざけるな、いつまで待たせるんだ
정말 짜증나네요 환불해 주세요
Lừa đảo à, tôi sẽ kiện
Penipu! balikin duit saya
तुम लोग चोर हो
To je podvod, jste zloději
😡😡""".splitlines()
CALM = """I'm mad about this bike
killer deal, is it still available?
fucking awesome bike
CAN I RETRUN MY ORDR
IPHONE 15 PRO MAX
How do I return a broken helmet?
Do you have damn good coffee?
Where is my order?
Is the shop open right now?
I am a lawyer, do you sell briefcases?
Wann ist der Laden wieder offen?
Quelle est votre politique de remboursement ?
¿Puedo devolver el producto?
Снова в наличии?
Хватит ли батареи на 50 км?
Yine gelebilir miyim?
Yana savolim bor
我想退款
返金できますか
환불 가능한가요?
Do you sell a fan?
Super Bowl tickets?
Makanan anjing ada?
Voeg dit toe aan mijn mand
Wow!!! Great service!!!
hello??
My bike was stolen, do you have a new one?
""".splitlines()


@pytest.mark.parametrize("text", ANGRY)
def test_anger_is_heard_in_twenty_languages(text: str) -> None:
    assert is_angry(text)


@pytest.mark.parametrize("text", CALM)
def test_strong_words_and_capitals_alone_are_no_anger(text: str) -> None:
    assert not is_angry(text)


@pytest.mark.parametrize(
    ("texts", "level"),
    [
        ([], 0),
        (["Where is my order?"], 0),
        (["This is a scam", "ok thanks"], 0),
        (["ridiculous, still waiting"], 1),
        (["you are scammers, I will sue you"], 2),
        (["ridiculous, still waiting", "this is unacceptable"], 2),
        (["When do you open?", "this is unacceptable"], 1),
    ],
)
def test_anger_grows_with_words_and_with_turns(texts: list[str], level: int) -> None:
    assert anger(texts) == level


def talk_of(*lines: str) -> list[Message]:
    """“> ” before what we said."""
    return [
        Message(type="AI" if line.startswith("> ") else "customer", text=line.removeprefix("> "))
        for line in lines
    ]


@pytest.mark.parametrize(
    ("before", "now", "angry", "angry_before"),
    [
        ((), ("When do you open?",), False, False),
        ((), ("This is", "a scam, I call my lawyer"), True, False),
        (("you are scammers", "> Sorry."), ("this is unacceptable",), True, True),
        (("you are scammers", "> Sorry.", "ok", "> Yes?"), ("unacceptable",), True, False),
        (("you are scammers", "> Sorry."), ("ok thanks",), False, False),
        (("you are", "scammers", "> Sorry.", "> One moment."), ("unacceptable",), True, True),
    ],
)
def test_anger_counts_twice_when_our_answer_did_not_calm_it(
    before: tuple[str, ...], now: tuple[str, ...], angry: bool, angry_before: bool
) -> None:
    unanswered = talk_of(*now)
    facts = with_anger(PLAIN, [*talk_of(*before), *unanswered], unanswered)
    assert (facts.angry, facts.angry_before) == (angry, angry_before)
