"""Shapes of `/api/v1/replays/`, and the forms that fill them."""

from typing import Any

from rest_framework import serializers

from AI_model.models import Replay, ReplayTurn
from AI_model.money import to_dollars
from AI_model.replies.comparing import difference
from AI_model.services.replay_figures import summary_of
from AI_model.services.replay_rows import DAYS, GREATEST_MOST, LONGEST_DAYS, MOST
from core.lib.rest import QuerySerializer, StrictSerializer

OUTCOMES = ("answered", "offered", "handed_over")
Form = dict[str, Any]


class ReplayBodySerializer(StrictSerializer):
    days = serializers.IntegerField(
        min_value=1, max_value=LONGEST_DAYS, default=DAYS, help_text="Questions of so many days."
    )
    draft = serializers.BooleanField(
        default=False, help_text="Against the draft instead of what is published."
    )
    most = serializers.IntegerField(
        min_value=1, max_value=GREATEST_MOST, default=MOST, help_text="The newest so many."
    )


class ReplaysQuery(QuerySerializer):
    state = serializers.ChoiceField(choices=Replay.State.choices, required=False)


class TurnsQuery(QuerySerializer):
    verdict = serializers.ChoiceField(choices=ReplayTurn.Verdict.choices, required=False)


class ReplayPersonSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class ReplaySerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    state = serializers.ChoiceField(choices=Replay.State.choices)
    against = serializers.ChoiceField(choices=Replay.Against.choices)
    draft_digest = serializers.CharField(
        allow_null=True, help_text="Names the draft that is tried, as knowledge/draft/ does."
    )
    days = serializers.IntegerField()
    most = serializers.IntegerField()
    done = serializers.IntegerField(help_text="Questions asked so far.")
    total = serializers.IntegerField(help_text="Questions to ask; 0 until they are looked up.")
    money = serializers.FloatField(help_text="US dollars, as far as prices are known.")
    problem = serializers.CharField(allow_blank=True, help_text="Why it ended early.")
    who = ReplayPersonSerializer(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class ReplaySummarySerializer(serializers.Serializer[Any]):
    asked = serializers.IntegerField()
    answered = serializers.IntegerField(help_text="Now, as before or newly.")
    offered = serializers.IntegerField(help_text="Now a choice of entries.")
    handed_over = serializers.IntegerField(help_text="Now to people.")
    same = serializers.IntegerField()
    newly_answered = serializers.IntegerField()
    newly_handed_over = serializers.IntegerField()
    changed = serializers.IntegerField(help_text="Answered or offered otherwise.")


class ReplayDetailSerializer(ReplaySerializer):
    summary = ReplaySummarySerializer()


class ReplaySaidSerializer(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    text = serializers.CharField(allow_blank=True, help_text="Empty where people got it.")
    reason = serializers.CharField(allow_blank=True, help_text="Why people got it.")
    entries = serializers.ListField(child=serializers.CharField())
    score = serializers.FloatField(allow_null=True, help_text="Of the best passage, 0 to 1.")


class ReplaySegmentSerializer(serializers.Serializer[Any]):
    op = serializers.ChoiceField(choices=("same", "removed", "added"))
    text = serializers.CharField(trim_whitespace=False)


class ReplayTurnSerializer(serializers.Serializer[Any]):
    message_id = serializers.CharField()
    conversation_id = serializers.CharField()
    question = serializers.CharField()
    verdict = serializers.ChoiceField(choices=ReplayTurn.Verdict.choices)
    before = ReplaySaidSerializer()
    after = ReplaySaidSerializer()
    difference = ReplaySegmentSerializer(many=True)
    money = serializers.FloatField()
    milliseconds = serializers.IntegerField()


def replay_form(replay: Replay) -> Form:
    user = replay.user
    return {
        "id": replay.pk,
        **{name: getattr(replay, name) for name in ("state", "against", "days", "most")},
        "draft_digest": replay.draft_digest or None,
        **{name: getattr(replay, name) for name in ("done", "total", "problem")},
        "money": to_dollars(replay.money_nanos),
        "who": None if user is None else {"id": user.pk, "name": user.display_name},
        "created_at": replay.created_at.isoformat(),
        "finished_at": replay.finished_at.isoformat() if replay.finished_at else None,
    }


def replay_detail(replay: Replay) -> Form:
    return replay_form(replay) | {"summary": summary_of(replay)}


def turn_form(turn: ReplayTurn) -> Form:
    before, after = turn.before, turn.after
    return {
        "message_id": turn.message_id,
        "conversation_id": turn.message.conversation_id,
        **{name: getattr(turn, name) for name in ("question", "verdict", "milliseconds")},
        "before": _said(before),
        "after": _said(after),
        "difference": difference(before.get("text", ""), after.get("text", "")),
        "money": to_dollars(turn.money_nanos),
    }


def _said(said: Form) -> Form:
    empty: Form = {"outcome": "handed_over", "text": "", "reason": "", "entries": [], "score": None}
    return {name: said.get(name, value) for name, value in empty.items()}
