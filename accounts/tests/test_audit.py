"""What was changed in a business's settings, by whom, and from what to what."""

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Business, SettingChange, User
from AI_model.models import AIModelConfig
from messaging.models import Channel

pytestmark = pytest.mark.django_db
CHANGES = "/api/v1/ai/config/changes/"


def logged() -> list[tuple[Any, ...]]:
    rows = SettingChange.objects.order_by("pk").select_related("user")
    return [(row.via, row.user, row.subject, row.field, row.before, row.after) for row in rows]


def test_the_api_logs_what_differs_and_nothing_else(owner_api: APIClient, owner: User) -> None:
    body = {"max_turns": 20, "tone": "warm", "budgets": {"daily_tokens": 5000}}
    assert owner_api.put("/api/v1/ai/config/", body, format="json").status_code == 200
    assert owner_api.put("/api/v1/ai/config/", body, format="json").status_code == 200
    rows = sorted((row for row in logged()), key=lambda row: row[3])
    assert [row[:4] for row in rows] == [
        ("api", owner, "ai config", "budgets"),
        ("api", owner, "ai config", "tone"),
    ]
    assert rows[1][4:] == ("", "warm") and rows[0][5]["daily_tokens"] == 5000


def test_hours_and_zone_are_logged_too(owner_api: APIClient, business: Business) -> None:
    spans = [{"weekday": 0, "opens": "09:00", "closes": "17:00"}]
    body = {"timezone": "Europe/Oslo", "business_hours": spans}
    assert owner_api.put("/api/v1/ai/config/", body, format="json").status_code == 200
    assert {row[3]: row[4:] for row in logged()} == {
        "timezone": ("UTC", "Europe/Oslo"),
        "business_hours": ([], spans),
    }


def test_the_default_handler_is_logged(agent_api: APIClient, agent: User) -> None:
    for _ in range(2):
        agent_api.put("/api/v1/ai/default-handler/", {"default_reply_handler": "Manual"})
    assert logged() == [("api", agent, "member", "default_reply_handler", "AI", "Manual")]


def test_the_command_is_logged_without_a_name(owner: User, business: Business) -> None:
    for verb in ("disable", "disable", "enable"):
        call_command("ai_control", verb, user=owner.username)
    assert logged() == [
        ("command", None, "ai config", "auto_response_enabled", True, False),
        ("command", None, "ai config", "auto_response_enabled", False, True),
    ]


def test_a_channel_switched_off_is_logged(
    owner_api: APIClient, owner: User, webchat_channel: Channel
) -> None:
    there = f"/api/v1/channels/{webchat_channel.pk}/"
    assert owner_api.patch(there, {"is_active": False}, format="json").status_code == 200
    assert logged() == [("api", owner, "channel", "is_active", True, False)]
    assert SettingChange.objects.get().subject_id == webchat_channel.pk


def test_saves_in_the_admin_are_logged(
    client: Client, owner: User, business: Business, webchat_channel: Channel
) -> None:
    config = AIModelConfig.objects.create(business=business)
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    page = client.get(f"/admin/AI_model/aimodelconfig/{config.pk}/change/")
    form = page.context["adminform"].form
    typed = {name: form.get_initial_for_field(f, name) or "" for name, f in form.fields.items()}
    typed = {name: "" if value == [] else value for name, value in typed.items()}
    answer = client.post(page.request["PATH_INFO"], {**typed, "tone": "brief"})
    assert answer.status_code == 302, answer.context["errors"]
    assert ("page", owner, "ai config", "tone", "", "brief") in logged()

    there = f"/admin/messaging/channel/{webchat_channel.pk}/change/"
    typed = {"name": "Chat on the site", "colour": "#112233", "greeting": "", "allowed_origins": ""}
    assert client.post(there, typed).status_code == 302
    rows = {row[3]: row[5] for row in logged() if row[2] == "channel"}
    assert rows["name"] == "Chat on the site" and rows["is_active"] is False
    assert rows["settings"]["colour"] == "#112233"


def test_the_owner_reads_the_log_in_pages_and_agents_do_not(
    owner_api: APIClient, agent_api: APIClient, other_api: APIClient, owner: User
) -> None:
    for tone in ("a", "b", "c"):
        owner_api.put("/api/v1/ai/config/", {"tone": tone}, format="json")
    page = owner_api.get(CHANGES, {"page_size": 2}).json()
    assert page["count"] == 3 and [row["after"] for row in page["results"]] == ["c", "b"]
    assert page["results"][0]["user"] == {"id": owner.pk, "name": owner.display_name}
    assert owner_api.get(CHANGES, {"subject": "channel"}).json()["count"] == 0
    assert agent_api.get(CHANGES).status_code == 403
    assert other_api.get(CHANGES).json()["count"] == 0


def test_a_new_token_leaves_no_trace_of_itself(
    client: Client, owner: User, telegram_channel: Channel
) -> None:
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    there = f"/admin/messaging/channel/{telegram_channel.pk}/change/"
    assert client.post(there, {"name": "Bot", "is_active": "on"}).status_code == 302
    assert "name" in {row[3] for row in logged()}
    assert "test-token" not in str(list(SettingChange.objects.values()))
