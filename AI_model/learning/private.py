"""Personal data in what customers and agents wrote: hidden in questions, a reason to skip answers.

The patterns are cautious: rather a figure too many is hidden in a question than a number kept.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from AI_model.replies.grounding.contacts import read_contacts
from AI_model.replies.grounding.words import common_words, little_words

HIDDEN = {"link": "[link]", "email": "[email]", "phone": "[phone]", "handle": "[name]"}
NAME, NUMBER, ADDRESS = "[name]", "[number]", "[address]"
SHORTEST_NAME = 2

_OF_A_CASE = (
    "order|invoice|booking|ticket|parcel|tracking|reservation|customer|account|contract|case|ref|"
    "bestellung|bestellnummer|rechnung|rechnungsnummer|buchung|sendung|sendungsnummer|kunde|"
    "kundennummer|commande|facture|réservation|colis|pedido|factura|reserva|envío|ordine|fattura|"
    "prenotazione|encomenda|fatura|reserva|zamówienie|zamówienia|faktura|bestelling|factuur|"
    "заказ|заказа|счет|счёт|бронь|посылка|посылки|договор|sipariş|kargo|rezervasyon|buyurtma|"
    "замовлення|рахунок"
)
_SIGN = r"(?:\s*(?:no\.?|nr\.?|n°|nº|num\.?|number|nummer|numéro|número|numero|№|#|:|is|id))*\s*"
_CASE = re.compile(
    rf"\b({_OF_A_CASE})({_SIGN})((?:[A-Za-z]{{1,4}}-?)?\d[\w-]{{2,}}\b|[\w-]*\d{{3,}}[\w-]*)", re.I
)
_CODE = re.compile(r"(?<![\w/.@-])(?=[\w-]*[A-Za-z])(?=(?:[\w-]*?\d){4})[A-Za-z0-9][\w-]{5,}(?!\w)")
_DIGITS = re.compile(r"(?<![\w.,])(?:#|№)?\d(?:[ -]?\d){5,}(?!\w|[.,]\d)|[#№]\s?\d{2,}\w*")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,4})?\b")
_STREET = re.compile(
    r"\b\d{1,5}[a-z]?,?\s+(?:[\w'’.-]+\s+){1,3}(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|"
    r"boulevard|blvd|square|court|close|sokak|sokağı|caddesi)\b\.?"
    r"|\b[\w-]*(?:straße|strasse|str\.|gasse|weg|allee|platz|straat|laan)\s+\d{1,4}\s?[a-z]?\b"
    r"|\b(?:rue|avenue|calle|avenida|via|viale|piazza|rua|ulica|ul\.|ulitsa|улица|улице|ул\.|"
    r"проспект|пр-т|вулиця|вул\.|ko'chasi)\s+[\w'’. -]{2,40}?,?\s*\d{1,4}\s?\w?\b"
    r"|\b\d{1,4},?\s+(?:bis\s+)?rue\s+(?:[\w'’-]+\s?){1,4}"
    r"|\b[\w'’-]+(?:\s[\w'’-]+)?\s+(?:sokak|sokağı|caddesi|cad\.|sok\.)\s*(?:no:?\s*)?\d{1,4}\b",
    re.I,
)
_INTRODUCED = re.compile(
    r"\b((?i:my name is|my name's|i am called|ich heiße|ich heisse|mein name ist|je m['’]appelle|"
    r"mon nom est|me llamo|mi nombre es|mi chiamo|il mio nome è|meu nome é|me chamo|ik heet|"
    r"mijn naam is|nazywam się|mam na imię|меня зовут|мене звати|benim adım|adım|mening ismim|"
    r"ismim))\s+([^\W\d_][\w'’-]*(?:\s+[A-ZÀ-ÖØ-ÞŠŽÇİА-ЯЁ][\w'’-]*|"
    r"\s+[^\W\d_][\w'’-]*(?=\s*(?:[.,!?;\n]|$)))*)"
)
_SELF = re.compile(
    r"\b(I['’]?m|I am|this is|here is|hier ist|soy|sono|sou)\s+([A-Z][\w'’-]+(?:\s[A-Z][\w'’-]+)*)"
    r"(?=\s*(?:[.,!;]|here\b|from\b|and\b|$))"
)


def hide(text: str, *, names: Iterable[str] = ()) -> str:
    """The text with names, contacts, numbers of cases and addresses told only by what they are."""
    text = _IBAN.sub(NUMBER, text)
    text = _without_contacts(text)
    text = _CASE.sub(lambda found: f"{found[1]}{found[2]}{NUMBER}", text)
    text = _STREET.sub(ADDRESS, text)
    text = _CODE.sub(NUMBER, _DIGITS.sub(NUMBER, text))
    text = _INTRODUCED.sub(lambda found: f"{found[1]} {NAME}", text)
    text = _SELF.sub(lambda found: f"{found[1]} {NAME}", text)
    return without_names(text, names, instead=NAME)


def _without_contacts(text: str) -> str:
    for start, end, kind, _ in sorted(read_contacts(text), reverse=True):
        text = f"{text[:start]}{HIDDEN[kind]}{text[end:]}"
    return text


def without_names(text: str, names: Iterable[str], *, instead: str = "") -> str:
    """The text without these people's names, whole and by each of their words."""
    for pattern in _patterns(tuple(sorted({name.strip() for name in names if name.strip()}))):
        text = pattern.sub(instead, text)
    return text


@lru_cache(maxsize=500)
def _patterns(names: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """The longest first. A name that is an everyday word counts only beside its other words."""
    spelled = {name for name in names if len(name) >= SHORTEST_NAME}
    words = {word.strip(".,()") for name in names for word in name.split()}
    everyday = little_words() | common_words()
    spelled |= {word for word in words if len(word) > 2 and word.casefold() not in everyday}
    longest = sorted(spelled, key=lambda name: (-len(name), name))
    return tuple(re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.I) for name in longest)


def is_of_one_case(answer: str, *, told: str) -> bool:
    """Whether an answer is about one customer's own matter: it names the number of a case, or
    repeats a contact, number or address that the customer told."""
    if _CASE.search(answer) or _CODE.search(answer) or _IBAN.search(answer):
        return True
    theirs = set(_marks(told))
    return any(mark in theirs for mark in _marks(answer))


def _marks(text: str) -> Iterator[str]:
    yield from (key for _, _, _, key in read_contacts(text))
    for pattern in (_DIGITS, _CODE):
        yield from (re.sub(r"\W", "", found[0]).casefold() for found in pattern.finditer(text))
    yield from (
        " ".join(found[0].casefold().strip(" .,").split()) for found in _STREET.finditer(text)
    )
