"""People and the business itself in the admin."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Business, User
from accounts.services import issue_tokens

pytestmark = pytest.mark.django_db

BACKEND = "accounts.backends.UsernameOrEmailBackend"
PASSWORD = "plain sailing 42"


@pytest.fixture
def pages(client: Client, owner: User) -> Client:
    client.force_login(owner, backend=BACKEND)
    return client


def change(pages: Client, user: User, **words: str) -> int:
    form = {
        "username": user.username,
        "email": user.email,
        "default_reply_handler": "AI",
        "is_active": "on",
    }
    form = {name: value for name, value in {**form, **words}.items() if value}
    return pages.post(f"/admin/accounts/user/{user.pk}/change/", {**form, "_save": "1"}).status_code


def test_the_owner_sets_who_answers_first(pages: Client, owner: User) -> None:
    assert change(pages, owner, default_reply_handler="Manual") == 302
    owner.refresh_from_db()
    assert owner.default_reply_handler == "Manual"


def test_an_owner_makes_nobody_owner_or_superuser_and_moves_nobody(
    pages: Client, agent: User, other_business: Business
) -> None:
    words = {"role": "owner", "is_superuser": "on", "is_staff": "on", "business": other_business.pk}
    assert change(pages, agent, **words) == 302
    agent.refresh_from_db()
    assert (agent.role, agent.is_superuser, agent.is_staff) == ("agent", False, False)
    assert agent.business_id != other_business.pk


def test_the_owner_can_not_switch_themselves_off(pages: Client, owner: User) -> None:
    assert change(pages, owner, is_active="") == 302
    owner.refresh_from_db()
    assert owner.is_active


def test_who_is_switched_off_loses_every_log_in(
    pages: Client, agent: User, api_client: APIClient
) -> None:
    tokens = issue_tokens(user=agent)
    assert change(pages, agent, is_active="") == 302
    assert change(pages, agent, is_active="on") == 302
    answer = api_client.post("/auth/refresh", {"refresh_token": tokens.refresh})
    assert answer.status_code == 401


def test_a_password_set_by_the_owner_works_and_ends_old_log_ins(
    pages: Client, agent: User, api_client: APIClient
) -> None:
    tokens = issue_tokens(user=agent)
    words = {
        "password1": PASSWORD,
        "password2": PASSWORD,
        "usable_password": "true",
        "set-password": "1",
    }
    assert pages.post(f"/admin/accounts/user/{agent.pk}/password/", words).status_code == 302
    agent.refresh_from_db()
    assert agent.check_password(PASSWORD)
    assert api_client.post("/auth/refresh", {"refresh_token": tokens.refresh}).status_code == 401


def test_nobody_of_another_business_gets_a_new_password(
    pages: Client, stranger: User, staff: User
) -> None:
    words = {
        "password1": PASSWORD,
        "password2": PASSWORD,
        "usable_password": "true",
        "set-password": "1",
    }
    for user in (stranger, staff):
        assert pages.post(f"/admin/accounts/user/{user.pk}/password/", words).status_code == 404
        user.refresh_from_db()
        assert not user.check_password(PASSWORD)


def test_a_person_added_by_the_owner_is_an_agent_of_the_business(
    pages: Client, owner: User
) -> None:
    words = {
        "username": "new",
        "email": "n@example.com",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    assert pages.post("/admin/accounts/user/add/", words).status_code == 302
    added = User.objects.get(username="new")
    assert (added.business_id, added.role) == (owner.business_id, "agent")
    assert added.check_password(PASSWORD)


def test_the_business_page_is_the_own_one_and_checks_the_time_zone(
    pages: Client, business: Business
) -> None:
    page = pages.get("/admin/accounts/business/")
    address = f"/admin/accounts/business/{business.pk}/change/"
    assert page.headers["Location"] == address
    assert pages.post(address, {"name": "Kite", "timezone": "Mars/Base"}).status_code == 200
    assert pages.post(address, {"name": "Kite", "timezone": "Europe/Berlin"}).status_code == 302
    business.refresh_from_db()
    assert (business.name, business.timezone) == ("Kite", "Europe/Berlin")
