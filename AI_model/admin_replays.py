"""Replays in the admin: asked for, how far one is, and what would be said otherwise."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import Case, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from AI_model.models import Replay, ReplayTurn
from AI_model.money import to_dollars
from AI_model.replies.comparing import Segment, difference
from AI_model.replies.words import note_of
from AI_model.services.replay_figures import changes_of, summary_of
from AI_model.services.replay_rows import (
    DAYS,
    GREATEST_MOST,
    LONGEST_DAYS,
    MOST,
    UNFINISHED,
    start_replay,
    stop_replay,
)
from core.admin import ScopedForm, ScopedModelAdmin
from core.lib.errors import DomainError

State = Replay.State
Verdict = ReplayTurn.Verdict
SHOWN = 200
COLOURS = {
    State.DONE: "success",
    State.FAILED: "danger",
    State.STOPPED: "warning",
    State.RUNNING: "info",
}
WORST_FIRST = Case(
    When(verdict=Verdict.HANDED_OVER, then=Value(0)),
    When(verdict=Verdict.CHANGED, then=Value(1)),
    default=Value(2),
)
IN_COMMON = 0.4
"""Of the letters, below which two texts stand side by side."""
FIGURES = ("asked", "answered", "newly_answered", "newly_handed_over", "changed")


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """A question whose answer would differ. A reason stands where people get it."""

    kind: str
    verdict: str
    question: str
    then: str
    now: str
    before: str
    after: str
    difference: list[Segment]
    """Empty where the texts have little in common."""
    address: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page tells of a replay."""

    headline: str
    address: str
    stop: str
    running: bool
    done: int
    total: int
    figures: list[tuple[str, str]]
    turns: list[ShownTurn]
    left: int


def shown_of(replay: Replay) -> Shown:
    counts = summary_of(replay)
    figures = [(name.replace("_", " ").capitalize(), str(counts[name])) for name in FIGURES]
    figures.append(("Money", f"${to_dollars(replay.money_nanos):.4f}"))
    changes = changes_of(replay).order_by(WORST_FIRST, "position")
    return Shown(
        headline=_headline(replay),
        address=reverse("admin:AI_model_replay_progress", args=[replay.pk]),
        stop=reverse("admin:AI_model_replay_stop", args=[replay.pk]),
        running=replay.state in UNFINISHED,
        done=replay.done,
        total=replay.total,
        figures=figures,
        turns=[_turn(turn) for turn in changes[:SHOWN]],
        left=max(0, changes.count() - SHOWN),
    )


def _headline(replay: Replay) -> str:
    tried = "the draft" if replay.against == Replay.Against.DRAFT else "what is published"
    if replay.state in UNFINISHED:
        return f"Asking {_questions(replay)} again, of {tried}." if replay.total else "Waiting."
    if replay.state == State.DONE:
        were = "was" if replay.total == 1 else "were"
        return f"{_questions(replay).capitalize()} {were} asked again, of {tried}."
    return replay.problem or f"Stopped after {replay.done} of {_questions(replay)}."


def _questions(replay: Replay) -> str:
    return f"{replay.total or 'no'} question{'' if replay.total == 1 else 's'}"


def _turn(turn: ReplayTurn) -> ShownTurn:
    before, after = turn.before, turn.after
    texts = before.get("text", ""), after.get("text", "")
    return ShownTurn(
        kind=turn.verdict,
        verdict=turn.get_verdict_display(),
        question=turn.question,
        then=_reason(before),
        now=_reason(after),
        before=texts[0],
        after=texts[1],
        difference=_in_words(*texts) if turn.verdict == Verdict.CHANGED else [],
        address=f"/inbox/{turn.message.conversation_id}/",
    )


def _in_words(before: str, after: str) -> list[Segment]:
    found = difference(before, after)
    same = sum(len(part["text"]) for part in found if part["op"] == "same")
    return found if same >= IN_COMMON * max(len(before), len(after)) else []


def _reason(said: dict[str, Any]) -> str:
    return note_of(said["reason"]) if said.get("reason") else ""


