"""Log-in, sign-up, invitations and the team, as a browser uses them."""

import json
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Business, Invitation, SocketTicket, TokenFamily, User
from accounts.services import delete_expired, invite_agent, issue_ticket, issue_tokens
from core.testing.fixtures import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN = {"username": "owner", "password": PASSWORD}
NEW = {"username": "mira", "password": "a long enough phrase"}


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.UsernameOrEmailBackend")
    return client


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/"])
def test_the_entrances_are_pages_under_the_strict_policy(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert "style=" not in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_logging_in_leads_to_the_inbox_with_a_new_session(client: Client, owner: User) -> None:
    client.session.save()
    session = client.session
    session["before"] = "1"
    session.save()
    client.cookies["session"] = session.session_key or ""
    answer = client.post("/accounts/login/", LOGIN)
    assert (answer.status_code, answer["Location"]) == (302, "/inbox/")
    assert client.cookies["session"].value != session.session_key


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/inbox/abc/", "/inbox/abc/"),
        ("//evil.example/", "/inbox/"),
        ("https://evil.example/", "/inbox/"),
        ("javascript:alert(1)", "/inbox/"),
        ("/\\evil.example", "/inbox/"),
    ],
)
def test_next_leads_only_to_our_own_pages(
    client: Client, owner: User, wanted: str, led_to: str
) -> None:
    assert client.post("/accounts/login/", {**LOGIN, "next": wanted})["Location"] == led_to


def test_a_wrong_password_says_no_more_than_that(client: Client, owner: User) -> None:
    wrong = client.post("/accounts/login/", {**LOGIN, "password": "wrong"})
    unknown = client.post("/accounts/login/", {**LOGIN, "username": "nobody"})
    assert wrong.status_code == unknown.status_code == 401
    for answer in (wrong, unknown):
        assert "User name or password is wrong." in answer.content.decode()


def test_the_page_locks_out_like_the_api(client: Client, owner: User) -> None:
    for _ in range(10):
        client.post("/accounts/login/", {**LOGIN, "password": "wrong"})
    answer = client.post("/accounts/login/", LOGIN)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "Too many tries" in answer.content.decode()


