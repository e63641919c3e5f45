"""What a business may set, as sentences about what is wrong: one set of rules for API and admin."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import timezone

from AI_model.catalog import model_facts, retirement
from AI_model.providers.registry import Configured, configured
from AI_model.services.models import own_chosen, own_models

LONGEST_TEXT = 2_000
MOST_LANGUAGES = 20
TEXT_NAMES = ("handover_text", "out_of_hours_text")
CODE = r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}$"
BASE_CODE = r"^[a-z]{2,3}$"
BAD_CODE = "Write a language as a code such as en, de or pt-br."


def model_problem(name: str, *, business_id: str) -> str:
    """Why this name can't be chosen: shut down, or not configured; "" when it can."""
    found = next((entry for entry in configured() if entry.model == name), None)
    today = timezone.localdate()
    gone = retirement(name, today=today) if found is None else retired(found)
    if found is not None and not gone:
        return ""
    if found is None and own_chosen(business_id=business_id, model_name=name) is not None:
        return ""
    choices = [entry.model for entry in configured() if not retired(entry)]
    choices += own_models(business_id=business_id).values_list("name", flat=True)
    listed = ", ".join(choices) or "none is configured"
    return f"{gone or 'There is no such model.'} Choose from: {listed}."


def retired(entry: Configured, *, today: date | None = None) -> str:
    """The sentence that names its successor; "" while it is served, or served by somebody else."""
    if not entry.is_vendors_own:
        return ""
    return retirement(entry.model, today=today or timezone.localdate())


def limit_problem(model_name: str, max_tokens: int, *, business_id: str) -> str:
    """Why an answer can't be as long as that with the chosen model; "" when it can."""
    own = own_chosen(business_id=business_id, model_name=model_name)
    if own is not None:
        return _beyond(own.name, own.max_tokens, max_tokens)
    entries = configured()
    chosen = next((e for e in entries if e.model == model_name), entries[0] if entries else None)
    most = model_facts(chosen.kind, chosen.model).output if chosen else None
    return _beyond(chosen.model, most, max_tokens) if chosen else ""


def _beyond(name: str, most: int | None, asked: int) -> str:
    fits = most is None or asked <= most
    return "" if fits else f"{name} answers with at most {most} tokens."


def language_problem(code: str) -> str:
    return "" if re.fullmatch(CODE, code) else BAD_CODE


def plain_codes(codes: list[str]) -> list[str]:
    """As they are kept: lower case, a dash between the parts, each once."""
    return list(dict.fromkeys(code.lower().replace("_", "-") for code in codes))


def texts_problems(data: Any) -> list[str]:
    """What is wrong with texts by language, in sentences that name the place."""
    if not isinstance(data, Mapping):
        return ["Give an object with a language code for each entry."]
    if len(data) > MOST_LANGUAGES:
        return [f"Give texts for at most {MOST_LANGUAGES} languages."]
    return [problem for code, own in data.items() for problem in _text_problems(str(code), own)]


def _text_problems(code: str, own: Any) -> list[str]:
    if not re.fullmatch(BASE_CODE, code):
        return [f"“{code[:20]}” is no language; write a code such as de, without a country."]
    if not isinstance(own, Mapping):
        return [f"{code}: give an object with {' and '.join(TEXT_NAMES)}."]
    unknown = [f"{code}: there is no text called {str(name)[:40]}; use {', '.join(TEXT_NAMES)}."
               for name in own if name not in TEXT_NAMES]  # fmt: skip
    known = [(name, own[name]) for name in TEXT_NAMES if own.get(name) is not None]
    return unknown + [f"{code}: {name} {wrong}" for name, text in known if (wrong := _wrong(text))]


def _wrong(text: Any) -> str:
    if not isinstance(text, str):
        return "must be a text."
    if re.search(r"[\0\ud800-\udfff]", text):
        return "holds signs that no channel can show."
    return f"may have at most {LONGEST_TEXT} characters." if len(text) > LONGEST_TEXT else ""


def plain_texts(data: Mapping[str, Mapping[str, str | None]]) -> dict[str, dict[str, str]]:
    """As they are kept: only what was written."""
    trimmed = {
        code: {name: text.strip() for name, text in own.items() if text and text.strip()}
        for code, own in data.items()
    }
    return {code: own for code, own in trimmed.items() if own}
