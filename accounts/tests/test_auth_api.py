"""Bearer tokens: how they are got, how long they live, and what ends them."""

import json
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import jwt
import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Business, TokenFamily, User
from accounts.services import deactivate_member
from core.testing.fixtures import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN = {"username": "owner", "password": PASSWORD}


def log_in(client: APIClient, **body: str) -> dict[str, Any]:
    answer = client.post("/auth/login", body or LOGIN, format="json")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def me_with(token: str) -> int:
    return APIClient().get("/auth/me", HTTP_AUTHORIZATION=f"Bearer {token}").status_code


def refresh(token: str) -> Any:
    return APIClient().post("/auth/refresh", {"refresh_token": token}, format="json")


def test_registering_makes_a_business_with_its_owner_and_logs_them_in(
    api_client: APIClient,
) -> None:
    body = {
        "username": "mira",
        "email": "mira@example.com",
        "password": "a long enough phrase",
        "business_name": "Mira's bikes",
        "timezone": "Europe/Berlin",
        "role": "agent",
        "is_superuser": True,
        "is_staff": True,
        "business": "someone-else",
    }
    answer = api_client.post("/auth/register", body, format="json")
    assert answer.status_code == 201
    user = User.objects.get(username="mira")
    assert (user.role, user.is_superuser, user.is_staff) == ("owner", False, False)
    assert (user.business.name, user.business.timezone) == ("Mira's bikes", "Europe/Berlin")  # type: ignore[union-attr]
    assert me_with(answer.json()["access_token"]) == 200


def test_a_new_business_starts_with_prompts_settings_and_channels(api_client: APIClient) -> None:
    body = {"username": "mira", "password": "a long enough phrase"}
    assert api_client.post("/auth/register/", body).status_code == 201
    business = Business.objects.get(members__username="mira")
    assert {channel.kind for channel in business.channels.all()} == {"api", "webchat"}
    assert business.prompts.version == 1
    assert business.ai_config.auto_response_enabled


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"password": "a long enough phrase"}, "username"),
        ({"username": "mira"}, "password"),
        ({"username": "mira", "password": "12345678"}, "password"),
        ({"username": "owner", "password": "a long enough phrase"}, "username"),
        ({"username": "mira", "password": "a long enough phrase", "timezone": "Mars"}, "timezone"),
        ({"username": "mi\0ra", "password": "a long enough phrase"}, None),
    ],
)
def test_a_bad_registration_is_refused_with_the_field_named(
    api_client: APIClient, owner: User, body: dict[str, str], field: str | None
) -> None:
    answer = api_client.post("/auth/register", body, format="json")
    assert answer.status_code == 400
    assert {"detail", "code"} <= set(answer.json())
    assert field is None or field in answer.json()["fields"]
    assert not User.objects.filter(username="mira").exists()


@pytest.mark.parametrize("path", ["/auth/login", "/auth/login/"])
@pytest.mark.parametrize("form", ["json", "multipart"])
@pytest.mark.parametrize("name", ["owner", "owner@example.com", "OWNER@example.com"])
def test_people_log_in_by_name_or_email_with_json_or_a_form(
    api_client: APIClient, owner: User, path: str, form: str, name: str
) -> None:
    answer = api_client.post(path, {"username": name, "password": PASSWORD}, format=form)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert body["token_type"] == "bearer"
    assert me_with(body["access_token"]) == 200


def test_a_user_name_that_is_someone_elses_email_takes_nothing_from_them(
    api_client: APIClient, owner: User
) -> None:
    User.objects.create_user("owner@example.com", "", "quite another phrase")
    log_in(api_client, username="owner@example.com", password="quite another phrase")
    log_in(api_client, username="owner", password=PASSWORD)


