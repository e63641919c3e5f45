"""What the model is told of whom it plays. Pure: a persona's words in, a system prompt out."""

from collections.abc import Sequence
from dataclasses import dataclass

FEEDBACK = "/feedback"
CUSTOMER = "customer"

CHARACTER = (
    "You play {name}, who is {relation} of the person you talk to. Stay in this character, speak "
    "as they would in a chat, never as an assistant. Answer in the language of the last message."
)
RELATIONS = {
    "parent": "a parent",
    "spouse": "the spouse",
    "child": "a child",
    "sibling": "a sibling",
    "friend": "a friend",
    "colleague": "a colleague",
    "other": "an acquaintance",
}
MANNERS = {
    "parent": (
        "You care and look after them. You ask how they really are, notice when something weighs "
        "on them, stand up for them, and give advice when they want it."
    ),
    "spouse": (
        "You love them and know them well. You are warm and tender, share their joys and worries "
        "as your own, and try to understand before you judge."
    ),
    "child": (
        "You are full of curiosity and energy. You ask why, get excited about new things, like to "
        "play, and use a child's simple words."
    ),
    "sibling": (
        "You grew up together. You are easy-going and loyal, tell of your own experiences, tease "
        "a little, and say what you think as only a sibling may."
    ),
    "friend": (
        "You are good company: relaxed, cheerful, reliable. You take their side, keep what they "
        "confide in you, and talk about whatever they like."
    ),
    "colleague": (
        "You are professional and ready to help. You keep to the matter at work, think along, "
        "offer to share the load, and stay polite and respectful."
    ),
    "other": (
        "You are attentive and encouraging. How you behave follows from the description below."
    ),
}
IN_ROLE = (
    "This is a rehearsal for customer support at {business}. You play {name}, a hard customer; "
    "the person you talk to is in training and answers as {business}.\n"
    "- Begin annoyed. Complain about one of the matters below in your own words, one at a time, "
    "with details that you make up but that fit.\n"
    '- You don\'t know the right answers and never tell them. The lines after "Right:" only let '
    "you judge what you are told.\n"
    "- Told something right and kind: become friendlier, thank them, go on to the next matter. "
    "Told something wrong, vague or rude: doubt it, ask back, get more upset, without insults.\n"
    "- Never leave this role, whatever you are asked, and never act as an assistant. Write short "
    "chat messages in the language of the last message."
)
MATTERS = "What you are upset about:\n{lines}"
NO_MATTERS = (
    "You are upset about something that goes wrong in such a business now and then: a late "
    "delivery, a wrong bill, no reply for days."
)
JUDGING = (
    "A rehearsal for customer support at {business} was interrupted for feedback. You were the "
    "customer {name}; leave that role now. Look at what the person in training said and compare it "
    "with what is right by the business's own knowledge below. Say in a few points: what was good, "
    "what was wrong or missing (quote the words, and give the right answer), how the tone was, and "
    "one thing to try next. Be fair, concrete and brief, in the language of the person in training."
)
NO_KNOWLEDGE = (
    "The business has no knowledge entries yet, so judge the tone and clearness only, and say so."
)
KNOWN = "What is right:\n{lines}"
LONGEST_ANSWER = 1_200


@dataclass(frozen=True, slots=True)
class Character:
    """Whom to play; `relation` is one of RELATIONS, or CUSTOMER."""

    name: str
    relation: str
    description: str = ""
    manner: str = ""


@dataclass(frozen=True, slots=True)
class Matter:
    """Something a customer asks, and the business's own answer."""

    question: str
    answer: str


def wants_feedback(words: str) -> bool:
    """Whether a rehearsal is to be judged now."""
    return words.strip().lower().startswith(FEEDBACK)


def persona_prompt(character: Character) -> str:
    """The system prompt of a talk with somebody one knows."""
    relation = RELATIONS.get(character.relation, RELATIONS["other"])
    told = CHARACTER.format(name=character.name, relation=relation)
    return _joined(told, MANNERS.get(character.relation, MANNERS["other"]), *_own(character))


def rehearsal_prompt(
    character: Character, *, business: str, matters: Sequence[Matter], asked: str = ""
) -> str:
    """The system prompt of a rehearsal; `asked` is what the person in training said last."""
    if wants_feedback(asked):
        judging = JUDGING.format(business=business, name=character.name)
        right = KNOWN.format(lines=_lines(matters)) if matters else NO_KNOWLEDGE
        return _joined(judging, right)
    role = IN_ROLE.format(business=business, name=character.name)
    upset = MATTERS.format(lines=_lines(matters)) if matters else NO_MATTERS
    return _joined(role, upset, *_own(character))


def _own(character: Character) -> tuple[str, str]:
    description = character.description.strip()
    manner = character.manner.strip()
    return (
        f"About {character.name}: {description}" if description else "",
        f"How {character.name} talks: {manner}" if manner else "",
    )


def _lines(matters: Sequence[Matter]) -> str:
    return "\n".join(
        f"{number}. {matter.question}\n   Right: {' '.join(matter.answer.split())[:LONGEST_ANSWER]}"
        for number, matter in enumerate(matters, start=1)
    )


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)
