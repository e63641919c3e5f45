"""What customers say that needs no knowledge, in twenty languages."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from AI_model.replies.languages import languages
from AI_model.replies.phrases import SmallTalk, asks_for_person, small_talk
from AI_model.replies.words import small_talk_text

ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(settings.BASE_DIR) / "eval/data/person.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
TUNED = [row for row in ROWS if row["split"] == "tuned"]
FRESH = [row for row in ROWS if row["split"] == "fresh"]


@pytest.mark.parametrize("row", TUNED, ids=lambda row: f"{row['lang']} {row['text']}")
def test_a_person_is_fetched_for_who_asks_for_one_and_for_nobody_else(row: dict[str, Any]) -> None:
    assert asks_for_person(row["text"]) == row["wants_person"]


def test_phrasings_that_nobody_tuned_for_are_understood_as_well() -> None:
    found = [row["wants_person"] for row in FRESH if asks_for_person(row["text"])]
    asked = sum(row["wants_person"] for row in FRESH)
    assert sum(found) >= 0.9 * asked and sum(found) >= 0.98 * len(found)


def test_every_language_of_the_product_has_its_phrasings() -> None:
    assert {row["lang"] for row in TUNED if row["wants_person"]} == set(languages())


@pytest.mark.parametrize(
    "text",
    [
        "CONNECT ME TO AN AGENT",
        "When do you open? And can I talk to a human",
        "Hello!! Operator, please...",
        "I need a humna",
        "Соедините с опиратором",
        "Quiero hablar con una persoan",
        "Мне нужен живой человек!!!",
        "x " * 2_000 + ". I want to speak to a human",
    ],
)
def test_capitals_slips_and_long_texts_hide_no_wish(text: str) -> None:
    assert asks_for_person(text)


SMALL_TALK = {
    SmallTalk.GREETING: "hi|Hello there!|Guten Morgen|bonsoir|¡Buenos días!|Buongiorno|boa tarde|"
    "goedemiddag|dzień dobry|Здравствуйте|добрий вечір|selam|Assalomu alaykum|салом|السلام عليكم|"
    "您好|こんにちは|안녕하세요|xin chào|halo kak|नमस्ते|dobrý den|hellooooo|HI 👋",
    SmallTalk.THANKS: "thx|Thank you so much!|ok, thanks|Vielen Dank|merci beaucoup|"
    "muchas gracias|grazie mille|muito obrigada|dank je wel|dziękuję bardzo|спасибо большое|"
    "щиро дякую|çok teşekkürler|katta rahmat|рахмат|شكرا جزيلا|"
    "谢谢你|ありがとうございます。|감사합니다|"
    "cảm ơn nhiều|makasih kak|धन्यवाद|moc děkuji|Great, thank you 🙏",
    SmallTalk.BYE: "bye|see you later|Auf Wiedersehen|au revoir|hasta luego|arrivederci|tchau|"
    "tot ziens|do widzenia|до свидания|до побачення|güle güle|xayr|مع السلامة|"
    "再见|さようなら|안녕히 계세요|"
    "tạm biệt|sampai jumpa|अलविदा|na shledanou",
    SmallTalk.HOW_ARE_YOU: "how are you?|Hi, how are you|Wie geht's?|ça va ?|¿qué tal?|"
    "come stai?|tudo bem?|hoe gaat het?|co słychać?|Привет, как дела?|як справи?|nasılsınız?|"
    "ishlar qalay|كيف حالك؟|你好吗？|お元気ですか|잘 지내세요?|bạn khỏe không|apa kabar?|आप कैसे हैं?|"
    "jak se máte?",
    SmallTalk.BOT: "are you a bot?|Am I talking to a real person?|Bist du ein Mensch?|"
    "êtes-vous un robot ?|¿eres un robot?|sei un bot?|você é um robô?|ben je een bot?|"
    "czy jesteś botem?|вы бот?|ти бот?|robot musun?|botmisiz?|هل انت روبوت؟|"
    "你是机器人吗？|ロボットですか？|"
    "봇인가요?|bạn là bot à?|apakah kamu robot?|क्या आप रोबोट हैं?|jsi robot?|Hi! Are you human?",
    SmallTalk.WHO: "who are you?|wer bist du|qui êtes-vous ?|¿quién eres?|chi sei?|quem é você?|"
    "wie ben je?|kim jesteś?|кто вы?|хто ви?|kimsin?|siz kimsiz?|من انت؟|"
    "你是谁？|お名前は？|누구세요?|"
    "bạn là ai?|siapa kamu?|आप कौन हैं?|kdo jsi?",
    SmallTalk.OK: "ok|Okay!|got it|alles klar|d'accord|vale|va bene|entendi|rozumiem|понятно|"
    "зрозуміло|tamam|tushunarli|хўп|تمام|"
    "好的|わかりました|알겠습니다|vâng ạ|oke siap|ठीक है|rozumím",
    SmallTalk.COMPLIMENT: "great service!|you are awesome|super|génial|excelente|fantastico|"
    "maravilhoso|geweldig|świetnie|отлично|чудово|harikasınız|zo'r|ممتاز|太棒了|素晴らしいです|최고예요|"
    "tuyệt vời|mantap|बहुत बढ़िया|skvělé",
    SmallTalk.APOLOGY: "sorry|my mistake|Entschuldigung|désolé|lo siento|mi dispiace|desculpe|"
    "het spijt me|przepraszam|извините|вибачте|özür dilerim|kechirasiz|آسف|"
    "对不起|ごめんなさい|죄송합니다|"
    "xin lỗi|maaf|माफ़ कीजिए|promiňte",
    SmallTalk.EMOJI: "👍|❤️❤️|:)|🙏🏽|😂 😂",
}


def said() -> Iterator[tuple[str, SmallTalk]]:
    yield from ((text, kind) for kind, texts in SMALL_TALK.items() for text in texts.split("|"))


@pytest.mark.parametrize(("text", "kind"), list(said()))
def test_small_talk_needs_no_knowledge(text: str, kind: SmallTalk) -> None:
    assert small_talk(text) is kind
    assert not asks_for_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "hi, when do you open?",
        "thanks, and on Sundays?",
        "thanks for nothing",
        "hello, my order is broken",
        "is it ok to pay later",
        "good bikes",
        "do you have a chat bot for my shop",
        "who are your suppliers",
        "привет, сколько стоит доставка",
        "danke, und am Sonntag?",
        "谢谢，周日营业吗",
        "안녕하세요 배송비가 얼마예요?",
        "你们几点开门",
        "rahmat, narxi qancha",
        "iPhone 15",
        "😡",
        "???",
        "42",
        "",
        " ",
        "hi " * 100,
    ],
)
def test_what_may_ask_something_is_no_small_talk(text: str) -> None:
    assert small_talk(text) is None


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", SmallTalk)
def test_each_kind_is_answered_in_each_language_in_plain_text(
    kind: SmallTalk, language: str
) -> None:
    text = small_talk_text(kind, "Kite", language)
    assert 3 < len(text) < 260 and not set(text) & set("{}*_#<>!") and "  " not in text
    assert not any("\u200e" <= sign <= "\u200f" or "\u202a" <= sign <= "\u202e" for sign in text)
    if kind in (SmallTalk.GREETING, SmallTalk.BOT, SmallTalk.WHO):
        assert "Kite" in text


@pytest.mark.parametrize("language", languages())
def test_who_asks_whether_it_is_a_bot_hears_the_truth(language: str) -> None:
    mine = small_talk_text(SmallTalk.BOT, "Kite", language)
    named = ("AI", "KI", "IA", "ИИ", "ШІ", "yapay zekâ", "sun'iy intellekt", "ذكاء", "人工智能")
    assert any(name in mine for name in named)
    if language != "en":
        assert mine != small_talk_text(SmallTalk.BOT, "Kite", "en")
