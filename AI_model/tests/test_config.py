"""What a business may choose: models that exist, lengths that they can say, texts by language."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings
from rest_framework.test import APIClient

from AI_model.models import AIModelConfig

pytestmark = pytest.mark.django_db
CONFIG = "/api/v1/ai/config/"
TEXTS = {"de": {"handover_text": "Gleich hilft Anna.", "out_of_hours_text": "Morgen wieder."}}


def refusal(api: APIClient, **body: Any) -> dict[str, Any]:
    answer = api.put(CONFIG, body, format="json")
    assert answer.status_code == 400, answer.content
    fields: dict[str, Any] = answer.json()["fields"]
    return fields


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gemini-1.5-flash", "gemini-1.5-flash was shut down; use gemini-3.5-flash-lite."),
        ("gemini-2.0-flash-001", "use gemini-3.5-flash-lite."),
        ("gpt-3.5-turbo", "gpt-3.5-turbo was shut down; use gpt-6-luna."),
        ("claude-3-5-haiku-latest", "use claude-haiku-5-5."),
        ("gpt-none", "There is no such model. Choose from: gemini-3.5-flash-lite, embedded."),
    ],
)
def test_a_model_that_was_shut_down_is_refused_with_its_successor(
    owner_api: APIClient, settings: Settings, name: str, said: str
) -> None:
    settings.GEMINI_API_KEY = "key"
    [problem] = refusal(owner_api, model_name=name)["model_name"]
    assert said in problem and "Choose from: gemini-3.5-flash-lite, embedded." in problem


def test_even_the_operators_own_model_is_no_choice_once_it_was_shut_down(
    owner_api: APIClient, settings: Settings
) -> None:
    settings.GEMINI_API_KEY, settings.GEMINI_MODEL = "key", "gemini-1.5-flash"
    [problem] = refusal(owner_api, model_name="gemini-1.5-flash")["model_name"]
    assert problem.endswith("use gemini-3.5-flash-lite. Choose from: embedded.")


@pytest.mark.parametrize(
    ("address", "status"), [("http://127.0.0.1:1/v1", 200), ("https://api.openai.com/v1", 400)]
)
def test_at_another_server_a_vendors_name_may_stand_for_anything(
    owner_api: APIClient, settings: Settings, address: str, status: int
) -> None:
    settings.OPENAI_API_KEY, settings.OPENAI_MODEL = "key", "gpt-3.5-turbo"
    settings.OPENAI_BASE_URL = address
    answer = owner_api.put(CONFIG, {"model_name": "gpt-3.5-turbo"}, format="json")
    assert answer.status_code == status


def test_no_answer_may_be_longer_than_its_model_can_say(
    owner_api: APIClient, settings: Settings
) -> None:
    settings.GEMINI_API_KEY = settings.OPENAI_API_KEY = "key"
    settings.OPENAI_MODEL, settings.OPENAI_BASE_URL = "gpt-4-turbo", "http://127.0.0.1:1/v1"
    limit = ["gpt-4-turbo answers with at most 4096 tokens."]
    both = {"model_name": "gpt-4-turbo", "max_tokens": 5000}
    assert refusal(owner_api, **both) == {"max_tokens": limit}

    assert owner_api.put(CONFIG, {"max_tokens": 5000}, format="json").status_code == 200
    assert refusal(owner_api, model_name="gpt-4-turbo") == {"model_name": limit}

    fits = both | {"max_tokens": 4096}
    assert owner_api.put(CONFIG, fits, format="json").status_code == 200
    assert refusal(owner_api, max_tokens=4097) == {"max_tokens": limit}


def test_texts_are_kept_by_language_without_what_is_empty(owner_api: APIClient) -> None:
    given = TEXTS | {"fr": {"handover_text": " ", "out_of_hours_text": None}, "nl": {}}
    answer = owner_api.put(CONFIG, {"texts": given}, format="json")
    assert answer.json()["texts"] == TEXTS
    assert owner_api.put(CONFIG, {"texts": {}}, format="json").json()["texts"] == {}


def test_a_wrong_text_names_language_and_text(owner_api: APIClient) -> None:
    wrong = {"de": {"handover_text": "x" * 2001}, "Deutsch": {}, "fr": {"bye": ""}}
    problems = refusal(owner_api, texts=wrong)["texts"]
    assert [problem.split()[0] for problem in problems] == ["de:", "“Deutsch”", "fr:"]
    assert "handover_text may have at most 2000 characters." in problems[0]


def test_languages_are_kept_as_plain_codes(owner_api: APIClient) -> None:
    answer = owner_api.put(CONFIG, {"languages": ["EN", "pt_BR", "en"]}, format="json")
    assert answer.json()["languages"] == ["en", "pt-br"]


def test_a_form_can_say_nothing_for_what_may_be_empty(owner_api: APIClient) -> None:
    body = {"return_to_ai_after_minutes": "30", "texts": '{"de": {"handover_text": "Ja."}}'}
    assert owner_api.put(CONFIG, body, format="multipart").status_code == 200
    config = AIModelConfig.objects.get()
    assert (config.return_to_ai_after_minutes, config.texts["de"]["handover_text"]) == (30, "Ja.")
    empty = {"return_to_ai_after_minutes": "", "quiet_period_ms": "", "languages": ""}
    answer = owner_api.put(CONFIG, empty, format="multipart").json()
    assert [answer[name] for name in empty] == [None, None, []]


@pytest.mark.parametrize("name", ["languages", "texts", "budgets"])
def test_a_file_is_no_setting(owner_api: APIClient, name: str) -> None:
    body = {name: SimpleUploadedFile("a.json", b"{}")}
    answer = owner_api.put(CONFIG, body, format="multipart")
    assert answer.status_code == 400 and name in answer.json()["fields"]
