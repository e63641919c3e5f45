"""Is all there that the AI of one business needs? Each check says what is missing, and the remedy.

None of them asks a provider: whether a key is taken is for `ai_control test`.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import Business, User, validate_timezone
from AI_model.budgets import MONEY
from AI_model.config_rules import limit_problem, model_problem
from AI_model.models import AIModelConfig
from AI_model.providers.registry import model_choices
from AI_model.replies.languages import base_of, languages
from AI_model.services.checks import Check, check_configured, check_models
from AI_model.services.config import config_of
from AI_model.services.prices import unpriced_models
from messaging.models import Channel
from settings_app.hours import MIDNIGHT, Span
from settings_app.models import AIPrompts, KnowledgeEntry
from settings_app.selectors import Schedule, business_schedule

KNOWING = ("knowledge_source", "product_service", "question_answer")


def check_business(business: Business) -> list[Check]:
    """What one business decides, after what it shares with all others."""
    owner = User.objects.filter(business=business, role=User.Role.OWNER).first()
    config = config_of(business)
    return [
        check_configured(),
        *check_models(),
        _check_enabled(config, owner),
        *_check_model(config),
        *_check_knowledge(business),
        _check_handler(owner),
        *_check_channels(business),
        *_check_hours(business, config),
        *_check_prices(business, config),
        *_check_texts(config),
    ]


def _check_enabled(config: AIModelConfig, owner: User | None) -> Check:
    if config.auto_response_enabled:
        return Check("auto response", True, "On.")
    user = f" --user {owner.username}" if owner else ""
    mend = f"Run manage.py ai_control enable{user}."
    return Check("auto response", False, "Automatic answers are off.", mend)


def _check_model(config: AIModelConfig) -> Iterator[Check]:
    name = config.model_name
    if problem := model_problem(name, business_id=config.business_id) if name else "":
        detail = f"“{name}” can't answer; the first configured model does so instead."
        yield Check("model", False, detail, f"Change model_name in the config. {problem}")
    else:
        first = next(iter(model_choices()), "none")
        yield Check("model", True, name or f"The first that is configured: {first}.")
    if problem := limit_problem(name, config.max_tokens, business_id=config.business_id):
        yield Check("max tokens", False, problem, "Lower max_tokens in the config.")


def _check_knowledge(business: Business) -> Iterator[Check]:
    entries = KnowledgeEntry.objects.for_business(business.pk).filter(is_active=True).count()
    prompts = AIPrompts.objects.for_business(business.pk).first()
    written = [name for name in KNOWING if prompts and getattr(prompts, name).strip()]
    instructed = bool(prompts and prompts.manual_prompt.strip())
    if entries or written or instructed:
        detail = f"{entries} entries, {len(written)} of {len(KNOWING)} texts."
        yield Check("knowledge", True, detail)
    else:
        mend = "Write knowledge entries in the admin, or run manage.py import_knowledge."
        yield Check("knowledge", False, "There are neither prompts nor knowledge entries.", mend)
    if instructed:
        yield Check("prompts", True, "The manual prompt is written.")
    else:
        mend = "Write the manual prompt in the admin, under AI prompts."
        detail = "Without a manual prompt, models know only the product's own rules."
        yield Check("prompts", True, detail, mend, warning=True)


def _check_handler(owner: User | None) -> Check:
    name = "default handler"
    if owner is None:
        mend = "Make one in the admin, under Users."
        return Check(name, False, "The business has no owner.", mend)
    if owner.default_reply_handler == User.Handler.AI:
        return Check(name, True, "AI answers new conversations first.")
    mend = f"Set default_reply_handler of {owner.username} to AI in the admin, under Users."
    return Check(name, False, "People answer new conversations first.", mend)


def _check_channels(business: Business) -> Iterator[Check]:
    rows = Channel.objects.for_business(business.pk).filter(is_active=True).defer("secrets")
    channels = list(rows)
    if not channels:
        mend = "Connect one with manage.py connect_channel, or in the admin."
        yield Check("channels", False, "No channel is switched on.", mend)
    for channel in channels:
        name = f"channel {channel}"
        if channel.health == Channel.Health.DEAD:
            detail = channel.health_detail or "It needs reconnecting."
            yield Check(name, False, detail, "Enter a fresh token in the admin, under Channels.")
        else:
            yield Check(name, True, str(channel.get_health_display()))


def _check_hours(business: Business, config: AIModelConfig) -> Iterator[Check]:
    """Hours that can't be meant; silent for a business that sets none and asks for none."""
    try:
        validate_timezone(business.timezone)
    except ValidationError:
        mend = "Set timezone in the config to a name such as Europe/Berlin."
        yield Check("timezone", False, f"“{business.timezone}” is no time zone.", mend)
        return
    schedule = business_schedule(business.pk)
    problems = [*_problems_of_hours(schedule, config)] or _problems_of_holidays(schedule)
    if problems:
        mend = "Correct business_hours in the config, or the hours in the admin."
        yield from (Check("business hours", False, problem, mend) for problem in problems)
    elif schedule.spans:
        yield Check("business hours", True, f"{len(schedule.spans)} spans a week.")


def _problems_of_hours(schedule: Schedule, config: AIModelConfig) -> Iterator[str]:
    if config.business_hours_only and not schedule.spans:
        yield "Answers are for business hours only, but no hours are set, so it is always open."
    yield from (
        f"{_day(span)} closes at {span.closes:%H:%M}, before it opens at {span.opens:%H:%M}."
        for span in schedule.spans
        if span.closes != MIDNIGHT and span.closes <= span.opens
    )
    in_order = sorted(schedule.spans, key=lambda span: (span.weekday, span.opens))
    yield from (
        f"{_day(late)} opens at {late.opens:%H:%M} while it is open since {early.opens:%H:%M}."
        for early, late in pairwise(in_order)
        if early.weekday == late.weekday and (early.closes > late.opens or early.closes == MIDNIGHT)
    )


def _problems_of_holidays(schedule: Schedule) -> list[str]:
    opens = not schedule.spans or schedule.next_opening(timezone.now()) is not None
    return [] if opens else ["Holidays leave no day of the next year on which it opens."]


def _day(span: Span) -> str:
    return DAYS[span.weekday]


DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _check_prices(business: Business, config: AIModelConfig) -> Iterator[Check]:
    """A model without a price: its money is not counted, and a money budget shuts it out."""
    budgets = [name for name in MONEY if config.budgets.get(name) is not None]
    mend = "The operator enters it in the admin, under Prices."
    for model in unpriced_models(business):
        if budgets:
            detail = f"{model} has no price, so it can't answer within {_listed(budgets)}."
            yield Check(f"price {model}", False, detail, mend)
        else:
            detail = f"{model} has no price, so what it costs is not counted."
            yield Check(f"price {model}", True, detail, mend, warning=True)


def _check_texts(config: AIModelConfig) -> Iterator[Check]:
    """In each language that the business answers in, somebody must say that a person comes."""
    for number, code in enumerate(dict.fromkeys(map(base_of, config.languages))):
        name = f"hand-over text {code}"
        mend = f"Write handover_text for {code} under texts in the config."
        if (config.texts.get(code) or {}).get("handover_text"):
            yield Check(name, True, "The business's own.")
        elif config.handover_text.strip():
            detail = "The business's own for all languages."
            yield Check(name, True, detail, mend if number else "", warning=number > 0)
        elif code in languages():
            yield Check(name, True, "The product's own.")
        else:
            detail = f"There is none for {code}; its customers read English."
            yield Check(name, False, detail, mend)


def _listed(names: Iterable[str]) -> str:
    return " and ".join(names)
