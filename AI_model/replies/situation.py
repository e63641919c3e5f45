"""What a run knows before it decides: the conversation, its settings, its unanswered words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Business
from AI_model.models import AIModelConfig
from AI_model.replies.languages import choose_language
from AI_model.replies.mood import is_angry
from AI_model.replies.offers import Chosen, chosen_in, last_offer, note_choice
from AI_model.replies.phrases import asks_for_person
from AI_model.replies.policy import Facts
from AI_model.replies.prompt import all_parts, all_words
from AI_model.replies.reading import has_unread, waits_until
from AI_model.services.models import can_serve
from core.lib.prepared import prepared_rows
from messaging.models import Channel, Conversation, Message
from messaging.offers import option_pressed
from messaging.selectors import spoken_messages
from settings_app.selectors import business_schedule

LOOK_BACK = 10
"""Earlier messages of a customer from which the language is told, when the new ones don't tell."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A conversation as it stood at one moment."""

    conversation: Conversation
    business: Business
    config: AIModelConfig
    talk: list[Message]
    unanswered: list[Message]
    facts: Facts

    @property
    def chosen(self) -> Chosen | None:
        """What the customer chose among our offers with the newest words."""
        return chosen_in(self.talk, self.unanswered)

    @property
    def question(self) -> str:
        """The customer's unanswered words, one message a line."""
        return "\n".join(text for message in self.unanswered if (text := words_of(message)))

    @property
    def language(self) -> str:
        """In which to speak to the customer; "" when nothing tells."""
        return choose_language(
            spoken=_spoken(self.talk, self.unanswered),
            platform=self.conversation.customer.language,
            answers_in=self.config.languages,
        )

    @property
    def earlier(self) -> list[tuple[str, str]]:
        """What the customer asked before the unanswered words, and our answers, oldest first."""
        pairs: list[tuple[str, str]] = []
        for message in self.talk[-LOOK_BACK - len(self.unanswered) :]:
            if message.type == Message.Type.CUSTOMER and message not in self.unanswered:
                pairs.append((words_of(message), ""))
            elif message.type != Message.Type.CUSTOMER and pairs:
                pairs[-1] = (pairs[-1][0], message.text)
        return pairs

    @property
    def last_content(self) -> str:
        return self.unanswered[-1].content if self.unanswered else "text"


def parts_of(message: Message) -> list[str]:
    """The same, its words and its files' apart: either may be what is asked."""
    return [] if message.content == "start" else all_parts(message)


def words_of(message: Message) -> str:
    """What a message says, in its words and in its files; a bare /start says nothing."""
    return "" if message.content == "start" else all_words(message)


def _spoken(talk: Sequence[Message], unanswered: Sequence[Message]) -> list[str]:
    """What the customer said, the unanswered words as one and first, then back in time; a button's
    title is ours."""
    own = [m for m in talk if m.type == Message.Type.CUSTOMER and not option_pressed(m.details)]
    asked = "\n".join(filter(None, (words_of(m) for m in own if m in unanswered)))
    earlier = [message for message in own if message not in unanswered]
    return [asked, *filter(None, map(words_of, reversed(earlier[-LOOK_BACK:])))]


@prepared_rows
def conversation_with_settings(conversation_id: str) -> QuerySet[Conversation]:
    settled = ("channel__business__ai_config", "channel__business__prompts", "customer")
    return Conversation.objects.select_related(*settled).filter(pk=conversation_id)


def read_situation(conversation_id: str, *, epoch_seen: int | None = None) -> Situation | None:
    """Read it afresh; None when the conversation is gone."""
    conversation = conversation_with_settings.first(conversation_id=conversation_id)
    if conversation is None:
        return None
    business = conversation.channel.business
    config = getattr(business, "ai_config", None) or AIModelConfig(business=business)
    talk = spoken_messages(conversation)
    unanswered = [message for message in talk if is_unanswered(message, conversation)]
    note_choice(talk, unanswered)
    facts = _facts(conversation, business, config, unanswered, epoch_seen)
    facts = with_anger(with_offers(facts, talk, unanswered), talk, unanswered)
    return Situation(conversation, business, config, talk, unanswered, facts)


