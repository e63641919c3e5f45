"""Slips of the finger in the few words that decide: humna, opertor, оператра."""

from functools import cache

from AI_model.replies.phrasebook.folding import fold_letters

SHORTEST = 5
# Distance one from a word below, and another word altogether.
ANOTHER = (
    "parle parles parlez hable hables parla spoke speaks speaking connects falei "
    "personal persons persone personas pessoas parlare parler humans agents agenda agence agencia "
    "operators operation talks humano humana humain humanos mensch operatore operatori operator "
    "operatora operatori persona person pessoa оператора операторы оператору человека человеку "
    "менеджера людини insanlar temsilci operador operadora consultant consultants"
)
WORDS = (
    "human person agent operator representative manager speak someone somebody connect customer "
    "mitarbeiter menschen sprechen verbinden conseiller humain parler operateur hablar persona "
    "agente humano operador asesor operatore parlare atendente pessoa falar medewerker spreken "
    "rozmawiac konsultantem czlowiekiem pracownikiem оператор оператора человек "
    "человека человеком менеджер менеджера оператором поговорить позовите соедините "
    "переключите консультант людина людину "
    "людиною поговорити temsilci temsilcisi musteri temsilciye konusmak gorusmek baglanmak "
    "gaplashmoqchiman operatorga manusia berbicara hubungkan clovekem operatorem mluvit"
)


def corrected(folded: str) -> str:
    """The text with the words put right that are one slip away from those that decide."""
    return " ".join(map(_corrected, folded.split(" ")))


def _corrected(word: str) -> str:
    if len(word) < SHORTEST or word in _others() or word in _known():
        return word
    near = {
        right
        for start in (word, *_without_one(word))
        for right in (*_known().get(start, ()), *_shortened().get(start, ()))
        if is_one_slip(word, right)
    }
    return min(near, key=lambda right: (abs(len(right) - len(word)), right), default=word)


@cache
def _others() -> frozenset[str]:
    return frozenset(fold_letters(ANOTHER).split())


@cache
def _known() -> dict[str, tuple[str, ...]]:
    return {word: (word,) for word in fold_letters(WORDS).split()}


@cache
def _shortened() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in _known():
        for shorter in _without_one(word):
            found.setdefault(shorter, []).append(word)
    return found


def _without_one(word: str) -> list[str]:
    return [word[:n] + word[n + 1 :] for n in range(len(word))]


def is_one_slip(first: str, second: str) -> bool:
    """One letter too many, too few or wrong, or two neighbours swapped."""
    start = next((n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), None)
    if start is None:
        return abs(len(first) - len(second)) <= 1
    one, two = first[start:], second[start:]
    swapped = one[:2] == two[:2][::-1] and one[2:] == two[2:]
    return swapped or one[1:] == two[1:] or one[1:] == two or one == two[1:]
