"""A business's own endpoints and models: over the API, at the models, in the ledger."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings
from pytest_django.fixtures import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import Business, SettingChange, User
from AI_model.breaker import forget_breakers
from AI_model.models import AIModelConfig, AIRun, Endpoint, LanguageModel, UsageRecord
from AI_model.services.models import chain_for, context_of, usable_models
from AI_model.testing.chats import Chat
from AI_model.testing.model_server import Call, ModelServer
from AI_model.testing.requests import a_request
from core.lib.crypto import encrypt
from core.tests.test_http import BLOCKED

ENDPOINTS = "/api/ai/endpoints/"
MODELS = "/api/ai/models/"
KEY = "sk-canary-0123456789"
PUBLIC = "https://93.184.216.34/v1"


@pytest.fixture
def accepted() -> list[str]:
    return []


@pytest.fixture
def server(settings: Settings, accepted: list[str]) -> Iterator[ModelServer]:
    """A model that the business runs itself, on a machine that the operator trusts."""
    settings.TRUST_PRIVATE_ENDPOINTS = True
    forget_breakers()

    def hook(moment: str, call: Call | None) -> None:
        if moment == "accept":
            accepted.append(moment)

    with ModelServer(hook=hook) as running:
        yield running


def make(api: APIClient, status: int = 201, **fields: Any) -> dict[str, Any]:
    body = {"name": "Ours", "kind": "openai", "base_url": PUBLIC, "api_key": KEY, **fields}
    answer = api.post(ENDPOINTS, body, format="json")
    assert answer.status_code == status, answer.content
    found: dict[str, Any] = answer.json()
    return found


def change(api: APIClient, endpoint: dict[str, Any], status: int = 200, **fields: Any) -> Any:
    answer = api.patch(f"{ENDPOINTS}{endpoint['id']}/", fields, format="json")
    assert answer.status_code == status, answer.content
    return answer.json()


def add_model(api: APIClient, endpoint: dict[str, Any], status: int = 201, **fields: Any) -> Any:
    body = {"endpoint": endpoint["id"], "name": "House", "model_id": "house-1", **fields}
    answer = api.post(MODELS, body, format="json")
    assert answer.status_code == status, answer.content
    return answer.json()


def try_it(api: APIClient, endpoint: dict[str, Any], **fields: Any) -> dict[str, Any]:
    answer = api.post(f"{ENDPOINTS}{endpoint['id']}/test/", fields, format="json")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def stored_key(endpoint: dict[str, Any]) -> str:
    return str(Endpoint.objects.get(pk=endpoint["id"]).secrets.get("api_key", ""))


@pytest.mark.django_db
def test_a_key_is_kept_encrypted_and_shown_by_its_end_only(owner_api: APIClient) -> None:
    made = make(owner_api)
    assert made["api_key"] == "••••6789"
    pages = [
        owner_api.get(ENDPOINTS).content,
        owner_api.get(f"{ENDPOINTS}{made['id']}/").content,
        owner_api.get("/api/v1/ai/config/changes/").content,
    ]
    assert not any(KEY.encode() in page for page in pages)
    with connection.cursor() as cursor:
        cursor.execute('SELECT secrets FROM "AI_model_endpoint"')
        assert KEY not in str(cursor.fetchall())
    assert KEY not in str(list(SettingChange.objects.values()))
    assert stored_key(made) == KEY


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"name": "Other"}, KEY),
        ({"enabled": False}, KEY),
        ({"api_key": "••••6789"}, KEY),
        ({"base_url": PUBLIC}, KEY),
        ({"base_url": f"{PUBLIC}/chat/completions/"}, KEY),
        ({"api_key": "another"}, "another"),
        ({"api_key": ""}, ""),
        ({"base_url": "https://93.184.216.35/v1"}, ""),
        ({"base_url": "https://93.184.216.35/v1", "api_key": "••••6789"}, ""),
        ({"base_url": "https://93.184.216.35/v1", "api_key": "another"}, "another"),
        ({"kind": "anthropic"}, ""),
        ({"kind": "anthropic", "base_url": PUBLIC}, ""),
    ],
)
def test_a_key_never_follows_to_another_address(
    owner_api: APIClient, changes: dict[str, Any], kept: str
) -> None:
    made = make(owner_api)
    change(owner_api, made, **changes)
    assert stored_key(made) == kept


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "given", "address"),
    [
        ("openai", "", "https://api.openai.com/v1"),
        ("anthropic", "", "https://api.anthropic.com"),
        ("gemini", "", "https://generativelanguage.googleapis.com"),
        ("openai", " https://93.184.216.34/v1/chat/completions ", PUBLIC),
        ("anthropic", "https://93.184.216.34/v1/messages", "https://93.184.216.34"),
        ("gemini", "https://93.184.216.34/v1beta/models/", "https://93.184.216.34"),
    ],
)
def test_an_address_is_kept_as_the_code_needs_it(
    owner_api: APIClient, kind: str, given: str, address: str
) -> None:
    assert make(owner_api, kind=kind, base_url=given)["base_url"] == address


@pytest.mark.django_db
@pytest.mark.parametrize("url", [url for url in BLOCKED if url.strip() and "\0" not in url])
def test_no_address_that_leads_inside_is_kept(owner_api: APIClient, url: str) -> None:
    refused = make(owner_api, 400, base_url=url)
    assert "base_url" in refused["fields"]
    made = make(owner_api)
    change(owner_api, made, 400, base_url=url)
    assert Endpoint.objects.get().base_url == PUBLIC and stored_key(made) == KEY


@pytest.mark.django_db
def test_a_key_does_not_go_out_unencrypted(owner_api: APIClient) -> None:
    refused = make(owner_api, 400, base_url="http://93.184.216.34/v1")
    assert "https" in refused["detail"]


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["two words", "line\r\nX-Extra: y", "schlüssel", "Bearer sk-1"])
def test_what_can_be_no_key_is_refused(owner_api: APIClient, key: str) -> None:
    assert "api_key" in make(owner_api, 400, api_key=key)["fields"]
    assert make(owner_api, api_key=f" {KEY}\n")["api_key"] == "••••6789"


@pytest.mark.django_db
def test_agents_see_which_models_there_are_and_nothing_else(
    owner_api: APIClient, agent_api: APIClient
) -> None:
    made = make(owner_api)
    model = add_model(owner_api, made)
    listed = agent_api.get(MODELS).json()["results"]
    assert [m["name"] for m in listed if not m["builtin"]] == ["House"]
    assert PUBLIC not in str(listed)
    one = f"{ENDPOINTS}{made['id']}/"
    tries = [
        agent_api.get(ENDPOINTS),
        agent_api.post(ENDPOINTS, {"name": "x", "kind": "openai"}),
        agent_api.get(one),
        agent_api.patch(one, {"name": "x"}),
        agent_api.delete(one),
        agent_api.post(f"{one}test/"),
        agent_api.get(f"{one}models/"),
        agent_api.post(MODELS, {"endpoint": made["id"], "name": "x", "model_id": "x"}),
        agent_api.patch(f"{MODELS}{model['id']}/", {"name": "x"}),
        agent_api.delete(f"{MODELS}{model['id']}/"),
    ]
    assert [answer.status_code for answer in tries] == [403] * len(tries)
    assert LanguageModel.objects.get().name == "House"


@pytest.mark.django_db
def test_a_model_at_anothers_endpoint_is_refused(
    owner_api: APIClient, other_api: APIClient
) -> None:
    theirs = make(other_api)
    assert add_model(owner_api, theirs, 404)["code"] == "not_found"
    assert not LanguageModel.objects.exists()


@pytest.mark.django_db
def test_names_are_taken_once(owner_api: APIClient, settings: Settings) -> None:
    made = make(owner_api)
    assert "name" in make(owner_api, 400)["fields"]
    add_model(owner_api, made)
    assert "name" in add_model(owner_api, made, 400)["fields"]
    assert "operator" in add_model(owner_api, made, 400, name="embedded")["detail"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("mode", "code", "word"),
    [
        ("ok", "ok", "works"),
        ("max_tokens", "ok", "works"),
        ("bad_key", "key_rejected", "key"),
        ("404", "model_not_found", "model"),
        ("quota", "quota_exhausted", "money"),
        ("408", "timeout", "in time"),
        ("reset", "unreachable", "address"),
        ("html200", "garbled", "base URL"),
        ("429", "rate_limited", "minute"),
        ("500", "server_error", "minute"),
        ("403", "not_allowed", "may not use"),
    ],
)
def test_the_test_says_in_plain_words_what_is_wrong(
    owner_api: APIClient, owner: User, server: ModelServer, mode: str, code: str, word: str
) -> None:
    made = make(owner_api, base_url=f"{server.url}/v1")
    add_model(owner_api, made)
    server.behave(mode)
    told = try_it(owner_api, made)
    assert (told["ok"], told["code"], told["model"]) == (code == "ok", code, "house-1")
    assert word in told["detail"] and f"{mode} error" not in told["detail"]
    assert len(server.calls) == 1
    row = UsageRecord.objects.get()
    assert (row.purpose, row.user, row.business) == ("test", owner, owner.business)
    assert owner_api.get(f"{ENDPOINTS}{made['id']}/").json()["last_test"] == told


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["openai", "anthropic", "gemini"])
def test_each_kind_is_really_asked(owner_api: APIClient, server: ModelServer, kind: str) -> None:
    address = f"{server.url}/v1" if kind == "openai" else server.url
    made = make(owner_api, kind=kind, base_url=address)
    assert try_it(owner_api, made, model_id="some-model")["ok"]
    assert server.calls[0].vendor == kind


@pytest.mark.django_db
def test_what_is_missing_is_said_without_a_call(owner_api: APIClient, server: ModelServer) -> None:
    made = make(owner_api, base_url=server.url, kind="anthropic", api_key="")
    assert try_it(owner_api, made, model_id="m")["code"] == "no_key"
    change(owner_api, made, api_key=KEY)
    assert try_it(owner_api, made)["code"] == "no_model"
    Endpoint.objects.update(secrets={})
    with connection.cursor() as cursor:
        cursor.execute('UPDATE "AI_model_endpoint" SET secrets = %s', [encrypt("{}")[:-4] + "xxxx"])
    assert try_it(owner_api, made, model_id="m")["code"] == "key_unreadable"
    assert change(owner_api, made, api_key="fresh")["api_key"] == "••••"
    assert server.calls == []


@pytest.mark.django_db
def test_a_blocked_address_is_said_and_never_connected_to(
    owner_api: APIClient, server: ModelServer, accepted: list[str], settings: Settings
) -> None:
    """Also one that was kept while the operator trusted it."""
    made = make(owner_api, base_url=f"{server.url}/v1")
    settings.TRUST_PRIVATE_ENDPOINTS = False
    assert try_it(owner_api, made, model_id="m")["code"] == "address_blocked"
    offered = owner_api.get(f"{ENDPOINTS}{made['id']}/models/")
    assert (offered.status_code, offered.json()["code"]) == (400, "address_blocked")
    assert accepted == []


@pytest.mark.django_db
def test_tests_of_a_business_are_limited(
    owner_api: APIClient, other_api: APIClient, server: ModelServer
) -> None:
    made, theirs = (make(api, base_url=f"{server.url}/v1") for api in (owner_api, other_api))
    for _ in range(10):
        try_it(owner_api, made, model_id="m")
    refused = owner_api.post(f"{ENDPOINTS}{made['id']}/test/", {"model_id": "m"}, format="json")
    assert refused.status_code == 429 and int(refused["Retry-After"]) > 0
    assert owner_api.get(f"{ENDPOINTS}{made['id']}/models/").status_code == 429
    assert len(server.calls) == 10
    assert try_it(other_api, theirs, model_id="m")["ok"]


@pytest.mark.django_db
def test_the_address_lists_its_models_where_it_can(
    owner_api: APIClient, server: ModelServer
) -> None:
    made = make(owner_api, base_url=f"{server.url}/v1")
    listing = f"{ENDPOINTS}{made['id']}/models/"
    assert owner_api.get(listing).json() == {"models": ["model-a", "model-b"]}
    server.behave("404")
    assert owner_api.get(listing).json()["code"] == "not_offered"


@pytest.mark.django_db
def test_the_models_of_a_business_are_the_operators_and_its_own(
    owner_api: APIClient, business: Business, other_business: Business, settings: Settings
) -> None:
    made = make(owner_api)
    add_model(owner_api, made, context_tokens=32_000)
    add_model(owner_api, made, name="Known", model_id="gpt-6-luna")
    add_model(owner_api, made, name="Off", enabled=False)
    names = [(m.name, m.builtin) for m in usable_models(business_id=business.pk)]
    assert names == [("embedded", True), ("House", False), ("Known", False)]
    assert [m.name for m in usable_models(business_id=other_business.pk)] == ["embedded"]
    sizes = [context_of(business_id=business.pk, model_name=n) for n in ("House", "Known", "")]
    assert sizes == [32_000, 1_050_000, 8_192]
    change(owner_api, made, enabled=False)
    assert [m.name for m in usable_models(business_id=business.pk)] == ["embedded"]
    assert [p.kind for p in chain_for(business_id=business.pk, model_name="House")] == ["embedded"]


@pytest.mark.django_db
def test_a_business_without_models_of_its_own_costs_no_statement(
    business: Business, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        chain_for(business_id=business.pk)
        chain_for(business_id=business.pk, model_name="embedded")


@pytest.mark.django_db
def test_config_takes_the_name_of_an_own_model(
    owner_api: APIClient, other_api: APIClient, business: Business
) -> None:
    add_model(owner_api, make(owner_api), max_tokens=500)
    config = "/api/v1/ai/config/"
    assert owner_api.put(config, {"model_name": "House", "max_tokens": 400}).status_code == 200
    longer = owner_api.put(config, {"max_tokens": 600})
    assert longer.status_code == 400 and "500" in longer.json()["fields"]["max_tokens"][0]
    foreign = other_api.put(config, {"model_name": "House"})
    assert foreign.status_code == 400
    wrong = owner_api.put(config, {"model_name": "nothing"})
    assert "House" in wrong.json()["fields"]["model_name"][0]
    row = LanguageModel.objects.get()
    owner_api.patch(f"{MODELS}{row.pk}/", {"name": "Home"}, format="json")
    assert AIModelConfig.objects.get(business=business).model_name == "Home"


@pytest.mark.django_db(transaction=True)
def test_customers_are_answered_by_the_own_model_and_then_by_the_operators(
    chat: Chat, owner_api: APIClient, business: Business, server: ModelServer, settings: Settings
) -> None:
    for name, value in server.settings("gemini").items():
        setattr(settings, name, value)
    server.behave(text="Yes, we do ship there [p1].")
    made = make(owner_api, base_url=f"{server.url}/v1")
    add_model(owner_api, made, max_tokens=64)
    owner_api.put("/api/v1/ai/config/", {"model_name": "House", "max_tokens": 64})
    assert chat.ask("do you ship to norway").text == "Yes, we do ship there."
    assert [(c.vendor, c.body["model"], c.body["max_tokens"]) for c in server.calls] == [
        ("openai", "house-1", 64)
    ]
    assert server.calls[0].headers["authorization"] == f"Bearer {KEY}"
    run = AIRun.objects.get()
    assert (run.provider, run.model) == ("openai", "house-1")
    server.behave("bad_key", vendor="openai")
    chat.ask("do you ship to norway, please")
    assert [row.provider for row in UsageRecord.objects.order_by("pk")] == [
        *("openai", "openai", "gemini")
    ]


@pytest.mark.django_db
def test_a_models_defaults_count_where_nothing_else_is_asked(
    owner_api: APIClient, business: Business, server: ModelServer
) -> None:
    made = make(owner_api, base_url=f"{server.url}/v1")
    add_model(owner_api, made, temperature=0.7, max_tokens=50)
    [own, *_] = chain_for(business_id=business.pk, model_name="House")
    own.complete(replace(a_request(), temperature=None))
    own.complete(a_request())
    sent = [(call.body["temperature"], call.body["max_tokens"]) for call in server.calls]
    assert sent == [(0.7, 50), (0.3, 50)]


@pytest.mark.django_db
def test_an_own_model_without_a_price_is_shut_out_by_a_money_budget(
    owner_api: APIClient, business: Business, server: ModelServer
) -> None:
    made = make(owner_api, base_url=f"{server.url}/v1")
    AIModelConfig.objects.create(business=business, budgets={"daily_money": 5})
    assert try_it(owner_api, made, model_id="house-1")["code"] == "unpriced"
    assert server.calls == []


@pytest.mark.django_db
def test_deleting_an_endpoint_takes_its_models_along(owner_api: APIClient) -> None:
    made = make(owner_api)
    add_model(owner_api, made)
    assert owner_api.delete(f"{ENDPOINTS}{made['id']}/").status_code == 204
    assert not LanguageModel.objects.exists()
    assert SettingChange.objects.filter(subject="ai endpoint", field="name").count() == 2
