"""What the AI holds of a customer's conversations, for the export and for erasing."""

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from AI_model.models import AIRun, ChatSession, ReplayTurn, Spending
from messaging.services.personal import Part, register_part

RUN = (
    *("id", "conversation_id", "message_id", "outcome", "reason", "passages", "provider", "model"),
    *("tokens_in", "tokens_out", "timings", "started_at", "finished_at"),
)
TURN = ("replay_id", "message_id", "question", "before", "after", "verdict")
SESSION = ("session_id", "is_active", "message_count", "last_activity_at")


def register_parts() -> None:
    register_part(Part("ai_runs", _runs, lambda run: _form(run, RUN)))
    register_part(Part("sessions", _sessions, lambda session: _form(session, SESSION)))
    register_part(Part("replays", _replay_turns, lambda turn: _form(turn, TURN)))
    register_part(Part("budgets", _budgets))


def _form(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _runs(ids: Collection[str]) -> QuerySet[Any]:
    return AIRun.objects.filter(conversation__in=ids).order_by("started_at", "pk")


def _sessions(ids: Collection[str]) -> QuerySet[Any]:
    return ChatSession.objects.filter(conversation__in=ids).order_by("pk")


def _replay_turns(ids: Collection[str]) -> QuerySet[Any]:
    return ReplayTurn.objects.filter(message__conversation__in=ids).order_by("pk")


def _budgets(ids: Collection[str]) -> QuerySet[Any]:
    """What a conversation spent of its own budget stands under its id."""
    return Spending.objects.filter(scope__in=[f"conversation:{pk}" for pk in ids])
