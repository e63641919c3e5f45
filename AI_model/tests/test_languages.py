"""Which language a customer writes, and what the AI says on its own in it."""

import string
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from AI_model.models import AIModelConfig
from AI_model.replies.languages import choose_language, language_of, languages, sentences
from AI_model.replies.phrases import asks_for_person, is_greeting, is_thanks
from AI_model.replies.prompt import PromptTexts, system_prompt
from AI_model.replies.words import ask_for_words, greeting, handover_text, thanks
from AI_model.testing.chats import settle
from AI_model.testing.model_server import ModelServer
from messaging.models import Channel, Message
from messaging.services.receive import receive_events
from messaging.testing.fixtures import (
    META_CUSTOMER,
    graph_server,
    instagram_channel,
    messenger_channel,
    telegram_api,
)
from messaging.testing.graph_server import GraphServer
from messaging.testing.telegram_server import TelegramServer
from messaging.types import EventKind, InboundMessage
from settings_app.models import BusinessHours

__all__ = ["graph_server", "instagram_channel", "messenger_channel", "telegram_api"]

WRITTEN = {
    "Do you ship to Norway?": "en",
    "can i get a refund": "en",
    "thanks": "en",
    "Kann ich mit einem Menschen sprechen?": "de",
    "Liefern Sie nach Österreich?": "de",
    "danke": "de",
    "Livrez-vous en Norvège ?": "fr",
    "Quels sont vos horaires ?": "fr",
    "¿Cuándo abren?": "es",
    "Hola, quiero hablar con una persona": "es",
    "A che ora aprite domani?": "it",
    "Spedite in Norvegia?": "it",
    "Vocês entregam na Noruega?": "pt",
    "Qual é o horário de funcionamento?": "pt",
    "Hoe laat gaan jullie open?": "nl",
    "Bezorgen jullie in Noorwegen?": "nl",
    "Jakie są godziny otwarcia?": "pl",
    "Czy wysyłacie do Norwegii?": "pl",
    "Сколько стоит доставка?": "ru",
    "Здравствуйте": "ru",
    "Скільки коштує доставка?": "uk",
    "Добрий день": "uk",
    "Norveç'e gönderiyor musunuz?": "tr",
    "Saat kaçta açılıyorsunuz?": "tr",
    "Norvegiyaga yetkazib berasizmi?": "uz",
    "Салом, нархи қанча?": "uz",
    "Bo\u02bblib to\u02bblasam bo\u02bbladimi?": "uz",
    "Otevřeno máte i v sobotu?": "cs",
    "Shop có giao hàng đến Na Uy không?": "vi",
    "Apakah bisa kirim ke Norwegia?": "id",
    "क्या आप नॉर्वे भेजते हैं?": "hi",
    "你们送货到挪威吗？": "zh",
    "노르웨이로 배송하나요?": "ko",
    "ساعت کاری شما چیست؟": "fa",
    "営業時間は？": "ja",
    "ما هي ساعات العمل؟": "ar",
    "ok": "",
    "iPhone 15": "",
    "Norge": "",
    "": "",
}


@pytest.mark.parametrize(("text", "code"), WRITTEN.items())
def test_the_language_of_a_short_text_is_told_or_left_open(text: str, code: str) -> None:
    assert language_of(text) == code


@pytest.mark.parametrize(
    ("spoken", "platform", "answers_in", "code"),
    [
        (["Wann haben Sie geöffnet?"], "en", [], "de"),
        (["iPhone 15", "Wann haben Sie geöffnet?"], "en", [], "de"),
        (["iPhone 15"], "de-AT", [], "de"),
        (["iPhone 15"], "", [], ""),
        ([], "pt_BR", [], "pt"),
        (["Wann haben Sie geöffnet?"], "", ["en", "de"], "de"),
        (["Wann haben Sie geöffnet?"], "", ["en-GB", "de-CH"], "de"),
        (["Quels sont vos horaires ?"], "", ["de", "en"], "de"),
        (["iPhone 15"], "", ["nl", "en"], "nl"),
        (["iPhone 15"], "sv", [], "sv"),
    ],
)
def test_words_come_before_the_platforms_code_and_the_business_has_the_last_say(
    spoken: list[str], platform: str, answers_in: list[str], code: str
) -> None:
    assert choose_language(spoken=spoken, platform=platform, answers_in=answers_in) == code