def with_offers(facts: Facts, talk: Sequence[Message], unanswered: Sequence[Message]) -> Facts:
    """The facts with what was offered before these words, and chosen with them."""
    chosen = chosen_in(talk, unanswered)
    return replace(
        facts,
        just_offered=last_offer(talk, unanswered) is not None,
        chose_none=chosen is not None and chosen.nothing,
    )


def with_anger(facts: Facts, talk: Sequence[Message], unanswered: Sequence[Message]) -> Facts:
    """The facts with whether these words are angry, and those before our last answer were, too."""
    if not is_angry("\n".join(map(words_of, unanswered))):
        return replace(facts, angry=False, angry_before=False)
    before: list[Message] = []
    for message in reversed([message for message in talk if message not in unanswered]):
        if message.type == Message.Type.CUSTOMER:
            before.insert(0, message)
        elif before:
            break
    return replace(facts, angry=True, angry_before=is_angry("\n".join(map(words_of, before))))


def is_unanswered(message: Message, conversation: Conversation) -> bool:
    return message.type == Message.Type.CUSTOMER and message.seq > conversation.answered_seq


def _facts(
    conversation: Conversation,
    business: Business,
    config: AIModelConfig,
    unanswered: list[Message],
    epoch_seen: int | None,
) -> Facts:
    now = timezone.now()
    texts = [words_of(message) for message in unanswered]
    open_now = not config.business_hours_only or opening(business, at=now)[0]
    return Facts(
        now=now,
        status=conversation.status,
        epoch=conversation.epoch,
        epoch_seen=conversation.epoch if epoch_seen is None else epoch_seen,
        unanswered=bool(unanswered),
        last_customer_at=conversation.last_customer_at or now,
        first_unanswered_at=conversation.first_unanswered_at or now,
        quiet_period=quiet_period(0 if is_asked(conversation) else config.quiet_period_ms),
        ai_enabled=config.auto_response_enabled,
        ai_usable=can_serve(business_id=business.pk, model_name=config.model_name),
        is_open=open_now,
        business_hours_only=config.business_hours_only,
        draft_mode=config.mode == AIModelConfig.Mode.DRAFT,
        turns=conversation.ai_turns,
        max_turns=config.max_turns,
        attempts=conversation.claim_attempts,
        asks_for_person=any(asks_for_person(text) for text in texts),
        has_words=any(texts),
        is_start=bool(unanswered) and unanswered[-1].content == "start",
        files_until=waits_until(config, unanswered),
        unread_files=has_unread(config, unanswered),
    )


def is_asked(conversation: Conversation) -> bool:
    """Whether somebody waits for the answer on the line: nothing is added to a question there."""
    return conversation.channel.kind == Channel.Kind.API


def after_reading(situation: Situation) -> Situation:
    """The same situation once its files were read, as far as they can be."""
    texts = [words_of(message) for message in situation.unanswered]
    facts = replace(
        situation.facts,
        asks_for_person=any(asks_for_person(text) for text in texts),
        has_words=any(texts),
        files_until=None,
        unread_files=False,
    )
    facts = with_anger(facts, situation.talk, situation.unanswered)
    return replace(situation, facts=facts)


def quiet_period_of(business: Business) -> timedelta:
    config: AIModelConfig | None = getattr(business, "ai_config", None)
    return quiet_period(config.quiet_period_ms if config else None)


def quiet_period(own: int | None) -> timedelta:
    """The business's own pause (milliseconds), or the product's."""
    return timedelta(milliseconds=settings.REPLY_QUIET_PERIOD_MS if own is None else own)


def opening(business: Business, *, at: datetime) -> tuple[bool, datetime | None]:
    """Whether the business is open at that time, and if not, when it opens next (its own zone)."""
    schedule = business_schedule(business.pk)
    if schedule.is_open(at):
        return True, None
    return False, schedule.next_opening(at)
