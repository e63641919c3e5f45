"""How a business's AI is set, as a form with the rules of the API."""

from functools import partial
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from AI_model.admin_texts import TextsField
from AI_model.budgets import AT_LIMIT, MONEY, NAMES, RATES, TOKENS, AtLimit, problems_of
from AI_model.config_rules import (
    LONGEST_TEXT,
    MOST_LANGUAGES,
    language_problem,
    limit_problem,
    model_problem,
    plain_codes,
)
from AI_model.models import AIModelConfig
from AI_model.services.models import usable_models
from core.admin import LinesField, ScopedForm

PREFIX = "budget_"
BUDGET_ROWS = (*zip(TOKENS, MONEY, strict=True), RATES, (AT_LIMIT,))
BUDGET_FIELDS = [tuple(f"{PREFIX}{name}" for name in row) for row in BUDGET_ROWS]
BUDGET_HINT = "What the AI may use up. Empty = no limit."
AT_LIMIT_CHOICES = [
    (AtLimit.FREE_MODEL, "The embedded answerer, which costs nothing"),
    (AtLimit.PERSON, "A person"),
]


def choices_of_models(business_id: str = "") -> list[tuple[str, str]]:
    usable = usable_models(business_id=business_id)
    names = [(choice.name, choice.label) for choice in usable]
    return [("", "The first that is configured"), *names]


def long_text(label: str, hint: str) -> forms.CharField:
    attrs = {"rows": 3, "maxlength": LONGEST_TEXT}
    return forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        label=label,
        help_text=hint,
        widget=UnfoldAdminTextareaWidget(attrs=attrs),
    )


def whole_number(label: str, hint: str = "") -> forms.IntegerField:
    widget = UnfoldAdminIntegerFieldWidget(attrs={"min": 0})
    return forms.IntegerField(required=False, label=label, help_text=hint, widget=widget)


def dollars(label: str) -> forms.FloatField:
    attrs = {"inputmode": "decimal"}
    widget = UnfoldAdminTextInputWidget(attrs=attrs)
    return forms.FloatField(required=False, label=label, widget=widget)


class ConfigForm(ScopedForm):
    model_name = forms.ChoiceField(required=False, choices=[], widget=UnfoldAdminSelectWidget())
    languages = LinesField(
        required=False,
        max_lines=MOST_LANGUAGES,
        max_length=35,
        help_text="Codes of the languages to answer in, one on each line (en, de). Customers who "
        "write another one are answered in the first. Empty = in the customer's.",
    )
    handover_text = long_text(
        "Hand-over text",
        "What customers read when a person takes over. Empty = our own words, in their language.",
    )
    out_of_hours_text = long_text(
        "Out-of-hours text", "What customers read then while you are closed."
    )
    texts = TextsField(
        required=False,
        label="Texts by language",
        help_text="They come before the two above. To take one away, empty its block. Save to "
        "get a further empty block.",
    )
    budget_daily_tokens = whole_number("Tokens a day")
    budget_monthly_tokens = whole_number("Tokens a month")
    budget_conversation_tokens = whole_number("Tokens a conversation")
    budget_daily_money = dollars("US dollars a day")
    budget_monthly_money = dollars("US dollars a month")
    budget_conversation_money = dollars("US dollars a conversation")
    budget_customer_answers_per_hour = whole_number(
        "Answers an hour to one customer", "Empty = our own limit against abuse."
    )
    budget_business_answers_per_hour = whole_number("Answers an hour to all customers")
    budget_at_limit = forms.ChoiceField(
        required=False,
        choices=AT_LIMIT_CHOICES,
        label="Who answers at the limit",
        widget=UnfoldAdminSelectWidget(),
    )

    class Meta:
        model = AIModelConfig
        exclude = ["budgets"]
        labels = {
            "auto_response_enabled": "Answer automatically",
            "max_tokens": "Longest answer (tokens)",
            "quiet_period_ms": "Quiet period (ms)",
            "max_turns": "Answers per conversation",
            "read_media": "Read pictures and voice notes",
            "offer_choices": "Ask which one is meant",
            "check_with_model": "Check answers with a model",
            "replay_before_publishing": "Replay before publishing",
            "return_to_ai_after_minutes": "Back to the AI after (minutes)",
        }
        help_texts = {
            "mode": "A draft waits in the inbox for a person to send it.",
            "caution": "How sure the AI must be before it answers.",
            "read_media": "They go to the model's vendor. Off = the customer is asked for words.",
            "offer_choices": "When a question is not clear, up to three choices come as buttons.",
            "replay_before_publishing": "Drafts of prompts and knowledge then need a replay first.",
            "tone": "For example: friendly and brief.",
            "temperature": "0 keeps to the point, 1 is freest. Models that take none go without.",
            "max_tokens": "A token is about three quarters of a word.",
            "quiet_period_ms": "How long to wait after a customer's last message, in milliseconds. "
            "Empty = the operator's setting.",
            "max_turns": "After so many answers in one conversation a person takes over.",
            "business_hours_only": "Outside business hours people answer.",
            "return_to_ai_after_minutes": "How long without a word of a person, from 5 to 10,080. "
            "Empty = never.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update(
            {f"{PREFIX}{name}": shown(value) for name, value in self.instance.budgets.items()}
        )
        self._offer_models()

    def _offer_models(self) -> None:
        """One that is no choice any more is shown, so that saving does not change it unseen."""
        field: Any = self.fields.get("model_name")
        if field is None:
            return
        name, choices = self.instance.model_name, choices_of_models(self.instance.business_id or "")
        missing = [] if name in dict(choices) else [(name, f"{name} (can't answer)")]
        field.choices = [*choices, *missing]

    def clean_model_name(self) -> str:
        problem_of = partial(model_problem, business_id=self.instance.business_id or "")
        return checked(str(self.cleaned_data["model_name"] or ""), problem_of)

    def clean_languages(self) -> list[str]:
        codes = plain_codes(self.cleaned_data["languages"])
        return [checked(code, language_problem) for code in codes]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        name, tokens = cleaned.get("model_name"), cleaned.get("max_tokens")
        if name is not None and tokens:
            problem = limit_problem(name, tokens, business_id=self.instance.business_id or "")
            if problem:
                self.add_error("max_tokens", problem)
        self.instance.budgets = self._budgets(cleaned)
        return cleaned

    def _budgets(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        given = {name: cleaned.get(f"{PREFIX}{name}") for name in NAMES}
        found = {name: value for name, value in given.items() if value not in (None, "")}
        for problem in problems_of(found):
            self.add_error(f"{PREFIX}{problem.split()[0]}", problem)
        if found.get(AT_LIMIT) == AtLimit.FREE_MODEL and AT_LIMIT not in self.instance.budgets:
            del found[AT_LIMIT]
        return found


def shown(value: Any) -> Any:
    """25 rather than 25.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def checked(value: str, problem_of: Any) -> str:
    if value and (problem := problem_of(value)):
        raise forms.ValidationError(problem)
    return value