class ReplayForm(ScopedForm):
    days = forms.IntegerField(
        min_value=1,
        max_value=LONGEST_DAYS,
        initial=DAYS,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="Questions of so many days.",
    )
    most = forms.IntegerField(
        label="At most",
        min_value=1,
        max_value=GREATEST_MOST,
        initial=MOST,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="So many questions, the newest first. A model is paid for as for its answers.",
    )

    class Meta:
        model = Replay
        fields = ["business", "against", "days", "most"]
        labels = {"against": "Ask"}


@admin.register(Replay)
class ReplayAdmin(ScopedModelAdmin):
    owner_may = frozenset({"view", "add"})
    form = ReplayForm
    list_display = ["created_at", "state_line", "against", "progress_line", "user", "business"]
    list_filter = ["state", "against", "business"]
    list_select_related = ["business", "user"]
    actions: Any = None
    warn_unsaved_form = False
    empty_words = (
        "A replay asks past questions again and shows which answers would differ. "
        "Nothing is sent to customers."
    )
    change_form_outer_before_template = "AI_model/replay.html"

    class Media:
        css = {"all": ["AI_model/replays.css"]}

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return super().has_add_permission(request) and user.business is not None

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        names = ["against", "days", "most"]
        if obj is not None:
            names = ["business", *names, "user", "created_at", "finished_at"]
        return self.without_business(request, names)

    def get_urls(self) -> list[URLPattern]:
        name, wrap = "AI_model_replay", self.admin_site.admin_view
        return [
            path("<str:replay_id>/progress/", wrap(self.progress), name=f"{name}_progress"),
            path("<str:replay_id>/stop/", require_POST(wrap(self.stop)), name=f"{name}_stop"),
            *super().get_urls(),
        ]

    def _own(self, request: HttpRequest, replay_id: str) -> Replay:
        replay = self.get_object(request, replay_id)
        if not isinstance(replay, Replay) or not self.has_view_permission(request, replay):
            raise Http404
        return replay

    def progress(self, request: HttpRequest, replay_id: str) -> HttpResponse:
        """The part of the page that asks for itself again until the replay has ended."""
        context = {"shown": shown_of(self._own(request, replay_id))}
        return TemplateResponse(request, str(self.change_form_outer_before_template), context)

    def stop(self, request: HttpRequest, replay_id: str) -> HttpResponse:
        replay = self._own(request, replay_id)
        user: Any = request.user
        if user.business_id != replay.business_id:
            raise Http404
        try:
            stop_replay(replay=replay)
            messages.success(request, "Stopped. What was done stays.")
        except DomainError as refusal:
            messages.error(request, refusal.detail)
        return redirect("admin:AI_model_replay_change", replay.pk)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        replay = kwargs.get("obj")
        more: dict[str, Any] = {
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
            "shown": shown_of(replay) if replay is not None else None,
        }
        page: HttpResponse = super().render_change_form(request, context | more, *args, **kwargs)
        return page

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            page: HttpResponse = super().add_view(request, form_url, extra_context)
        except DomainError as refusal:
            messages.error(request, refusal.detail)
            return redirect("admin:AI_model_replay_changelist")
        return page

    def save_model(
        self, request: HttpRequest, obj: Replay, form: "forms.ModelForm[Any]", change: bool
    ) -> None:
        user: Any = request.user
        draft = obj.against == Replay.Against.DRAFT
        replay = start_replay(
            business=user.business, user=user, days=obj.days, most=obj.most, draft=draft
        )
        obj.pk, obj.created_at = replay.pk, replay.created_at

    def response_add(
        self, request: HttpRequest, obj: Replay, post_url_continue: str | None = None
    ) -> HttpResponse:
        return redirect("admin:AI_model_replay_change", obj.pk)

    @display(description="State", label=COLOURS, ordering="state")
    def state_line(self, replay: Replay) -> tuple[str, str]:
        return replay.state, replay.get_state_display()

    @display(description="Questions")
    def progress_line(self, replay: Replay) -> str:
        return f"{replay.done} of {replay.total}"
