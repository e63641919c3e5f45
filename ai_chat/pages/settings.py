"""How a person likes to chat: model, instructions, temperature, titles."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from ai_chat.models import Persona
from ai_chat.pages.choices import models_of
from ai_chat.pages.edge import ChatRequest, chat_view
from ai_chat.services.settings import CHANGEABLE, change_settings, settings_of
from AI_model.api.endpoint_shapes import endpoint_form
from AI_model.models import Endpoint
from AI_model.selectors import endpoints_for
from core.lib.errors import DomainError


class SettingsForm(forms.Form):
    default_model = forms.ChoiceField(required=False, label="Model")
    system_prompt = forms.CharField(
        required=False,
        max_length=20_000,
        label="Instructions",
        help_text="What every model should know of you, and how it should answer.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    temperature = forms.FloatField(
        required=False,
        min_value=0,
        max_value=2,
        label="Temperature",
        help_text="From 0, which is steady, to 2, which is free. Empty = the model's own.",
        widget=forms.NumberInput(attrs={"step": "0.1"}),
    )
    auto_title = forms.BooleanField(
        required=False, label="Find a title for new chats after the first answer"
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": ""} | kwargs)
        known = [(model.name, model.label) for model in models_of(user)]
        self.fields["default_model"].choices = [("", "The first that is set up"), *known]  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
@chat_view
def settings(request: ChatRequest) -> HttpResponse:
    own = settings_of(user=request.user)
    present = {name: getattr(own, name) for name in CHANGEABLE}
    form = SettingsForm(request.POST or None, initial=present, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            change_settings(user=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, error.detail)
        else:
            messages.success(request, "Saved. New questions follow it.")
            return redirect("chat:settings")
    shown = {"form": form} | _personas(request.user) | _endpoints(request.user)
    return render(request, "ai_chat/settings.html", shown)


@require_GET
@chat_view
def personas(request: ChatRequest) -> HttpResponse:
    """One's personas again, after one of them changed."""
    return render(request, "ai_chat/_personas.html", _personas(request.user))


def _personas(user: User) -> dict[str, Any]:
    return {
        "personas": list(Persona.objects.for_user(user)),
        "relations": Persona.Relation.choices,
    }


@require_GET
@chat_view
def endpoints(request: ChatRequest) -> HttpResponse:
    """The business's own endpoints again, after one of them changed; for owners."""
    if not request.user.is_owner:
        raise Http404("Owners see the endpoints.")
    return render(request, "ai_chat/_endpoints.html", _endpoints(request.user))


def _endpoints(user: User) -> dict[str, Any]:
    if not user.is_owner:
        return {}
    return {
        "endpoints": [_endpoint(endpoint) for endpoint in endpoints_for(user)],
        "kinds": Endpoint.Kind.choices,
        "operators": [model for model in models_of(user) if model.builtin],
    }


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    """Without its key; with the time of its test as one."""
    form = endpoint_form(endpoint)
    test = form["last_test"]
    tested_at = parse_datetime(str(test["at"])) if test else None
    return form | {"kind_words": endpoint.get_kind_display(), "tested_at": tested_at}
