"""`ai_control` and `test_ai_setup`: what they change, print and exit with."""

import json
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from pytest_django import Settings

from accounts.models import Business, User
from AI_model.models import AIModelConfig, ChatSession, UsageRecord
from AI_model.testing.model_server import ModelServer
from messaging.models import Channel, Conversation, Customer
from settings_app.models import KnowledgeEntry

pytestmark = pytest.mark.django_db

make_schedules: Any = import_module("AI_model.migrations.0003_schedules").make_schedules


def run(*words: str) -> tuple[int, str]:
    """Exit code and output."""
    out = StringIO()
    try:
        call_command(*words, stdout=out)
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue()
    return 0, out.getvalue()


def run_json(*words: str) -> tuple[int, Any]:
    code, text = run(*words, "--json")
    return code, json.loads(text)


def converse(channel: Channel, number: int, status: str) -> Conversation:
    customer = Customer.objects.create(
        business=channel.business, channel=channel, external_id=str(number)
    )
    return Conversation.objects.create(
        business=channel.business,
        channel=channel,
        customer=customer,
        external_id=str(number),
        status=status,
    )


@pytest.fixture
def ready_business(owner: User, business: Business, webchat_channel: Channel) -> Business:
    KnowledgeEntry.objects.create(business=business, question="Open?", answer="Yes.")
    return business


def test_enable_and_disable_reach_one_business_or_all(
    owner: User, other_owner: User, business: Business, other_business: Business
) -> None:
    assert run("ai_control", "disable")[0] == 0
    assert not AIModelConfig.objects.filter(auto_response_enabled=True).exists()
    code, text = run("ai_control", "enable", "--user", "owner@example.com")
    assert code == 0 and "Kite Bikes (owner): AI enabled" in text
    assert AIModelConfig.objects.get(business=business).auto_response_enabled
    assert not AIModelConfig.objects.get(business=other_business).auto_response_enabled


def test_status_names_what_is_in_the_way(ready_business: Business, settings: Settings) -> None:
    settings.EMBEDDED_ANSWERS = False
    run("ai_control", "disable")
    code, facts = run_json("ai_control", "status", "--user", "owner")
    (found,) = facts["businesses"]
    assert code == 0 and not found["enabled"] and not found["can_answer"]
    assert len(found["obstacles"]) == 2
    text = run("ai_control", "status", "--user", "owner")[1]
    assert all(line in text for line in found["obstacles"])


@pytest.mark.parametrize("who", ["nobody", "no@example.com", ""])
def test_an_unknown_user_is_one_clear_line(owner: User, who: str) -> None:
    code, text = run("ai_control", "status", "--user", who)
    assert code == 1 and text == f"There is no user “{who}”.\n"
    assert run_json("ai_control", "status", "--user", who) == (
        1,
        {"error": f"There is no user “{who}”."},
    )


def test_platform_staff_has_no_business_to_control(staff: User) -> None:
    code, text = run("ai_control", "enable", "--user", "staff")
    assert code == 1 and "belongs to no business" in text


def test_without_any_business_there_is_nothing_to_do(db: None) -> None:
    code, text = run("ai_control", "status")
    assert code == 0 and "create_business" in text


def test_validate_passes_a_business_that_has_all(ready_business: Business) -> None:
    code, facts = run_json("ai_control", "validate", "--user", "owner")
    assert code == 0 and facts["ok"]
    assert "FAILED" not in run("ai_control", "validate")[1]


def missing_knowledge(business: Business, settings: Settings) -> None:
    KnowledgeEntry.objects.all().delete()


def missing_provider(business: Business, settings: Settings) -> None:
    settings.EMBEDDED_ANSWERS = False


def switched_off(business: Business, settings: Settings) -> None:
    AIModelConfig.objects.create(business=business, auto_response_enabled=False)


def unknown_model(business: Business, settings: Settings) -> None:
    AIModelConfig.objects.create(business=business, model_name="gone")


def manual_handler(business: Business, settings: Settings) -> None:
    User.objects.filter(business=business).update(default_reply_handler="Manual")


