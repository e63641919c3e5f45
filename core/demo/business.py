"""The demo business, made from the texts beside this file."""

import json
from datetime import time
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Business, User
from accounts.services import create_business
from accounts.services.businesses import create_member
from AI_model.models import AIModelConfig
from AI_model.services.indexing import build_index
from AI_model.services.learning_marks import ask_for_look
from core.demo.conversations import make_conversations
from messaging.models import Channel
from settings_app.models import BusinessHours, Holiday
from settings_app.services import save_entry, save_prompts
from settings_app.versions import changing

FOLDER = Path(__file__).parent

Login = dict[str, str]


def read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def load_demo() -> list[Login]:
    """Make the demo business unless it is there; the logins that still have their demo password."""
    content = read("business")
    people = content["people"]
    with transaction.atomic():
        if not Channel.objects.filter(settings__demo=True).exists() and _names_are_free(people):
            _make(content)
    return [login for person in people if (login := _login(person))]


def build_demo_index() -> None:
    """While nothing else runs, so that the demo's first question does not wait for it."""
    for channel in Channel.objects.filter(settings__demo=True):
        build_index(business_id=channel.business_id, apart=False)


def _names_are_free(people: list[dict[str, str]]) -> bool:
    names = [person["username"] for person in people]
    return not User.objects.filter(username__in=names).exists()


def _login(person: dict[str, str]) -> Login | None:
    demo = User.objects.filter(business__channels__settings__demo=True)
    user = demo.filter(username=person["username"], is_active=True).first()
    if user is None or not user.check_password(person["password"]):
        return None
    return {name: person[name] for name in ("username", "password", "role")}


def _make(content: dict[str, Any]) -> None:
    business, people = _make_people(content)
    _make_hours(business, content)
    with changing(business.pk, summary="What the demo begins with"):
        save_prompts(business=business, texts=content["prompts"])
        entries = {
            entry["question"]: save_entry(business=business, **entry) for entry in read("knowledge")
        }
    AIModelConfig.objects.update_or_create(business=business, defaults=content["ai"])
    channel, _ = Channel.objects.update_or_create(
        business=business,
        kind=Channel.Kind.WEBCHAT,
        defaults={**content["webchat"], "health": Channel.Health.OK},
    )
    make_conversations(channel, read("conversations"), people=people, entries=entries)
    ask_for_look(business=business)


def _make_people(content: dict[str, Any]) -> tuple[Business, dict[str, User]]:
    first, second = content["people"]
    business, owner = create_business(
        **content["business"],
        username=first["username"],
        password=first["password"],
        email=first["email"],
    )
    agent = create_member(
        business=business,
        username=second["username"],
        password=second["password"],
        email=second["email"],
        role=User.Role.AGENT,
    )
    for user, person in ((owner, first), (agent, second)):
        user.first_name, user.last_name = person["first_name"], person["last_name"]
        user.save(update_fields=["first_name", "last_name"])
    return business, {user.username: user for user in (owner, agent)}


def _make_hours(business: Business, content: dict[str, Any]) -> None:
    BusinessHours.objects.bulk_create(
        BusinessHours(
            business=business,
            weekday=weekday,
            opens=time.fromisoformat(opens),
            closes=time.fromisoformat(closes),
        )
        for weekday, opens, closes in content["hours"]
    )
    this_year = timezone.now().year
    Holiday.objects.bulk_create(
        Holiday(business=business, date=f"{year}-{day}", name=name)
        for year in (this_year, this_year + 1)
        for day, name in content["holidays"]
    )