def test_wrong_unknown_and_inactive_get_the_same_answer(
    api_client: APIClient, owner: User, agent: User
) -> None:
    User.objects.filter(pk=agent.pk).update(is_active=False)
    tries = [("owner", "wrong"), ("nobody", PASSWORD), ("agent", PASSWORD)]
    answers = [
        api_client.post("/auth/login", {"username": name, "password": word}) for name, word in tries
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert len({answer.content for answer in answers}) == 1


def test_ten_wrong_passwords_lock_out_that_person_at_that_address_only(
    owner: User, agent: User
) -> None:
    client = APIClient(REMOTE_ADDR="10.0.0.1")
    spellings = ["owner", "owner@example.com", "Owner@Example.com"]
    for number in range(10):
        name = spellings[number % 3]
        client.post("/auth/login", {"username": name, "password": "wrong"})
    locked = client.post("/auth/login", LOGIN)
    assert locked.status_code == 429
    assert int(locked["Retry-After"]) > 0
    assert locked.json()["code"] == "too_many_tries"
    assert (
        client.post("/auth/login", {"username": "agent", "password": PASSWORD}).status_code == 200
    )
    log_in(APIClient(REMOTE_ADDR="10.0.0.2"))
    for _ in range(100):
        client.post("/auth/login", {"username": "owner", "password": "wrong"})
    assert (
        client.post("/auth/login", {"username": "agent", "password": PASSWORD}).status_code == 200
    )
    spoofed = client.post("/auth/login", LOGIN, HTTP_X_FORWARDED_FOR="10.0.0.3")
    assert spoofed.status_code == 429


def test_one_address_can_not_try_a_password_on_everyone(owner: User) -> None:
    client = APIClient(REMOTE_ADDR="10.0.0.1")
    codes = [
        client.post("/auth/login", {"username": f"guess{number}", "password": "x"}).status_code
        for number in range(105)
    ]
    assert codes[:100] == [401] * 100
    assert codes[100:] == [429] * 5
    log_in(APIClient(REMOTE_ADDR="10.0.0.2"))


def test_a_refresh_token_works_once_and_its_pair_follows(
    api_client: APIClient, owner: User
) -> None:
    first = log_in(api_client)
    second = refresh(first["refresh_token"])
    assert second.status_code == 200
    assert me_with(first["access_token"]) == me_with(second.json()["access_token"]) == 200
    assert refresh(first["refresh_token"]).status_code == 401
    assert refresh(second.json()["refresh_token"]).status_code == 200


def test_a_refresh_token_used_again_later_ends_its_whole_family(
    api_client: APIClient, owner: User
) -> None:
    first, other_device = log_in(api_client), log_in(api_client)
    second = refresh(first["refresh_token"]).json()
    TokenFamily.objects.update(rotated_at=timezone.now() - timedelta(minutes=1))
    assert refresh(first["refresh_token"]).status_code == 401
    assert refresh(second["refresh_token"]).status_code == 401
    assert me_with(second["access_token"]) == 401
    assert me_with(other_device["access_token"]) == 200


@pytest.mark.django_db(transaction=True)
def test_of_many_refreshes_at_once_one_wins(api_client: APIClient, owner: User) -> None:
    token = log_in(api_client)["refresh_token"]
    barrier, codes = Barrier(8), list[int]()

    def run() -> None:
        barrier.wait()
        codes.append(refresh(token).status_code)
        connection.close()

    threads = [Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200] + [401] * 7


def test_logging_out_ends_refresh_and_access_at_once(api_client: APIClient, owner: User) -> None:
    pair = log_in(api_client)
    answer = api_client.post("/auth/logout", {"refresh_token": pair["refresh_token"]})
    assert answer.status_code == 204
    assert refresh(pair["refresh_token"]).status_code == 401
    assert me_with(pair["access_token"]) == 401


def change_password(user: User) -> None:
    user.set_password("another long phrase")
    user.save()


def remove(user: User) -> None:
    deactivate_member(owner=User.objects.get(username="owner"), member=user)


@pytest.mark.parametrize("end", [change_password, remove, lambda user: user.delete()])
def test_tokens_end_with_password_membership_or_person(
    api_client: APIClient, owner: User, agent: User, end: Callable[[User], Any]
) -> None:
    pair = log_in(api_client, username="agent", password=PASSWORD)
    end(agent)
    assert me_with(pair["access_token"]) == 401
    assert refresh(pair["refresh_token"]).status_code == 401


def forged(pair: dict[str, Any]) -> dict[str, str]:
    """Tokens that must not open anything, by what is wrong with them."""
    claims = jwt.decode(pair["access_token"], options={"verify_signature": False})
    good, key = pair["access_token"], settings.SECRET_KEY
    return {
        "no algorithm": jwt.encode(claims, "", algorithm="none"),
        "another key": jwt.encode(claims, "k" * 32, algorithm="HS256"),
        "refresh as access": pair["refresh_token"],
        "cut": good[:-4],
        "expired": jwt.encode({**claims, "exp": 1}, key, algorithm="HS256"),
        "no family": jwt.encode(
            {k: v for k, v in claims.items() if k != "family"}, key, algorithm="HS256"
        ),
        "another user": jwt.encode({**claims, "user_id": "999999"}, key, algorithm="HS256"),
        "not a token": "é" * 10,
        "huge": "a" * 1_000_000,
        "empty": "",
    }


def test_forged_tokens_open_nothing(api_client: APIClient, owner: User) -> None:
    pair = log_in(api_client)
    for what, token in forged(pair).items():
        assert me_with(token) == 401, what
        if what != "refresh as access":
            assert refresh(token).status_code in {400, 401}, what
    assert refresh(pair["access_token"]).status_code == 401


def test_an_access_token_ends_after_its_time(api_client: APIClient, owner: User) -> None:
    pair = log_in(api_client)
    with time_machine.travel(timezone.now() + timedelta(seconds=pair["expires_in"] + 1)):
        assert me_with(pair["access_token"]) == 401


def test_me_tells_who_one_is_and_no_secret(owner_api: APIClient, owner: User) -> None:
    body = owner_api.get("/auth/me").json()
    assert (body["username"], body["role"]) == ("owner", "owner")
    assert body["business"]["name"] == "Kite Bikes"
    assert owner.password not in json.dumps(body)


def test_a_socket_ticket_works_once_within_its_time(owner_api: APIClient, owner: User) -> None:
    from accounts.services import redeem_ticket

    first, second = (owner_api.post("/auth/ws-ticket").json() for _ in range(2))
    assert first["expires_in"] == 30
    assert redeem_ticket(first["ticket"]) == owner
    assert redeem_ticket(first["ticket"]) is None
    with time_machine.travel(timezone.now() + timedelta(seconds=31)):
        assert redeem_ticket(second["ticket"]) is None
    assert redeem_ticket("never issued") is None


def test_without_a_token_one_gets_a_challenge(api_client: APIClient, db: None) -> None:
    answer = api_client.get("/auth/me")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert set(answer.json()) == {"detail", "code"}


@pytest.mark.parametrize(
    "raw",
    [
        b"[]",
        b"1",
        b"{",
        b'{"username": NaN}',
        b"\xff",
        b'{"username": "\\ud800", "password": "x"}',
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"username": "a\\u0000b", "password": "x"}',
    ],
)
def test_hostile_bodies_are_refused_plainly(api_client: APIClient, db: None, raw: bytes) -> None:
    answer = api_client.post("/auth/login", raw, content_type="application/json")
    assert answer.status_code == 400
    assert {"detail", "code"} <= set(answer.json())
