"""One answer against what it was written from: what is wrong with it, if anything."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from AI_model.providers.base import Passage
from AI_model.replies.grounding.carried import Unit, is_bare, uncarried, units_of
from AI_model.replies.grounding.citations import (
    Sentence,
    cited_numbers,
    read_sentences,
    unknown,
    with_shared_marks,
)
from AI_model.replies.grounding.claims import Fact, read_facts
from AI_model.replies.grounding.figures import CONTACTS, Ground, unfounded
from AI_model.replies.grounding.names import unknown_names
from AI_model.replies.grounding.opposites import goes_further, opposed
from AI_model.replies.grounding.order import recombined
from AI_model.replies.grounding.polarity import contradicted, denies, only_denies
from AI_model.replies.grounding.schedules import mistimed
from AI_model.replies.grounding.support import comparable, news_in
from AI_model.replies.grounding.swaps import DOUBTFUL, swapped
from AI_model.replies.grounding.tongue import tongue, tongues
from AI_model.replies.grounding.transfer import claimed
from AI_model.replies.grounding.words import content_words

Code = Literal[
    "invented_number",
    "invented_link",
    "invented_name",
    "unknown_citation",
    "wrong_citation",
    "contradiction",
    "unsupported",
    "reworded",
    "action_claimed",
    "refused_by_model",
]


MOST_SENTENCES = 40
"""A chat's answer is shorter; each sentence takes a few milliseconds to check."""


@dataclass(frozen=True, slots=True)
class Problem:
    """`words`: the part of the answer that it is about. "reworded": nothing is known to be wrong, but
    one sentence of the passages does not say it either."""

    code: Code
    words: str


@dataclass(frozen=True, slots=True)
class Findings:
    """`facts`: how many citations, sentences, numbers and contacts were looked at.
    `model`: what a second model said, "none" when it failed to say.
    """

    problems: list[Problem] = field(default_factory=list)
    facts: dict[str, int] = field(default_factory=dict)
    model: Literal["", "none", "agreed", "refused"] = ""

    @property
    def codes(self) -> list[Code]:
        return list(dict.fromkeys(problem.code for problem in self.problems))

    def as_json(self) -> dict[str, Any]:
        """Without any words: what a customer said could stand in them."""
        told = {"model": self.model} if self.model else {}
        return {"problems": self.codes, **self.facts, **told}


def check(
    answer: str,
    passages: Sequence[Passage],
    prompt_texts: Sequence[str] = (),
    question: str = "",
    language: str = "",
    *,
    strict: bool = True,
) -> Findings:
    """`answer` as the model wrote it, marks and all; `language` is the code it should be in.

    Not `strict`: the model may talk freely, but figures, links and promises are checked the same.
    """
    case = _Case.of(answer, passages, prompt_texts, question, language)
    sentences = list(dict.fromkeys(with_shared_marks(read_sentences(answer))))
    cited = cited_numbers(answer)
    problems = [Problem("unknown_citation", f"[p{n}]") for n in unknown(cited, given=len(passages))]
    facts: Counter[str] = Counter(citations=len(cited), sentences=0, numbers=0, contacts=0)
    if len(sentences) > MOST_SENTENCES:
        return Findings([Problem("unsupported", f"more than {MOST_SENTENCES} sentences")])
    for sentence in sentences:
        found = read_facts(sentence.text, languages=tongues(sentence.text, case.language))
        facts.update(numbers=sum(fact.kind not in CONTACTS for fact in found))
        facts.update(contacts=sum(fact.kind in CONTACTS for fact in found))
        problems += _hard(case, sentence, found)
        if strict:
            facts.update(sentences=1)
            problems += _soft(case, sentence) or _loose(case, sentence)
    if strict and sentences and not problems and all(is_bare(one.text) for one in sentences):
        problems.append(Problem("reworded", answer))
    return Findings(problems, dict(facts))


