"""The customer AI's settings and statuses over REST (seed 003)."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Business, User
from AI_model.models import AIModelConfig, AIRun, UsageRecord
from messaging.models import Channel, Conversation, Customer, Message
from settings_app.models import BusinessHours

pytestmark = pytest.mark.django_db
CONFIG, HANDLER = "/api/v1/ai/config/", "/api/v1/ai/default-handler/"
BULK = "/api/v1/ai/conversations/bulk-status/"
FIELDS = {
    "model_name",
    "temperature",
    "max_tokens",
    "auto_response_enabled",
    "mode",
    "grounding",
    "caution",
    "business_hours_only",
    "timezone",
    "business_hours",
    "holidays",
    "quiet_period_ms",
    "read_media",
    "max_turns",
    "tone",
    "languages",
    "handover_text",
    "out_of_hours_text",
    "texts",
    "return_to_ai_after_minutes",
    "budgets",
    "answer_length",
    "offer_choices",
    "check_with_model",
    "replay_before_publishing",
    "calibration",
}
HOURS = [{"weekday": 0, "opens": "09:00", "closes": "17:00"}]


@pytest.fixture
def make_conversation(webchat_channel: Channel) -> Callable[..., Conversation]:
    def make(name: str = "ann", status: str = "support_active") -> Conversation:
        business = webchat_channel.business
        customer = Customer.objects.create(
            business=business, channel=webchat_channel, external_id=name
        )
        return Conversation.objects.create(
            business=business,
            channel=webchat_channel,
            customer=customer,
            external_id=name,
            status=status,
        )

    return make


@pytest.fixture
def conversation(make_conversation: Callable[..., Conversation]) -> Conversation:
    return make_conversation()


def status_path(conversation: Conversation) -> str:
    return f"/api/v1/ai/conversations/{conversation.pk}/status/"


def test_the_settings_have_the_fields_of_the_contract(agent_api: APIClient, agent: User) -> None:
    body = agent_api.get(CONFIG).json()
    assert set(body) == FIELDS
    assert (body["timezone"], body["grounding"], body["mode"]) == ("UTC", "open", "auto")


def test_grounding_is_strict_by_itself_once_there_is_knowledge(
    owner_api: APIClient, business: Business
) -> None:
    Business.objects.filter(pk=business.pk).update(knowledge_version=1)
    assert owner_api.get(CONFIG).json()["grounding"] == "strict"
    owner_api.put(CONFIG, {"grounding": "open"}, format="json")
    assert owner_api.get(CONFIG).json()["grounding"] == "open"


def test_what_was_read_can_be_written_back(owner_api: APIClient) -> None:
    body = owner_api.get(CONFIG).json()
    answer = owner_api.put(CONFIG, body, format="json")
    assert (answer.status_code, answer.json()) == (200, body)


def test_a_part_changes_only_itself(owner_api: APIClient, business: Business) -> None:
    changes = {
        "temperature": 0.9,
        "timezone": "Europe/Berlin",
        "business_hours": HOURS,
        "holidays": ["2026-12-25", {"date": "2027-01-01", "name": "New Year"}],
        "quiet_period_ms": 0,
        "languages": ["de", "en"],
        "model_name": "embedded",
        "budgets": {"daily_tokens": 100_000},
    }
    before = owner_api.get(CONFIG).json()
    after = owner_api.put(CONFIG, changes, format="json").json()
    assert after["holidays"] == [
        {"date": "2026-12-25", "name": ""},
        {"date": "2027-01-01", "name": "New Year"},
    ]
    assert after == before | changes | {"holidays": after["holidays"]}
    business.refresh_from_db()
    assert business.timezone == "Europe/Berlin"
    cleared = owner_api.put(CONFIG, {"business_hours": [], "quiet_period_ms": None}, format="json")
    assert (cleared.json()["business_hours"], cleared.json()["quiet_period_ms"]) == ([], None)


def test_settings_come_as_a_form_too(owner_api: APIClient) -> None:
    body = {
        "auto_response_enabled": "false",
        "max_turns": "7",
        "languages": ["de", "en"],
        "business_hours": '[{"weekday": "Monday", "opens": "09:00", "closes": "24:00"}]',
    }
    answer = owner_api.put(CONFIG, body, format="multipart")
    assert answer.status_code == 200, answer.content
    saved = AIModelConfig.objects.get()
    assert (saved.auto_response_enabled, saved.max_turns, saved.languages) == (
        False,
        7,
        ["de", "en"],
    )
    assert saved.business_hours_only is False
    assert answer.json()["business_hours"] == [{"weekday": 0, "opens": "09:00", "closes": "00:00"}]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temprature", 0.5),
        ("business", "other"),
        ("temperature", 1.01),
        ("temperature", "warm"),
        ("temperature", "nan"),
        ("max_tokens", 63),
        ("max_tokens", 10**9),
        ("auto_response_enabled", "perhaps"),
        ("mode", "silent"),
        ("grounding", "loose"),
        ("caution", ""),
        ("quiet_period_ms", 30_001),
        ("quiet_period_ms", -1),
        ("max_turns", 0),
        ("timezone", "Mars/Olympus"),
        ("model_name", "gpt-none"),
        ("languages", "de"),
        ("languages", ["x" * 36]),
        ("languages", ["en", "German"]),
        ("languages", ["en"] * 21),
        ("texts", []),
        ("texts", {"German": {}}),
        ("texts", {"de-CH": {"handover_text": "Gleich."}}),
        ("texts", {"de": "Gleich."}),
        ("texts", {"de": {"goodbye_text": "Bis bald."}}),
        ("texts", {"de": {"handover_text": "x" * 2001}}),
        ("texts", {"de": {"handover_text": 1}}),
        ("texts", {code * 2: {} for code in "abcdefghijklmnopqrstuvwxyz"}),
        ("return_to_ai_after_minutes", 4),
        ("return_to_ai_after_minutes", 10_081),
        ("tone", "x" * 201),
        ("handover_text", "x" * 2001),
        ("budgets", {"yearly": 1}),
        ("budgets", {"daily_tokens": -1}),
        ("holidays", ["25.12.2026"]),
        ("holidays", "2026-12-25"),
        ("business_hours", {}),
        ("business_hours", [{"weekday": 7, "opens": "09:00", "closes": "17:00"}]),
        ("business_hours", [{"weekday": True, "opens": "09:00", "closes": "17:00"}]),
        ("business_hours", [{"weekday": 1, "opens": "17:00", "closes": "09:00"}]),
        ("business_hours", [{"weekday": 1, "opens": "nine", "closes": "17:00"}]),
        ("business_hours", [{"weekday": [], "opens": "09:00", "closes": "17:00"}]),
        ("business_hours", HOURS * 71),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_changes(
    owner_api: APIClient, field: str, value: Any
) -> None:
    before = owner_api.get(CONFIG).json()
    answer = owner_api.put(CONFIG, {"tone": "friendly", field: value}, format="json")
    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    assert owner_api.get(CONFIG).json() == before


def test_an_unknown_model_is_refused_with_the_choices(owner_api: APIClient, settings: Any) -> None:
    settings.GEMINI_API_KEY, settings.GEMINI_MODEL = "key", "gemini-test"
    answer = owner_api.put(CONFIG, {"model_name": "gpt-none"}, format="json")
    assert "gemini-test, embedded" in answer.json()["detail"]
    assert owner_api.put(CONFIG, {"model_name": "gemini-test"}, format="json").status_code == 200
    assert owner_api.put(CONFIG, {"model_name": None}, format="json").json()["model_name"] is None


def test_agents_read_the_settings_and_only_the_owner_changes_them(agent_api: APIClient) -> None:
    answer = agent_api.put(CONFIG, {"tone": "friendly"}, format="json")
    assert answer.status_code == 403
    assert not AIModelConfig.objects.filter(tone="friendly").exists()


def test_one_business_never_sees_anothers_settings(
    owner_api: APIClient, other_api: APIClient, other_business: Business
) -> None:
    owner_api.put(CONFIG, {"tone": "friendly", "business_hours": HOURS}, format="json")
    body = other_api.get(CONFIG).json()
    assert (body["tone"], body["business_hours"]) == ("", [])
    other_api.put(CONFIG, {"business_hours": []}, format="json")
    assert BusinessHours.objects.count() == 1


@pytest.mark.parametrize("form", ["json", "multipart"])
def test_everyone_sets_their_own_default_handler(
    agent_api: APIClient, agent: User, owner: User, form: str
) -> None:
    assert agent_api.get(HANDLER).json() == {"default_reply_handler": "AI"}
    answer = agent_api.put(HANDLER, {"default_reply_handler": "Manual"}, format=form)
    assert answer.json() == {"default_reply_handler": "Manual"}
    agent.refresh_from_db()
    owner.refresh_from_db()
    assert (agent.default_reply_handler, owner.default_reply_handler) == ("Manual", "AI")
    wrong = agent_api.put(HANDLER, {"default_reply_handler": "manual"}, format=form)
    assert wrong.status_code == 400


@pytest.mark.parametrize("form", ["json", "multipart"])
def test_a_status_is_read_and_set(
    agent_api: APIClient, conversation: Conversation, form: str
) -> None:
    path = status_path(conversation)
    assert agent_api.get(path).json()["status"] == "support_active"
    for status in ("active", "support_active", "support_active", "closed", "active", "active"):
        answer = agent_api.put(path, {"status": status}, format=form)
        assert (answer.status_code, answer.json()["status"]) == (200, status)
        assert answer.json()["conversation_id"] == conversation.pk
    assert agent_api.put(path, {"status": "open"}, format=form).status_code == 400


@pytest.mark.parametrize("before", ["active", "support_active", "closed"])
def test_active_is_refused_with_reasons_while_the_ai_can_not_serve(
    agent_api: APIClient, make_conversation: Callable[..., Conversation], before: str
) -> None:
    conversation = make_conversation(status=before)
    AIModelConfig.objects.create(business=conversation.business, auto_response_enabled=False)
    answer = agent_api.put(status_path(conversation), {"status": "active"}, format="json")
    assert answer.status_code == 409
    assert "switched off" in answer.json()["reasons"][0]
    conversation.refresh_from_db()
    assert conversation.status == "support_active"


@pytest.mark.parametrize("form", ["json", "multipart"])
def test_many_statuses_are_set_at_once(
    agent_api: APIClient, owner: User, make_conversation: Callable[..., Conversation], form: str
) -> None:
    first, second = make_conversation("ann"), make_conversation("ben")
    body = {"conversation_ids": [first.pk, second.pk, "nowhere", first.pk], "status": "active"}
    answer = agent_api.put(BULK, body, format=form)
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "updated": [first.pk, second.pk],
        "refused": [],
        "not_found": ["nowhere"],
    }


def test_those_refused_say_why_and_others_are_not_found(
    agent_api: APIClient, other_api: APIClient, make_conversation: Callable[..., Conversation]
) -> None:
    conversation = make_conversation()
    AIModelConfig.objects.create(business=conversation.business, auto_response_enabled=False)
    body = {"conversation_ids": [conversation.pk], "status": "active"}
    refused = agent_api.put(BULK, body, format="json").json()
    assert refused["updated"] == refused["not_found"] == []
    assert refused["refused"][0]["conversation_id"] == conversation.pk
    assert "switched off" in refused["refused"][0]["reason"]
    foreign = other_api.put(BULK, body, format="json").json()
    assert foreign == {"updated": [], "refused": [], "not_found": [conversation.pk]}


@pytest.mark.parametrize("ids", [[], ["x"] * 501, "abc", [{"a": 1}], ["x" * 65], None])
def test_a_bulk_of_nonsense_is_refused(agent_api: APIClient, ids: Any) -> None:
    answer = agent_api.put(BULK, {"conversation_ids": ids, "status": "active"}, format="json")
    assert answer.status_code == 400


def test_why_tells_what_an_answer_rests_on(
    agent_api: APIClient, conversation: Conversation
) -> None:
    message = Message.objects.create(
        business=conversation.business,
        conversation=conversation,
        seq=2,
        revision=2,
        type="AI",
        text="Until six.",
        citations=[{"entry_id": "e1", "title": "Opening hours", "score": 0.9}],
    )
    run = AIRun.objects.create(
        business=conversation.business,
        conversation=conversation,
        message=message,
        upto_seq=1,
        epoch=0,
        outcome="answered",
        prompts_version=3,
        provider="openai",
        model="gpt-test",
        passages=[
            {"id": "e1", "kind": "entry", "title": "Opening hours", "score": 0.9},
            {"id": "e2", "kind": "entry", "title": "Prices", "score": 0.3},
        ],
        timings={"retrieval": 3, "model": 250},
    )
    for outcome, tokens in (("overloaded", 0), ("ok", 40)):
        UsageRecord.objects.create(
            business=conversation.business,
            run=run,
            purpose="answer",
            provider="openai",
            model="gpt-test",
            tokens_in=tokens,
            tokens_out=tokens,
            milliseconds=120,
            outcome=outcome,
        )
    body = agent_api.get(f"/api/v1/messages/{message.pk}/why/").json()
    assert [(entry["entry_id"], entry["cited"]) for entry in body["entries"]] == [
        ("e1", True),
        ("e2", False),
    ]
    assert (body["prompts_version"], body["model"], body["money"]) == (3, "gpt-test", None)
    assert body["tokens"] == {"input": 40, "output": 40, "cached": 0, "thinking": 0}
    assert (body["retries"], body["timings"]["model"]) == (1, 250)


def test_a_customers_message_has_no_why(agent_api: APIClient, conversation: Conversation) -> None:
    message = Message.objects.create(
        business=conversation.business,
        conversation=conversation,
        seq=1,
        revision=1,
        type="customer",
    )
    assert agent_api.get(f"/api/v1/messages/{message.pk}/why/").status_code == 404


def test_a_suggestion_needs_something_to_answer(
    agent_api: APIClient, conversation: Conversation
) -> None:
    path = f"/api/v1/conversations/{conversation.pk}/suggest/"
    assert agent_api.post(path).status_code == 409
    Message.objects.create(
        business=conversation.business,
        conversation=conversation,
        seq=1,
        revision=1,
        type="customer",
        text="Thanks!",
    )
    Conversation.objects.update(last_customer_seq=1)
    body = agent_api.post(path).json()
    assert body["text"]
    assert set(body) == {"text", "reason", "citations", "model"}
    assert not Message.objects.filter(type="AI").exists()
    kept = Conversation.objects.get().suggestion
    assert kept == {"text": body["text"], "citations": body["citations"], "upto_seq": 1}
