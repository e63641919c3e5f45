"""An offer as it is made, and what the customer chose of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from AI_model.providers.base import Passage
from AI_model.replies.words import did_you_mean
from AI_model.retrieval.search import search
from messaging.models import Message
from messaging.offers import NONE, PRESS, option_named, option_pressed, options_in
from settings_app.selectors import active_entries

if TYPE_CHECKING:
    from AI_model.replies.composition import Tried

LONGEST_TITLE = 120
LONGEST_ID = 40
PASSAGES = 5


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a customer chose: an entry's id or NONE, its title, and the offer, if it is in sight."""

    id: str
    title: str
    offer: Message | None = None

    @property
    def nothing(self) -> bool:
        return self.id == NONE


def make_offer(passages: Sequence[Passage], *, language: str) -> tuple[str, list[dict[str, str]]]:
    """What is said above the buttons, and the options, “none of these” the last of them."""
    text, none = did_you_mean(language)
    options = [
        {"id": passage.id, "title": _cut(passage.title)}
        for passage in passages
        if len(passage.id) <= LONGEST_ID
    ]
    return text, [*options, {"id": NONE, "title": none}]


def _cut(title: str) -> str:
    words = " ".join(title.split())
    return words if len(words) <= LONGEST_TITLE else f"{words[: LONGEST_TITLE - 1].rstrip()}…"


def last_offer(talk: Sequence[Message], unanswered: Sequence[Message]) -> Message | None:
    """Our last words before the unanswered ones, if they were an offer."""
    before = [message for message in talk if message not in unanswered]
    ours = [message for message in before if message.type != Message.Type.CUSTOMER]
    return ours[-1] if unanswered and ours and options_in(ours[-1].details) else None


def note_choice(talk: Sequence[Message], unanswered: Sequence[Message]) -> None:
    """After an offer “2” is as good as a press: from here on the message, as read, is one."""
    offer = last_offer(talk, unanswered)
    if offer is None or option_pressed(unanswered[-1].details):
        return
    said = unanswered[-1]
    if named := option_named(said.text, options_in(offer.details)):
        said.text, said.details = named["title"], {**said.details, "button": PRESS + named["id"]}


def chosen_in(talk: Sequence[Message], unanswered: Sequence[Message]) -> Chosen | None:
    """What the newest of the unanswered messages chose; None when it is no press of an offer's."""
    pressed = option_pressed(unanswered[-1].details) if unanswered else ""
    return Chosen(pressed, unanswered[-1].text, _offer_of(pressed, talk)) if pressed else None


def _offer_of(option_id: str, talk: Sequence[Message]) -> Message | None:
    offers = (m for m in reversed(talk) if m.type == Message.Type.AI)
    return next((m for m in offers if option_id in _ids(options_in(m.details))), None)


def _ids(options: Sequence[dict[str, Any]]) -> set[str]:
    return {str(option["id"]) for option in options}


def chosen_passages(
    *, business_id: str, chosen: Chosen, tried: "Tried | None" = None
) -> list[Passage]:
    """Exactly the entry that was chosen, as sure as can be; once it is gone, what its title finds.

    A pair of the prompts has no row: there the search finds it by its own title, and so it does
    an entry with days of validity, and every entry of a state that is only tried.
    """
    if tried is None:
        entry = active_entries(business_id).filter(pk=chosen.id).first()
        if entry is not None and entry.valid_from is None and entry.valid_to is None:
            return [Passage(entry.pk, "entry", entry.question, entry.answer, entry.answer, 1.0)]
        found = search(business_id=business_id, question=chosen.title, limit=PASSAGES)
    else:
        from AI_model.retrieval.index import search as search_in

        found = search_in(tried.index, chosen.title, limit=PASSAGES, today=tried.today)
    same = [replace(passage, score=1.0) for passage in found if passage.id == chosen.id]
    return same or found