def test_the_pages_demand_a_csrf_token(owner: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/accounts/login/", LOGIN).status_code == 403


def test_logging_out_needs_a_post(owner: User) -> None:
    client = logged_in(owner)
    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert "_auth_user_id" not in client.session


def test_signing_up_makes_a_business_and_enters_it(client: Client) -> None:
    answer = client.post("/accounts/signup/", {**NEW, "name": "Mira's bikes", "role": "agent"})
    assert answer["Location"] == "/inbox/"
    user = User.objects.get(username="mira")
    assert user.is_owner
    assert client.session["_auth_user_id"] == str(user.pk)


def test_signing_up_shows_what_is_wrong_beside_the_field(client: Client, owner: User) -> None:
    answer = client.post(
        "/accounts/signup/", {"name": "X", "username": "owner", "password": "short"}
    )
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "too short" in text
    assert Business.objects.count() == 1


def test_an_invited_person_becomes_an_agent_of_that_business(client: Client, owner: User) -> None:
    text = logged_in(owner).post("/accounts/team/", {"email": "new@example.com"}).content.decode()
    path = re.search(r'value="http://testserver(/accounts/invitation/[^"]+)"', text)
    assert path is not None
    assert "Join Kite Bikes" in page(client, path[1])
    answer = client.post(
        path[1], {**NEW, "role": "owner", "business": "other", "email": "x@evil.example"}
    )
    assert answer["Location"] == "/inbox/"
    user = User.objects.get(username="mira")
    assert (user.role, user.business, user.email) == ("agent", owner.business, "new@example.com")


def test_an_invitation_is_stored_hashed_and_works_once(client: Client, owner: User) -> None:
    _, token = invite_agent(owner=owner, email="new@example.com")
    assert token not in str(Invitation.objects.values().get())
    path = f"/accounts/invitation/{token}/"
    assert client.post(path, NEW).status_code == 302
    again = client.post(path, {**NEW, "username": "second"})
    assert again.status_code == 404
    assert not User.objects.filter(username="second").exists()


def test_an_old_an_unknown_and_a_withdrawn_invitation_open_nothing(
    client: Client, owner: User
) -> None:
    old, old_token = invite_agent(owner=owner, email="old@example.com")
    Invitation.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    withdrawn, withdrawn_token = invite_agent(owner=owner, email="no@example.com")
    logged_in(owner).post(f"/accounts/team/invitations/{withdrawn.pk}/cancel/")
    for token in (old_token, withdrawn_token, "unknown", "%00", "x" * 3000):
        assert client.get(f"/accounts/invitation/{token}/").status_code == 404, token


def test_a_refused_name_does_not_use_the_invitation_up(client: Client, owner: User) -> None:
    _, token = invite_agent(owner=owner, email="new@example.com")
    path = f"/accounts/invitation/{token}/"
    assert client.post(path, {**NEW, "username": "owner"}).status_code == 400
    assert client.post(path, NEW).status_code == 302


def test_agents_and_strangers_can_not_change_the_team(
    owner: User, agent: User, other_owner: User
) -> None:
    for path in ("/accounts/team/", f"/accounts/team/{owner.pk}/remove/"):
        assert logged_in(agent).post(path, {"email": "x@example.com"}).status_code == 403
        assert Client().post(path)["Location"].startswith("/accounts/login/")
    assert logged_in(other_owner).post(f"/accounts/team/{agent.pk}/remove/").status_code == 404
    assert User.objects.filter(is_active=True).count() == 3
    assert not Invitation.objects.exists()


def test_a_removed_agent_is_out_at_once_and_can_be_let_in_again(owner: User, agent: User) -> None:
    theirs = logged_in(agent)
    assert theirs.get("/accounts/profile/").status_code == 200
    logged_in(owner).post(f"/accounts/team/{agent.pk}/remove/")
    assert theirs.get("/accounts/profile/").status_code == 302
    assert "Removed" in page(logged_in(owner), "/accounts/team/")
    logged_in(owner).post(f"/accounts/team/{agent.pk}/restore/")
    assert logged_in(agent).get("/accounts/profile/").status_code == 200


def test_the_owner_can_not_be_removed(owner: User) -> None:
    logged_in(owner).post(f"/accounts/team/{owner.pk}/remove/")
    owner.refresh_from_db()
    assert owner.is_active


def test_people_change_what_is_theirs_and_nothing_more(agent: User) -> None:
    body = {
        "first_name": "Ada",
        "last_name": "",
        "email": "ada@example.com",
        "default_reply_handler": "Manual",
        "role": "owner",
        "is_superuser": "1",
        "business": "",
    }
    assert logged_in(agent).post("/accounts/profile/", body).status_code == 302
    agent.refresh_from_db()
    assert (agent.first_name, agent.default_reply_handler) == ("Ada", "Manual")
    assert (agent.role, agent.is_superuser) == ("agent", False)


def test_changing_the_password_keeps_this_session_and_ends_the_others(agent: User) -> None:
    here, there = logged_in(agent), logged_in(agent)
    wrong = here.post(
        "/accounts/profile/password/", {"old_password": "no", "password": "a new phrase"}
    )
    assert wrong.status_code == 400
    body = {"old_password": PASSWORD, "password": "a new long phrase"}
    assert here.post("/accounts/profile/password/", body).status_code == 302
    assert here.get("/accounts/profile/").status_code == 200
    assert there.get("/accounts/profile/").status_code == 302


def test_create_business_prints_its_id_and_owner(db: None) -> None:
    out = StringIO()
    call_command(
        "create_business",
        "mira",
        "--password",
        "a long enough phrase",
        "--name",
        "Mira's bikes",
        "--timezone",
        "Asia/Tokyo",
        stdout=out,
    )
    printed = json.loads(out.getvalue())
    business = Business.objects.get(pk=printed["business_id"])
    assert set(printed) == {"business_id", "username"}
    assert (business.name, business.timezone) == ("Mira's bikes", "Asia/Tokyo")
    assert User.objects.get(username=printed["username"]).is_owner
    with pytest.raises(CommandError):
        call_command("create_business", "mira", "--password", "a long enough phrase")
    assert Business.objects.count() == 1


def test_the_admin_has_no_log_in_form_of_its_own_to_guess_at(client: Client, owner: User) -> None:
    answer = client.post("/admin/login/", LOGIN)
    assert answer["Location"].startswith("/accounts/login/")
    assert "_auth_user_id" not in client.session


def test_cleaning_up_forgets_only_what_has_expired(owner: User) -> None:
    past = timezone.now() - timedelta(seconds=1)
    for number in range(2):
        issue_tokens(user=owner)
        issue_ticket(user=owner)
        invite_agent(owner=owner, email=f"new{number}@example.com")
    for model in (TokenFamily, SocketTicket, Invitation):
        model.objects.filter(pk=model.objects.order_by("pk")[0].pk).update(expires_at=past)
    assert delete_expired() == 3
    assert (
        TokenFamily.objects.count()
        == SocketTicket.objects.count()
        == Invitation.objects.count()
        == 1
    )
