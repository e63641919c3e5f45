"""A field for the texts that a business writes for each language: one block for each of them."""

from typing import Any

from django import forms
from django.conf.locale import LANG_INFO
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from AI_model.config_rules import (
    LONGEST_TEXT,
    MOST_LANGUAGES,
    TEXT_NAMES,
    plain_texts,
    texts_problems,
)

Row = list[str]
PARTS = ("language", *TEXT_NAMES)
LABELS = ("Language", "Hand-over text", "Out-of-hours text")
BLANKS = 1


def language_choices() -> list[tuple[str, str]]:
    """Languages without their countries, by name."""
    names = {code: str(info["name"]) for code, info in LANG_INFO.items() if "name" in info}
    plain = sorted((name, code) for code, name in names.items() if "-" not in code)
    return [("", "–"), *((code, name) for name, code in plain)]


class TextsWidget(forms.Widget):
    """Blocks of language and texts, and an empty one; a block without a language is left out."""

    template_name = "AI_model/texts.html"

    class Media:
        css = {"all": ["AI_model/texts.css"]}  # Django's own way to name files

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        columns = [data.getlist(f"{name}-{part}") for part in PARTS]
        return [list(row) for row in zip(*columns, strict=False)]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-language" not in data

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        rows = [row for row in rows_of(value) if any(row)][:MOST_LANGUAGES]
        blank = [[""] * len(PARTS) for _ in range(BLANKS)]
        context["rows"] = [
            [self._part(name, number, part, text) for part, text in zip(PARTS, row, strict=True)]
            for number, row in enumerate([*rows, *blank])
        ]
        return context

    def _part(self, name: str, number: int, part: str, text: str) -> dict[str, Any]:
        widget: Any = self._select(text) if part == "language" else self._textarea()
        attrs = {"id": f"id_{name}_{number}_{part}"}
        found: dict[str, Any] = widget.get_context(f"{name}-{part}", text, attrs)["widget"]
        return found | {"label": LABELS[PARTS.index(part)]}

    def _select(self, code: str) -> Any:
        known = language_choices()
        more = [] if code in dict(known) else [(code, code)]
        return UnfoldAdminSelectWidget(choices=[*known, *more])

    def _textarea(self) -> Any:
        return UnfoldAdminTextareaWidget(attrs={"rows": 3, "maxlength": LONGEST_TEXT})


class TextsField(forms.Field):
    """Its value is `{"de": {"handover_text": "…", "out_of_hours_text": "…"}}`."""

    widget = TextsWidget

    def to_python(self, value: Any) -> dict[str, dict[str, str]]:
        texts: dict[str, dict[str, str]] = {}
        for code, *own in rows_of(value):
            if not code and any(text.strip() for text in own):
                raise forms.ValidationError("Choose the language of each text.")
            if code in texts:
                raise forms.ValidationError(f"There are two blocks for {code}; keep one.")
            if code:
                texts[code] = dict(zip(TEXT_NAMES, own, strict=True))
        if problems := texts_problems(texts):
            raise forms.ValidationError(problems)
        return plain_texts(texts)

    def has_changed(self, initial: Any, data: Any) -> bool:
        written = [row for row in rows_of(data) if any(row)]
        return rows_of(initial) != written


def rows_of(value: Any) -> list[Row]:
    """From what is kept, or from what was just typed."""
    if isinstance(value, dict):
        return [
            [code, *(str(own.get(name, "")) for name in TEXT_NAMES)] for code, own in value.items()
        ]
    return list(value or [])
