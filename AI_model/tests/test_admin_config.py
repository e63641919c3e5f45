"""The form of the AI's settings: languages, texts for each of them, budgets, models and limits."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Business, SettingChange, User
from AI_model.admin_texts import TextsField, TextsWidget
from AI_model.models import AIModelConfig
from AI_model.tests.test_admin import FORM

pytestmark = pytest.mark.django_db
GERMAN = {"handover_text": "Gleich hilft Anna.", "out_of_hours_text": "Morgen wieder."}


@pytest.fixture
def pages(client: Client, owner: User) -> Client:
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    return client


@pytest.fixture
def config(business: Business) -> AIModelConfig:
    return AIModelConfig.objects.create(business=business)


def save(pages: Client, config: AIModelConfig, **fields: Any) -> dict[str, list[str]]:
    """Errors by field; none when it was saved."""
    answer = pages.post(f"/admin/AI_model/aimodelconfig/{config.pk}/change/", FORM | fields)
    if answer.status_code == 302:
        config.refresh_from_db()
        return {}
    form = answer.context["adminform"].form
    return {name: list(map(str, problems)) for name, problems in form.errors.items()}


def blocks(*rows: tuple[str, str, str]) -> dict[str, list[str]]:
    names = ("texts-language", "texts-handover_text", "texts-out_of_hours_text")
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def test_an_owner_writes_texts_for_each_language(pages: Client, config: AIModelConfig) -> None:
    german = ("de", GERMAN["handover_text"], GERMAN["out_of_hours_text"])
    rows = [german, ("fr", "", "Demain."), ("nl", " ", ""), ("", "", "")]
    assert save(pages, config, **blocks(*rows)) == {}
    assert config.texts == {"de": GERMAN, "fr": {"out_of_hours_text": "Demain."}}
    page = pages.get(f"/admin/AI_model/aimodelconfig/{config.pk}/change/").content.decode()
    assert page.count('name="texts-language"') == 3, "two that are written and an empty one"
    assert '<option value="de" selected>German</option>' in page and "Gleich hilft Anna." in page

    assert save(pages, config, **blocks(("de", "", ""), ("fr", "", "Demain."))) == {}
    assert list(config.texts) == ["fr"]


def test_a_save_that_does_not_show_the_texts_leaves_them(
    pages: Client, config: AIModelConfig
) -> None:
    AIModelConfig.objects.update(texts={"de": GERMAN})
    assert save(pages, config) == {}
    assert config.texts == {"de": GERMAN}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("", "Gleich.", "")], "Choose the language of each text."),
        ([("de", "a", ""), ("de", "b", "")], "There are two blocks for de; keep one."),
        ([("de", "x" * 2001, "")], "de: handover_text may have at most 2000 characters."),
        ([("de-CH", "Gleich.", "")], "“de-CH” is no language"),
    ],
)
def test_a_wrong_block_is_named_and_what_was_typed_is_kept(
    pages: Client, config: AIModelConfig, rows: list[tuple[str, str, str]], said: str
) -> None:
    answer = pages.post(f"/admin/AI_model/aimodelconfig/{config.pk}/change/", FORM | blocks(*rows))
    page = answer.content.decode()
    assert answer.status_code == 200 and said in page
    assert all(text in page for _, text, _ in rows)
    config.refresh_from_db()
    assert config.texts == {}


@pytest.mark.parametrize("kept", [{}, {"de": GERMAN}, {"xx": {"handover_text": "Hi"}}])
def test_a_page_that_nobody_changed_changes_nothing(kept: dict[str, dict[str, str]]) -> None:
    context = TextsWidget().get_context("texts", kept, {})
    shown = [[part["value"] for part in row] for row in context["rows"]]
    typed = [[_typed(value) for value in row] for row in shown]
    assert not TextsField(required=False).has_changed(kept, typed)


def _typed(value: Any) -> str:
    return (value[0] if value else "") if isinstance(value, list) else value or ""


def test_budgets_are_plain_fields_and_empty_ones_are_no_limits(
    pages: Client, config: AIModelConfig
) -> None:
    given = {
        "budget_daily_tokens": "100000",
        "budget_monthly_money": "12.5",
        "budget_daily_money": "",
        "budget_customer_answers_per_hour": "20",
        "budget_at_limit": "person",
    }
    assert save(pages, config, **given) == {}
    assert config.budgets == {
        "daily_tokens": 100_000,
        "monthly_money": 12.5,
        "customer_answers_per_hour": 20,
        "at_limit": "person",
    }
    page = pages.get(f"/admin/AI_model/aimodelconfig/{config.pk}/change/").content.decode()
    assert 'value="100000"' in page and 'value="12.5"' in page
    assert SettingChange.objects.filter(field="budgets", via="page").count() == 1
    assert save(pages, config, budget_at_limit="free_model") == {}
    assert config.budgets == {"at_limit": "free_model"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("budget_daily_tokens", "-1"),
        ("budget_daily_tokens", "1.5"),
        ("budget_monthly_money", "2000000"),
        ("budget_monthly_money", "nan"),
        ("budget_business_answers_per_hour", "9999999999"),
        ("budget_at_limit", "nobody"),
        ("return_to_ai_after_minutes", "4"),
        ("languages", "en\nGerman"),
        ("handover_text", "x" * 2001),
        ("tone", "x" * 201),
    ],
)
def test_what_the_api_refuses_the_page_refuses(
    pages: Client, config: AIModelConfig, field: str, value: str
) -> None:
    assert field in save(pages, config, **{field: value})


def test_languages_are_kept_as_plain_codes(pages: Client, config: AIModelConfig) -> None:
    assert save(pages, config, languages="EN\npt_BR\nen", return_to_ai_after_minutes="30") == {}
    assert (config.languages, config.return_to_ai_after_minutes) == (["en", "pt-br"], 30)


def test_a_model_that_can_not_answer_any_more_is_shown_and_refused(
    pages: Client, config: AIModelConfig
) -> None:
    AIModelConfig.objects.update(model_name="gemini-1.5-flash")
    page = pages.get(f"/admin/AI_model/aimodelconfig/{config.pk}/change/").content.decode()
    assert "gemini-1.5-flash (can&#x27;t answer)" in page
    problems = save(pages, config, model_name="gemini-1.5-flash")
    assert "use gemini-3.5-flash-lite." in problems["model_name"][0]


def test_an_answer_longer_than_the_model_can_say_is_refused(
    pages: Client, config: AIModelConfig, settings: Settings
) -> None:
    settings.OPENAI_API_KEY, settings.OPENAI_MODEL = "key", "gpt-4-turbo"
    settings.OPENAI_BASE_URL = "http://127.0.0.1:1/v1"
    problems = save(pages, config, model_name="gpt-4-turbo", max_tokens="5000")
    assert problems == {"max_tokens": ["gpt-4-turbo answers with at most 4096 tokens."]}
