"""The AI's settings in the admin, and what a new business starts with."""

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Business, User
from accounts.services import create_business
from AI_model.models import AIModelConfig
from messaging.models import Channel
from settings_app.models import AIPrompts

pytestmark = pytest.mark.django_db

FORM = {
    "auto_response_enabled": "on",
    "mode": "auto",
    "model_name": "embedded",
    "temperature": "0.5",
    "max_tokens": "500",
    "grounding": "",
    "caution": "bold",
    "answer_length": "short",
    "max_turns": "5",
    "languages": "en\nde",
    "handover_text": "A person will answer.",
}


@pytest.fixture
def pages(client: Client, owner: User) -> Client:
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    return client


@pytest.fixture
def address(business: Business) -> str:
    config = AIModelConfig.objects.create(business=business)
    return f"/admin/AI_model/aimodelconfig/{config.pk}/change/"


def test_the_owner_sets_how_the_ai_answers(pages: Client, address: str, business: Business) -> None:
    assert pages.post(address, FORM).status_code == 302
    config = AIModelConfig.objects.get(business=business)
    assert (config.model_name, config.temperature, config.max_turns) == ("embedded", 0.5, 5)
    assert (config.languages, config.caution) == (["en", "de"], "bold")


@pytest.mark.parametrize(
    "wrong",
    [
        {"model_name": "gpt-99"},
        {"temperature": "1.5"},
        {"max_tokens": "1"},
        {"max_turns": "0"},
        {"quiet_period_ms": "99999"},
        {"mode": "shout"},
    ],
)
def test_a_value_out_of_range_is_refused(
    pages: Client, address: str, business: Business, wrong: dict[str, str]
) -> None:
    page = pages.post(address, FORM | wrong)
    assert page.status_code == 200 and page.context["errors"]
    assert AIModelConfig.objects.get(business=business).caution == "balanced"


def test_the_choices_of_models_are_the_configured_ones(
    pages: Client, address: str, settings: Settings
) -> None:
    settings.GEMINI_API_KEY, settings.GEMINI_MODEL = "CANARY-gemini-key-0123", "gemini-house"
    page = pages.get(address).content.decode()
    assert 'value="gemini-house"' in page and 'value="embedded"' in page
    assert "CANARY" not in page and settings.ANTHROPIC_MODEL not in page


def test_the_page_says_why_the_ai_does_not_answer(
    pages: Client, address: str, settings: Settings
) -> None:
    assert "The AI can answer." in pages.get(address).content.decode()
    settings.EMBEDDED_ANSWERS = False
    assert "No AI provider is configured" in pages.get(address).content.decode()


def test_a_new_business_has_prompts_settings_and_two_channels_from_the_start(db: None) -> None:
    business, _ = create_business(name="New", username="new", password="plain sailing 42")
    assert AIPrompts.objects.filter(business=business).count() == 1
    assert AIModelConfig.objects.get(business=business).auto_response_enabled
    kinds = Channel.objects.filter(business=business).values_list("kind", flat=True)
    assert sorted(kinds) == ["api", "webchat"]
