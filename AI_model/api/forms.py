"""What the API tells of the AI's work."""

from typing import Any

from AI_model.models import AIRun, ModelPrice, UsageRecord
from AI_model.money import to_dollars
from AI_model.obstacles import ai_obstacles
from AI_model.replies.compose import Composition
from core.lib.errors import NotFound
from messaging.api.changes import person_form
from messaging.models import Conversation, Message

Form = dict[str, Any]
TOKENS = {
    "input": "tokens_in",
    "output": "tokens_out",
    "cached": "tokens_cached",
    "thinking": "tokens_thinking",
}


def status_form(conversation: Conversation) -> Form:
    reasons = ai_obstacles(conversation.business_id)
    return {
        "conversation_id": conversation.pk,
        "status": conversation.status,
        **_last_change_form(conversation),
        "ai_available": not reasons,
        "reasons": reasons,
    }


def _last_change_form(conversation: Conversation) -> Form:
    last = conversation.status_changes.select_related("user").order_by("-seq", "-pk").first()
    if last is None:
        return {"changed_at": None, "changed_by": None}
    who = {"by": last.by, "user": person_form(last.user), "reason": last.reason or None}
    return {"changed_at": last.at.isoformat(), "changed_by": who}


def suggestion_form(composition: Composition) -> Form:
    completion = composition.completion
    return {
        "text": composition.text,
        "reason": composition.reason.value if composition.reason else None,
        "citations": composition.citations,
        "model": completion.model if completion else None,
    }


def why_form(message: Message) -> Form:
    """What made an AI message; NotFound for any other."""
    run = AIRun.objects.for_business(message.business_id).filter(message=message).first()
    if run is None:
        raise NotFound("Only a message that the AI wrote has reasons to show.")
    calls = list(
        UsageRecord.objects.for_business(message.business_id)
        .filter(run=run)
        .select_related("price")
        .order_by("pk")
    )
    cited = {entry.get("entry_id") for entry in message.citations}
    return {
        "message_id": message.pk,
        "outcome": run.outcome,
        "reason": run.reason or None,
        "entries": [_entry_form(passage, cited) for passage in run.passages],
        "prompts_version": run.prompts_version,
        "knowledge_version": run.knowledge_version,
        "provider": run.provider or None,
        "model": run.model or None,
        "tokens": {
            name: sum(getattr(call, field) for call in calls) for name, field in TOKENS.items()
        },
        "money": _money_of(calls),
        "checks": _checks_form(run.checks),
        "timings": run.timings,
        "retries": max(0, len(calls) - 1),
        "calls": [_call_form(call) for call in calls],
    }


CHECKS = ("citations", "sentences", "numbers", "contacts", "attempts")


def _checks_form(checks: Form) -> Form | None:
    """What an answer of a model was held against; None for words that no model wrote."""
    if not checks:
        return None
    counted = {name: checks.get(name, 0) for name in CHECKS}
    return counted | {
        "problems": checks.get("problems", []),
        "own_words": bool(checks.get("own_words")),
        "model": checks.get("model") or None,
    }


def _entry_form(passage: Form, cited: set[Any]) -> Form:
    return {
        "entry_id": passage.get("id", ""),
        "title": passage.get("title", ""),
        "score": passage.get("score", 0.0),
        "kind": passage.get("kind", ""),
        "cited": passage.get("id") in cited,
    }


def _money_of(calls: list[UsageRecord]) -> float | None:
    """Dollars; None as soon as one call used tokens whose price is not known."""
    if any(call.money_nanos is None and call.tokens_in + call.tokens_out for call in calls):
        return None
    return to_dollars(sum(call.money_nanos or 0 for call in calls))


def _call_form(call: UsageRecord) -> Form:
    names = ("purpose", "provider", "model", "outcome", "milliseconds")
    return {name: getattr(call, name) for name in names} | {
        "tokens": {name: getattr(call, field) for name, field in TOKENS.items()},
        "money": None if call.money_nanos is None else to_dollars(call.money_nanos),
        "price": call.price and _price_form(call.price),
    }


def _price_form(price: ModelPrice) -> Form:
    cached = price.input if price.cached is None else price.cached
    return {
        "input": float(price.input),
        "output": float(price.output),
        "cached": float(cached),
        "valid_from": price.valid_from.isoformat(),
    }
