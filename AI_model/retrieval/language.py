"""A cautious guess at the language of a short text: by script, else by its little words."""

import re
from collections import Counter
from collections.abc import Iterable

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
    "do się ile to chcę",
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


def languages_of(texts: Iterable[str]) -> frozenset[str]:
    """The languages in which at least a tenth of the recognised texts are written."""
    guesses = Counter(language for text in texts if (language := guess_language(text)))
    return frozenset(language for language, n in guesses.items() if n * 10 >= guesses.total())