def test_the_product_speaks_twenty_languages_and_english_in_all_others() -> None:
    known = "ar cs de en es fr hi id it ja ko nl pl pt ru tr uk uz vi zh"
    assert " ".join(sorted(languages())) == known
    assert sentences("sv") is sentences("") is sentences("en")
    assert sentences("pt-BR") is sentences("pt_PT")


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", languages())
def test_every_language_says_everything_with_the_same_places(code: str) -> None:
    said, english = sentences(code), sentences("en")
    for name in ("handover", "out_of_hours", "opens", "date", "greeting", "thanks"):
        assert places(getattr(said, name)) == places(getattr(english, name)), name
    assert said.no_words.keys() == english.no_words.keys()
    assert (len(said.weekdays), len(said.months)) == (7, 12)
    assert code == "en" or said.handover != english.handover
    for text in (said.handover, said.greeting.format(business="Kite"), said.thanks):
        assert "  " not in text and "!" not in text


MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("language", "days", "when"),
    [
        ("en", 0, " today from 14:00."),
        ("en", 1, " tomorrow from 12:00."),
        ("en", 3, " on Thursday from 12:00."),
        ("en", 9, " on December 2 from 12:00."),
        ("de", 3, " am Donnerstag ab 12:00 Uhr in"),
        ("de", 9, " am 2. Dezember ab 12:00 Uhr in"),
        ("fr", 1, " demain à partir de 12:00 dans"),
        ("es", 3, " el jueves a partir de las 12:00 en"),
        ("it", 5, " sabato dalle 12:00 in"),
        ("pt", 6, " no domingo a partir das 12:00 nesta"),
        ("nl", 9, " op 2 december vanaf 12:00 uur in"),
        ("pl", 2, " w środę od 12:00."),
        ("ru", 1, " завтра с 12:00 в"),
        ("uk", 4, " у п'ятницю з 12:00 у"),
        ("tr", 9, " 2 Aralık günü saat 12:00 itibarıyla bu"),
        ("uz", 9, " 2-dekabr kuni soat 12:00 dan shu"),
        ("sv", 1, " tomorrow from 12:00."),
    ],
)
def test_out_of_hours_names_day_and_time_in_the_customers_language(
    language: str, days: int, when: str
) -> None:
    opens_at = MONDAY_NOON + timedelta(days=days, hours=0 if days else 2)
    now = MONDAY_NOON.astimezone(UTC)
    config = AIModelConfig()
    text = handover_text(config, is_open=False, opens_at=opens_at, now=now, language=language)
    assert when in text


@pytest.mark.parametrize("language", languages())
def test_when_nobody_knows_the_next_opening_the_sentence_still_reads_well(language: str) -> None:
    text = handover_text(
        AIModelConfig(), is_open=False, opens_at=None, now=MONDAY_NOON, language=language
    )
    assert "{" not in text and "  " not in text and " ." not in text


OWN = {
    "de": {"handover_text": "Gleich hilft Anna.", "out_of_hours_text": "Morgen wieder."},
    "fr": {"handover_text": "Anna arrive."},
}


@pytest.mark.parametrize(
    ("language", "is_open", "default", "said"),
    [
        ("de", True, "", "Gleich hilft Anna."),
        ("de-CH", False, "Back soon.", "Morgen wieder."),
        ("fr", True, "Anna helps.", "Anna arrive."),
        ("fr", False, "Back soon.", "Back soon."),
        ("fr", False, "", "Nous sommes fermés"),
        ("es", True, "Anna helps.", "Anna helps."),
        ("es", True, "", "Gracias."),
        ("", True, "", "A colleague takes over"),
    ],
)
def test_the_businesss_own_text_wins_the_one_for_the_language_first(
    language: str, is_open: bool, default: str, said: str
) -> None:
    config = AIModelConfig(texts=OWN, handover_text=default, out_of_hours_text=default)
    text = handover_text(config, is_open=is_open, opens_at=None, now=MONDAY_NOON, language=language)
    assert text.startswith(said) or said in text


def test_greeting_thanks_and_asking_for_words_follow_the_language() -> None:
    assert greeting("Kite", language="de").startswith("Guten Tag, Sie sprechen mit")
    assert "Kite" in greeting("Kite", language="tr") and "Kite" in greeting("Kite")
    assert thanks("nl") == "Graag gedaan. Kan ik nog iets voor u doen?"
    assert ask_for_words("voice", language="ru").startswith("Спасибо. Я не могу прослушивать")
    assert ask_for_words("poll", language="pl").startswith("Umiem czytać tylko tekst.")


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("Привіт", is_greeting),
        ("Добрий день", is_greeting),
        ("Goedemorgen", is_greeting),
        ("Boa tarde", is_greeting),
        ("İyi günler", is_greeting),
        ("Щиро дякую", is_thanks),
        ("Dank u wel", is_thanks),
        ("Sağ ol", is_thanks),
        ("Dzięki", is_thanks),
        ("Покличте, будь ласка, людину", asks_for_person),
        ("Покличте людину", asks_for_person),
        ("З\u2019єднайте з оператором", asks_for_person),
    ],
)
def test_small_talk_is_known_in_the_products_languages(text: str, means: object) -> None:
    found = [check for check in (is_greeting, is_thanks, asks_for_person) if check(text)]
    assert found == ([means] if means else [])