@dataclass(frozen=True, slots=True)
class _Case:
    """What an answer may rest on, made ready once for all its sentences."""

    texts: list[str]
    own: list[str]
    question: str
    language: str
    languages: list[str]
    ground: Ground
    asked: Ground
    words: list[str]
    asked_words: list[str]

    @classmethod
    def of(
        cls,
        answer: str,
        passages: Sequence[Passage],
        own: Sequence[str],
        question: str,
        language: str,
    ) -> "_Case":
        texts = [f"{passage.title}.\n{passage.answer or passage.text}" for passage in passages]
        own = [text for text in own if text.strip()]
        speaks, sources = tongue(answer, language), [tongue(text) for text in (*texts, *own)]
        alike = all(one == speaks for one in sources)
        return cls(
            texts=texts,
            own=own,
            question=question,
            language=speaks,
            languages=sources,
            ground=Ground.of([*texts, *own], reads_nouns=alike),
            asked=Ground.of([question], speaks),
            words=content_words("\n".join([*texts, *own])),
            asked_words=content_words(question),
        )

    @property
    def foreign(self) -> bool:
        return any(one != self.language for one in self.languages[: len(self.texts)])

    @property
    def readable(self) -> bool:
        return comparable(self.language, self.languages[: len(self.texts)])

    def rests_on(self, sentence: Sentence) -> str:
        """The texts a sentence names; all of them when it names none, the prompts always."""
        return "\n".join([*self._named(sentence), *self.own])

    def units_for(self, sentence: Sentence) -> list[Unit]:
        """The sentences it may rest on; the prompts have no titles."""
        return units_of([*self._named(sentence), *(f"\n{text}" for text in self.own)])

    def _named(self, sentence: Sentence) -> list[str]:
        named = [self.texts[n - 1] for n in sentence.cited if 1 <= n <= len(self.texts)]
        return named or self.texts


def _hard(case: _Case, sentence: Sentence, found: list[Fact]) -> Iterator[Problem]:
    """What holds in every language, and whether or not the model may talk freely."""
    text = sentence.text
    for fact in unfounded(found, case.ground, case.asked, denies=denies(text)):
        code: Code = "invented_link" if fact.kind in CONTACTS else "invented_number"
        yield Problem(code, fact.words)
    if claimed(text, [*case.texts, *case.own]):
        yield Problem("action_claimed", text)


def _soft(case: _Case, sentence: Sentence) -> list[Problem]:
    return list(_contradictions_and_news(case, sentence))


def _loose(case: _Case, sentence: Sentence) -> list[Problem]:
    """What of a sentence no single one of its passages' sentences says."""
    source = case.rests_on(sentence)
    if not case.readable:
        return [Problem("reworded", sentence.text)] if only_denies(sentence.text, source) else []
    words = uncarried(
        sentence.text,
        case.units_for(sentence),
        case.asked,
        case.language,
        foreign=case.foreign,
    )
    doubt = swapped(sentence.text, source, case.language, foreign=case.foreign, scale=DOUBTFUL)
    mixed = "" if case.foreign else recombined(sentence.text, source)
    missing = [*words, *filter(None, [doubt, mixed])]
    return [Problem("reworded", ", ".join(missing))] if missing else []


def _contradictions_and_news(case: _Case, sentence: Sentence) -> Iterator[Problem]:
    """Whether the sentence follows from the passages, and from those that it names."""
    text, source = sentence.text, case.rests_on(sentence)
    if opposed(text, source) or (not case.foreign and goes_further(text, source, case.question)):
        yield Problem("contradiction", text)
    if turned := swapped(text, source, case.language, foreign=case.foreign):
        yield Problem("contradiction", turned)
    if mistimed(text, source, case.language):
        yield Problem("contradiction", text)
    if not case.readable:
        return
    if contradicted(text, source, foreign=case.foreign):
        yield Problem("contradiction", text)
    if news := news_in(text, case.words, case.asked_words, foreign=case.foreign):
        yield Problem("unsupported", ", ".join(news))
    elif _belongs_elsewhere(case, sentence):
        yield Problem("wrong_citation", text)
    if not case.foreign:
        known = [case.question, *case.texts, *case.own]
        yield from (
            Problem("invented_name", name) for name in unknown_names(text, known, case.language)
        )


def _belongs_elsewhere(case: _Case, sentence: Sentence) -> bool:
    """What it names does not hold its facts, though another passage does."""
    named = [n for n in sentence.cited if 1 <= n <= len(case.texts)]
    if not named or len(named) == len(case.texts):
        return False
    source = case.rests_on(sentence)
    facts = read_facts(sentence.text, languages=tongues(sentence.text, case.language))
    if unfounded(facts, Ground.of([source]), case.asked, denies=False):
        return True
    words = content_words(source)
    return bool(news_in(sentence.text, words, case.asked_words, foreign=case.foreign))
