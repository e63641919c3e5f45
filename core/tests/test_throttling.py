"""How fast a person and a business may call the API, over HTTP and from many threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from core.lib import ratelimit

CONFIG = "/api/v1/ai/config/"


@pytest.mark.django_db
def test_beyond_the_limit_a_person_comes_back_later_in_our_shape(
    owner_api: APIClient, agent_api: APIClient, settings: Any
) -> None:
    settings.API_USER_PER_MINUTE = 3
    assert [owner_api.get(CONFIG).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = owner_api.get(CONFIG)
    assert refused.json() == {
        "detail": f"You may make 3 requests a minute. Try again in {refused['Retry-After']} s.",
        "code": "too_fast",
    }
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert agent_api.get(CONFIG).status_code == 200, "each person has an own limit"


@pytest.mark.django_db
def test_a_business_has_a_limit_for_all_of_its_people(
    owner_api: APIClient, agent_api: APIClient, other_api: APIClient, settings: Any
) -> None:
    settings.API_BUSINESS_PER_MINUTE = 2
    assert owner_api.get(CONFIG).status_code == agent_api.get(CONFIG).status_code == 200
    refused = agent_api.get(CONFIG)
    assert refused.status_code == 429
    assert refused.json()["detail"].startswith("Your business may make 2 requests a minute.")
    assert other_api.get(CONFIG).status_code == 200


@pytest.mark.django_db
def test_what_a_person_was_refused_is_not_counted_against_the_business(
    owner_api: APIClient, agent_api: APIClient, settings: Any
) -> None:
    settings.API_USER_PER_MINUTE, settings.API_BUSINESS_PER_MINUTE = 1, 2
    for _ in range(5):
        owner_api.get(CONFIG)
    assert agent_api.get(CONFIG).status_code == 200


@pytest.mark.django_db
def test_questions_have_a_limit_of_their_own(owner_api: APIClient, settings: Any) -> None:
    settings.ASK_USER_PER_MINUTE = 1
    for address in ("/api/v1/ai/ask/", "/api/v1/ai/sessions/msg_unknown/send/"):
        owner_api.post(address, {})
    assert owner_api.post("/api/v1/ai/ask/", {}).status_code == 429
    assert owner_api.get("/api/v1/ai/sessions/").status_code == 200


@pytest.mark.django_db
def test_who_is_not_logged_in_is_stopped_by_the_lock_out_alone(
    api_client: APIClient, settings: Any
) -> None:
    settings.API_USER_PER_MINUTE = settings.API_BUSINESS_PER_MINUTE = 1
    body = {"username": "nobody", "password": "wrong"}
    statuses = {api_client.post("/auth/login", body).status_code for _ in range(5)}
    assert statuses == {401}


@pytest.mark.parametrize("shared", [True, False], ids=["redis", "alone"])
@pytest.mark.django_db(transaction=True)
def test_of_two_hundred_requests_at_once_no_more_pass_than_the_limit(
    owner: User, api_for: Callable[[User], APIClient], settings: Any, shared: bool
) -> None:
    settings.API_USER_PER_MINUTE = 10
    if not shared:
        settings.REDIS_URL = "unix:///nowhere/at/all.sock"
    clients = [api_for(owner) for _ in range(16)]

    def call(number: int) -> int:
        try:
            return int(clients[number % len(clients)].get(CONFIG).status_code)
        finally:
            connection.close()

    try:
        with ThreadPoolExecutor(16) as pool:
            statuses = list(pool.map(call, range(200)))
    finally:
        ratelimit.breaker.closed()
    assert set(statuses) == {200, 429}
    # A window that ends meanwhile would let twice as many pass; sixty seconds are not over so soon.
    assert statuses.count(200) == 10