def dead_channel(business: Business, settings: Settings) -> None:
    Channel.objects.update(health="dead", health_detail="The token was refused.")


def no_channel(business: Business, settings: Settings) -> None:
    Channel.objects.update(is_active=False)


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        (missing_knowledge, "knowledge"),
        (missing_provider, "providers"),
        (switched_off, "auto response"),
        (unknown_model, "model"),
        (manual_handler, "default handler"),
        (dead_channel, "channel Web chat"),
        (no_channel, "channels"),
    ],
)
def test_validate_names_each_missing_thing_and_how_to_mend_it(
    ready_business: Business, settings: Settings, spoil: Any, name: str
) -> None:
    spoil(ready_business, settings)
    code, facts = run_json("ai_control", "validate", "--user", "owner")
    failed = {check["name"]: check for check in facts["businesses"][0]["checks"] if not check["ok"]}
    assert code == 1 and not facts["ok"]
    assert name in failed and failed[name]["mend"]
    code, text = run("ai_control", "validate", "--user", "owner")
    assert code == 1 and f"FAILED {name}" in text and f"to mend it: {failed[name]['mend']}" in text


def test_test_really_asks_the_provider_and_shows_time_and_tokens(
    ready_business: Business, settings: Settings
) -> None:
    with ModelServer(text="Ready.") as server:
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "CANARY-key", f"{server.url}/v1"
        code, facts = run_json("ai_control", "test", "--user", "owner")
        assert len(server.calls) == 1
    hosted, embedded = facts["providers"]
    assert code == 0 and hosted["ok"] and hosted["tokens_in"] > 0
    assert (hosted["provider"], embedded["provider"]) == ("openai", "embedded")
    counted = UsageRecord.objects.get(provider="openai")
    assert (counted.business_id, counted.purpose, counted.outcome) == (
        ready_business.pk,
        "test",
        "ok",
    )


def test_test_says_why_a_provider_does_not_answer_though_another_one_would(
    ready_business: Business, settings: Settings
) -> None:
    with ModelServer() as server:
        server.behave("bad_key")
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "CANARY-key", f"{server.url}/v1"
        code, text = run("ai_control", "test")
    assert code == 1 and "FAILED openai" in text and "key_rejected" in text
    assert "ok     embedded" in text and "CANARY" not in text


def test_test_without_a_provider_fails(owner: User, settings: Settings) -> None:
    settings.EMBEDDED_ANSWERS = False
    code, text = run("ai_control", "test")
    assert code == 1 and "no AI provider is configured" in text


def test_conversations_are_counted_by_status(
    owner: User, other_owner: User, webchat_channel: Channel
) -> None:
    for number, status in enumerate(["active", "active", "support_active", "closed"]):
        converse(webchat_channel, number, status)
    code, facts = run_json("ai_control", "conversations")
    assert code == 0
    assert facts["total"] == {"active": 2, "support_active": 1, "closed": 1}
    text = run("ai_control", "conversations", "--user", "other_owner")[1]
    assert text == "Harbour Tea (other_owner): 0 active, 0 support_active, 0 closed\n"


def test_sync_makes_sessions_once(owner: User, webchat_channel: Channel) -> None:
    for number in range(3):
        converse(webchat_channel, number, "active")
    assert run_json("ai_control", "sync")[1] == {"created": 3, "updated": 0, "unchanged": 0}
    assert run_json("ai_control", "sync", "--user", "owner")[1]["unchanged"] == 3
    assert ChatSession.objects.count() == 3


def test_setup_check_tries_everything_and_exits_1_when_something_is_missing(
    ready_business: Business,
) -> None:
    make_schedules(apps, None)
    code, facts = run_json("test_ai_setup")
    assert (code, facts["ok"]) == (0, True), facts
    assert {"database", "broker", "clockwork", "providers", "provider embedded"} == {
        check["name"] for check in facts["platform"]
    }
    assert "All checks passed." in run("test_ai_setup")[1]
    KnowledgeEntry.objects.all().delete()
    code, text = run("test_ai_setup")
    assert code == 1 and "1 checks failed." in text
