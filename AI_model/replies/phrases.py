"""What a few fixed words mean before any knowledge is asked: a person wanted, a greeting, thanks.

Short lists for the languages that small businesses meet most; matched on whole words.
"""

import re
import unicodedata

_PERSON = (
    r"(speak|talk|chat|connect me|put me through) (to|with) (a |an |the |some ?)?"
    r"(real |live |actual )?(person|human|agent|someone|somebody|colleague|representative|manager|staff|operator)",
    r"(real|live|actual) (person|human|agent)",
    r"^(a )?(human|person|agent|operator|representative)( please)?$",
    r"(i )?(want|need|would like|get me|give me) (a |an )(real |live )?(human|person|agent|operator|representative)",
    r"hablar con (una persona|un agente|un humano|alguien|un operador)",
    r"parler (a|avec) (une personne|un agent|un humain|quelqu'un|un conseiller)",
    r"mit (einem|einer) (menschen|mitarbeiter|mitarbeiterin|person|berater) (sprechen|reden|verbinden)",
    r"parlare con (una persona|un operatore|qualcuno|un umano)",
    r"falar com (uma pessoa|um atendente|um humano|alguem)",
    r"met (een|iemand) ?(mens|medewerker|persoon)? ?(spreken|praten)",
    r"(позовите|соедините с|переключите на|поговорить с|нужен) (живым |живого |живой )?"
    r"(человек\w*|оператор\w*|менеджер\w*|сотрудник\w*|консультант\w*)",
    r"^(оператор|человек|менеджер)$",
    r"(покличте|з[' ]єднайте з|перемкніть на|поговорити з|потрібен|потрібна) (живою |живого |живий )?"
    r"(людин\w*|оператор\w*|менеджер\w*|співробітник\w*|консультант\w*)",
    r"^(людина|оператор)$",
    r"(canlı destek|temsilci(ye|yle)? bağla|insanla (konuş|görüş)\w*|müşteri temsilcisi\w*)",
    r"(operator|odam|inson) bilan (gaplash|bog'la)\w*",
    r"rozmawiac z (czlowiekiem|konsultantem|pracownikiem)",
)
_GREETING = (
    "hi hello hey hiya howdy good morning afternoon evening day there hola buenos dias buenas tardes "
    "bonjour salut hallo guten tag moin ciao buongiorno ola привет здравствуйте добрый день вечер утро "
    "merhaba selam salom assalomu alaykum czesc dzien dobry gruss gott servus abend bonsoir coucou "
    "buenas noches buonasera salve oi bom dia boa tarde noite hoi goedendag goedemorgen goedemiddag "
    "привіт вітаю добрий вечір ранок gunaydin iyi gunler aksamlar салом"
)
_THANKS = (
    "thanks thank you thx ty so much very many a lot great perfect cool ok okay super wonderful gracias "
    "muchas merci beaucoup danke schon vielen dank grazie mille obrigado obrigada спасибо большое "
    "благодарю tesekkurler tesekkur ederim rahmat raxmat katta dziekuje dzieki bardzo bye goodbye "
    "dankeschon bedankt dank je u wel дякую щиро дуже рахмат sağ ol sağol cok"
)
_THANKS_CORE = {
    "thanks",
    "thank",
    "thx",
    "ty",
    "gracias",
    "merci",
    "danke",
    "dank",
    "grazie",
    "obrigado",
    "obrigada",
    "спасибо",
    "благодарю",
    "tesekkurler",
    "tesekkur",
    "rahmat",
    "raxmat",
    "рахмат",
    "dziekuje",
    "dzieki",
    "dankeschon",
    "bedankt",
    "дякую",
    "sağ",
    "sağol",
}
_GREETING_WORDS, _THANKS_WORDS = set(_GREETING.split()), set(_THANKS.split())
_GREETING_CORE = _GREETING_WORDS - {"good", "day", "dia", "there"}


def plain(text: str) -> str:
    """Lower case without accents on Latin letters and without punctuation, single spaces."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i"))
    bare = "".join(
        char
        for char in decomposed
        if not unicodedata.combining(char)
        or unicodedata.name(char, "").startswith("COMBINING BREVE")
    )
    composed = unicodedata.normalize("NFC", bare)
    return " ".join(re.sub(r"[^\w' ]+", " ", composed).split())


_PERSON_PATTERNS = [
    re.compile(rf"(?:^|\b){plain_pattern}", re.UNICODE) for plain_pattern in _PERSON
]


def asks_for_person(text: str) -> bool:
    words = plain(text)
    accented = " ".join(re.sub(r"[^\w' ]+", " ", text.casefold()).split())
    return any(pattern.search(words) or pattern.search(accented) for pattern in _PERSON_PATTERNS)


def is_greeting(text: str) -> bool:
    """Nothing but a greeting."""
    words = plain(text).split()
    return bool(words) and set(words) <= _GREETING_WORDS and bool(set(words) & _GREETING_CORE)


def is_thanks(text: str) -> bool:
    """Nothing but thanks."""
    words = plain(text).split()
    return bool(words) and set(words) <= _THANKS_WORDS and bool(set(words) & _THANKS_CORE)