@pytest.mark.parametrize(
    ("codes", "rule"),
    [
        ((), "in the language of the customer's last message, in plain text"),
        (("de",), "message if that is German, else in German, in plain text"),
        (("en", "de", "pt-br"), "if that is English or German or Brazilian Portuguese, else in"),
        (("xx",), "if that is xx, else in xx"),
    ],
)
def test_a_model_is_told_tone_and_languages(codes: tuple[str, ...], rule: str) -> None:
    texts = PromptTexts(tone="Brief and friendly.", languages=codes)
    prompt = system_prompt(business="Kite", texts=texts, passages=[], strict=True)
    assert rule in prompt and "Tone: Brief and friendly." in prompt


GERMAN = "Wer gewann 1972 die Schachweltmeisterschaft?"
KINDS = ["webchat", "api", "telegram", "instagram", "messenger"]


@pytest.fixture
def channel(request: pytest.FixtureRequest, settings: Settings, owner: User, kind: str) -> Channel:
    settings.REPLY_QUIET_PERIOD_MS = 0
    if kind == "api":
        business = request.getfixturevalue("business")
        return Channel.objects.create(business=business, kind="api", name="API")
    found: Channel = request.getfixturevalue(f"{kind}_channel")
    return found


def write(channel: Channel, text: str, *, language: str = "") -> Message:
    """One customer of any channel writes; what they last heard, once all is done."""
    event = InboundMessage(
        kind=EventKind.MESSAGE,
        dedupe_key=text,
        conversation_key=META_CUSTOMER,
        customer_key=META_CUSTOMER,
        text=text,
        language=language,
    )
    receive_events(channel=channel, events=[event], raw=b"{}")
    settle()
    said = Message.objects.filter(type="AI").order_by("seq").last()
    assert said is not None
    return said


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("own", [False, True])
def test_a_german_customer_is_handed_over_in_german_on_every_kind_of_channel(
    channel: Channel,
    kind: str,
    own: bool,
    telegram_api: TelegramServer,
    graph_server: GraphServer,
) -> None:
    texts = OWN if own else {}
    AIModelConfig.objects.create(business=channel.business, texts=texts)
    said = write(channel, GERMAN)
    expected = "Gleich hilft Anna." if own else sentences("de").handover
    assert said.text == expected
    heard = telegram_api.texts() + graph_server.texts()
    assert heard == ([expected] if kind in ("telegram", "instagram", "messenger") else [])
    assert said.conversation.status == "support_active"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["webchat"])
def test_the_platforms_code_and_the_businesss_languages_decide_where_words_do_not(
    channel: Channel, kind: str
) -> None:
    config = AIModelConfig.objects.create(business=channel.business, business_hours_only=True)
    yesterday = timezone.now() - timedelta(days=1)
    BusinessHours.objects.create(
        business=channel.business, weekday=yesterday.weekday(), opens="00:00", closes="00:00"
    )
    said = write(channel, "iPhone 15", language="tr")
    assert said.text.startswith("Teşekkürler. Şu anda kapalıyız; ekibimizden biri size")
    assert " günü saat 00:00 itibarıyla" in said.text

    Message.objects.all().delete()
    said.conversation.delete()
    config.languages = ["fr", "en"]
    config.save()
    assert write(channel, GERMAN, language="tr").text.startswith("Merci. Nous sommes fermés")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["webchat"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Guten Abend", greeting("Kite Bikes", language="de")),
        ("Merci beaucoup", thanks("fr")),
        ("hello", greeting("Kite Bikes")),
    ],
)
def test_small_talk_is_answered_in_the_customers_language(
    channel: Channel, kind: str, text: str, said: str
) -> None:
    assert write(channel, text).text == said


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["webchat"])
def test_the_model_that_answers_is_told_the_businesss_languages(
    channel: Channel, kind: str, settings: Settings
) -> None:
    fields = {"languages": ["de", "en"], "tone": "Brief.", "grounding": "open"}
    AIModelConfig.objects.create(business=channel.business, **fields)
    with ModelServer(text="Ja.") as server:
        for name, value in server.settings("openai").items():
            setattr(settings, name, value)
        assert write(channel, GERMAN).text == "Ja."
        system = server.calls[0].texts[0][1]
    assert "if that is German or English, else in German" in system and "Tone: Brief." in system
