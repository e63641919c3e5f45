"""What `ai_control` does, as facts that print as text or JSON."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.models import Business, User
from AI_model.models import AIModelConfig
from AI_model.obstacles import ai_obstacles
from AI_model.providers.registry import configured_chain, configured_names, model_choices
from AI_model.services.budgets import budget_states
from AI_model.services.checks_business import check_business
from AI_model.services.config import save_config
from AI_model.services.models import chain_for
from AI_model.services.sessions import Synced, sync_sessions
from AI_model.services.trial import try_providers
from core.lib.errors import NotFound
from messaging.models import Conversation

Facts = dict[str, Any]
Progress = Callable[[int, int], None]
"""Hears how many of how many are done."""


def businesses_of(username: str | None) -> list[Business]:
    """The business of a user name or e-mail; all of them for None. NotFound says what is wrong."""
    if username is None:
        return list(Business.objects.order_by("name", "pk"))
    user = User.objects.select_related("business").filter(_named(username)).order_by("pk").first()
    if user is None:
        raise NotFound(f"There is no user “{username}”.")
    if user.business is None:
        raise NotFound(f"“{username}” is platform staff and belongs to no business.")
    return [user.business]


def set_enabled(businesses: Sequence[Business], *, enabled: bool) -> list[Facts]:
    """Switch automatic answers; says what still keeps the AI from answering."""
    for business in businesses:
        changes = {"auto_response_enabled": enabled}
        save_config(business=business, changes=changes, via="command")
    return [
        {**name_of(business), "enabled": enabled, "obstacles": ai_obstacles(business.pk)}
        for business in businesses
    ]


def status_of(business: Business) -> Facts:
    owner = User.objects.filter(business=business, role=User.Role.OWNER).first()
    config = AIModelConfig.objects.for_business(business.pk).first() or AIModelConfig(
        business=business
    )
    obstacles = ai_obstacles(business.pk)
    return {
        **name_of(business),
        "enabled": config.auto_response_enabled,
        "can_answer": not obstacles,
        "obstacles": obstacles,
        "default_reply_handler": owner.default_reply_handler if owner else None,
        "mode": config.mode,
        "model": config.model_name or next(iter(model_choices()), None),
        "providers": configured_names(),
        "budgets": budget_states(business),
        "conversations": conversation_counts(business),
    }


def test_of(business: Business | None) -> Facts:
    """Every provider of the business's chain, or of the operator's for None, really asked."""
    config = AIModelConfig.objects.for_business(business.pk).first() if business else None
    name = config.model_name if config else ""
    chain = chain_for(business_id=business.pk, model_name=name) if business else configured_chain()
    trials = try_providers(chain=chain, business_id=business.pk if business else None)
    return {
        **(name_of(business) if business else {}),
        "ok": bool(trials) and all(trial.ok for trial in trials),
        "providers": [{**trial.facts(), "summary": trial.summary} for trial in trials],
    }


def validation_of(business: Business) -> Facts:
    checks = check_business(business)
    return {
        **name_of(business),
        "ok": all(check.ok for check in checks),
        "checks": [check.facts() for check in checks],
    }


def sync_all(businesses: Sequence[Business] | None, *, progress: Progress) -> Facts:
    """Sync the sessions of these businesses, or of all for None."""
    ids = [None] if businesses is None else [business.pk for business in businesses]
    total, done = _conversations(businesses).count(), Synced()
    for pk in ids:
        tell = partial(_tell, progress, done.total, total)
        done += sync_sessions(business_id=pk, progress=tell)
    return {"created": done.created, "updated": done.updated, "unchanged": done.unchanged}


def _tell(progress: Progress, before: int, total: int, count: int) -> None:
    progress(before + count, total)


def _conversations(businesses: Sequence[Business] | None) -> QuerySet[Conversation]:
    rows = Conversation.objects.all()
    return rows if businesses is None else rows.filter(business__in=businesses)


def conversations_of(business: Business) -> Facts:
    return {**name_of(business), "conversations": conversation_counts(business)}


def conversation_counts(business: Business) -> dict[str, int]:
    counted = dict(
        Conversation.objects.for_business(business.pk)
        .values_list("status")
        .annotate(Count("pk"))
        .order_by("status")
    )
    return {status: counted.get(status, 0) for status in Conversation.Status.values}


def name_of(business: Business) -> Facts:
    owner = User.objects.filter(business=business, role=User.Role.OWNER).first()
    return {
        "business_id": business.pk,
        "business": business.name,
        "user": owner.username if owner else None,
    }


def _named(username: str) -> Q:
    by_mail = Q(email__iexact=username) if "@" in username else Q()
    return Q(username=username) | by_mail if by_mail else Q(username=username)
