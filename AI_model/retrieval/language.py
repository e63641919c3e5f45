"""In which language a text is: a cautious guess by script and little words, and a bolder one."""

import re
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
)

# Only words that are common in the one language and no everyday word of the others.
_LITTLE_WORDS = {
    "en": "the is are my you your what how when where which who with can does did have has i'm it "
    "of to for and this that would could there please want need get",
    "de": "der die das ist sind ich sie wir wie wann wo welche mit kann kannst können haben habt "
    "nicht ein eine einen mein meine mir und für auf bei gibt es bitte möchte",
    "fr": "le les est sont je vous nous quel quelle quels comment quand où avec peux peut puis "
    "avez votre mon ma mes et pour dans une des du pas c'est qui ce quoi combien",
    "es": "¿ el los las es está son yo usted qué cómo cuándo dónde cuál con puedo puede tienen "
    "tiene mi su para una por del hay quiero cuánto cuesta",
    "it": "il gli è sono io voi che come quando dove quale con posso può avete vostro mio mia "
    "per una della di non c'è quanto vorrei",
    "pt": "os as é são eu você vocês que como quando onde qual com posso pode têm tem meu minha "
    "para uma do da não há quero quanto",
    "nl": "de het is zijn ik jullie wij hoe wanneer waar welke met kan kunnen hebben heeft niet "
    "een mijn voor op bij er wat graag wil",
    "pl": "jest są ja jak kiedy gdzie jaki jaka z czy mogę można macie nie moj mój moja na dla "
    "się ile chcę",
    "tr": "bir ve bu mi mı mu mü ne nasıl nerede zaman için ile var yok benim ben siz kadar",
}
_KNOWN = {language: frozenset(words.split()) for language, words in _LITTLE_WORDS.items()}
_WORD = re.compile(r"[\w']+|¿")


def guess_language(text: str) -> str:
    """A two-letter code, or "" when the text does not say clearly enough."""
    for language, script in _SCRIPTS:
        if len(script.findall(text)) * 3 > len(text.replace(" ", "")):
            return language
    words = _WORD.findall(text.casefold().replace("\u2019", "'"))
    hits = Counter(
        {language: sum(word in known for word in words) for language, known in _KNOWN.items()}
    )
    (first, most), (_, second) = hits.most_common(2)
    return first if most > second and most * 5 >= len(words) else ""


# Of the 142 that the identifier knows, those that customers of a business write in.
_WRITTEN = (
    "ar bg bn ca cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv ms nb nl no pl pt ro "
    "ru sk sl sr sv sw ta te th tl tr uk ur vi zh"
)
_lock = threading.Lock()
_identifier: "LanguageIdentifier | None" = None


def chances(text: str) -> Mapping[str, float]:
    """How likely each language is, most likely first; nothing for a text without letters.

    Loads 45 MB on first use.
    """
    if not any(letter.isalpha() for letter in text):
        return {}
    ranked: list[tuple[str, float]] = load().rank(text)
    return {language: float(chance) for language, chance in ranked}


def load() -> "LanguageIdentifier":
    """The model behind `chances`."""
    global _identifier
    with _lock:
        if _identifier is None:
            from py3langid.langid import MODEL_FILE, LanguageIdentifier

            whole = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
            whole.set_languages([code for code in _WRITTEN.split() if code in whole.nb_classes])
            # Made anew with what is needed: the whole one keeps the other languages, 28 MB.
            _identifier = LanguageIdentifier(
                whole.nb_ptc,
                whole.nb_pc,
                whole.nb_classes,
                whole.tk_nextmove,
                whole.tk_output,
                norm_probs=True,
                tk_row=whole.tk_row,
            )
    return _identifier


@lru_cache(maxsize=1_000)
def language_of(text: str) -> str:
    """The most likely language, "" for a text without letters."""
    return guess_language(text) or next(iter(chances(text)), "")


def languages_of(texts: Iterable[str]) -> frozenset[str]:
    """The languages in which at least a tenth of the texts are written."""
    found = _tell(texts)
    return frozenset(language for language, n in found.items() if n * 10 >= found.total())


def is_mostly_english(texts: Iterable[str]) -> bool:
    """Whether at least half of the texts that tell their language are English."""
    found = _tell(texts)
    return found["en"] * 2 >= found.total()


def _tell(texts: Iterable[str]) -> Counter[str]:
    """How many texts are in which language; the unclear ones are asked only when they are most."""
    texts = list(texts)
    found = Counter(language for text in texts if (language := guess_language(text)))
    if found.total() * 2 >= len(texts):
        return found
    return Counter(language for text in texts if (language := language_of(text)))
