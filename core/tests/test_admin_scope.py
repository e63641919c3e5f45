"""The admin is walked whole: a page that is registered later is checked too."""

from collections.abc import Callable
from datetime import date, time
from typing import Any, cast

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiKey, Business, SettingChange, User
from ai_chat.models import AIChat, ChatUser
from AI_model.models import (
    AIModelConfig,
    AIRun,
    DailyAnalytics,
    Endpoint,
    KnowledgeIndex,
    KnowledgeUpkeep,
    LanguageModel,
    ProposedEntry,
    Replay,
    UsageDay,
    UsageRecord,
)
from messaging.models import (
    Channel,
    Conversation,
    Customer,
    InboundEvent,
    Message,
    WebhookDelivery,
    WebhookEndpoint,
)
from settings_app.models import (
    AIPrompts,
    BusinessHours,
    Holiday,
    KnowledgeDraft,
    KnowledgeEntry,
    KnowledgeJob,
    KnowledgeSource,
    KnowledgeVersion,
    Retention,
)

pytestmark = pytest.mark.django_db

CANARIES = [
    "9001:CANARYtokenQWERTY",
    "CANARYhookASDFGH",
    "whsec_CANARYsecretZXCV",
    "CANARYdigestBNM",
    "sk-CANARYplaceYUIO",
]
STAFF_ONLY = {"modelprice", "inboundevent", "periodictask", "crontabschedule", "intervalschedule"}


def fill(business: Business, mark: str) -> dict[str, Model]:
    """One row on every page that a business's rows can stand on, by model name."""
    secrets: Any = {"token": CANARIES[0], "webhook_secret": CANARIES[1]}
    channel = Channel.objects.create(
        business=business, kind="telegram", name=f"{mark} bot", external_id=mark, secrets=secrets
    )
    customer = Customer.objects.create(
        business=business, channel=channel, external_id=mark, name=f"{mark} customer"
    )
    conversation = Conversation.objects.create(
        business=business, channel=channel, customer=customer, external_id=mark, status="active"
    )
    message = Message.objects.create(
        business=business,
        conversation=conversation,
        seq=1,
        revision=1,
        type="customer",
        text=f"{mark} words",
    )
    run = AIRun.objects.create(
        business=business, conversation=conversation, upto_seq=1, epoch=0, reason=mark
    )
    endpoint = WebhookEndpoint.objects.create(
        business=business,
        url=f"https://{mark}.example/",
        secrets={"current": CANARIES[2]},  # type: ignore[misc]  # text only inside the database
    )
    place = Endpoint.objects.create(
        business=business,
        name=f"{mark} place",
        kind="openai",
        base_url=f"https://{mark}.example/v1",
        secrets={"api_key": CANARIES[4]},  # type: ignore[misc]  # text only inside the database
    )
    rows: list[Model] = [
        business,
        endpoint,
        WebhookDelivery.objects.create(
            business=business, endpoint=endpoint, event="test.ping", body=f'{{"data": "{mark}"}}'
        ),
        ApiKey.objects.create(
            business=business,
            user=business.members.get(),
            name=f"{mark} key",
            start="dk_",
            digest=f"{CANARIES[3]}{mark}",
        ),
        business.members.get(),
        ChatUser.objects.get(pk=business.members.get().pk),
        AIPrompts.objects.create(business=business, manual_prompt=f"{mark} prompt"),
        KnowledgeEntry.objects.create(
            business=business, question=f"{mark} question", answer="Yes."
        ),
        KnowledgeJob.objects.create(business=business, kind="import", file_name=f"{mark} file"),
        KnowledgeSource.objects.create(business=business, kind="web", title=f"{mark} source"),
        KnowledgeVersion.objects.create(business=business, number=1_000, summary=f"{mark} version"),
        KnowledgeDraft.objects.create(
            business=business, kind="entry", object_id=mark, state={"question": f"{mark} draft"}
        ),
        BusinessHours.objects.create(business=business, weekday=0, opens=time(9), closes=time(17)),
        Holiday.objects.create(business=business, date=date(2026, 12, 25), name=f"{mark} day"),
        Retention.objects.create(business=business, messages_days=365),
        SettingChange.objects.create(
            business=business, via="api", subject=f"{mark} thing", field="tone", after=mark
        ),
        channel,
        conversation,
        message,
        InboundEvent.objects.create(
            business=business,
            channel=channel,
            dedupe_key=mark,
            fate="quarantined",
            raw=b"<script>\xff\x00",
        ),
        AIModelConfig.objects.create(business=business, tone=f"{mark} tone"),
        run,
        UsageRecord.objects.create(
            business=business, run=run, purpose=mark, provider="x", model="y", outcome="ok"
        ),
        UsageDay.objects.create(
            business=business,
            date=timezone.now().date(),
            purpose=mark,
            provider="x",
            model="y",
            calls=1,
        ),
        DailyAnalytics.objects.create(business=business, date=timezone.now().date(), counts={}),
        KnowledgeUpkeep.objects.create(
            business=business,
            counts={"unused": 1},
            findings={"unused": [{"reason": f"{mark} reason", "about": [], "suggestions": []}]},
            checked_at=timezone.now(),
        ),
        ProposedEntry.objects.create(business=business, question=f"{mark} proposal", answer="Yes."),
        KnowledgeIndex.objects.update_or_create(
            business=business, defaults={"problem": f"{mark} problem"}
        )[0],
        Replay.objects.create(business=business, against="draft", problem=f"{mark} problem"),
        place,
        LanguageModel.objects.create(
            business=business, endpoint=place, name=f"{mark} model", model_id="m"
        ),
    ]
    return {row._meta.model_name or "": row for row in rows}


@pytest.fixture
def own(owner: User, business: Business) -> dict[str, Model]:
    return fill(business, "mine")


@pytest.fixture
def foreign(other_owner: User, other_business: Business) -> dict[str, Model]:
    return fill(other_business, "theirs")


@pytest.fixture
def owner_pages(client: Client, owner: User) -> Client:
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    return client


def models() -> list[type[Model]]:
    return sorted(admin.site._registry, key=lambda model: model._meta.label)


def url(model: type[Model], action: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}", args=args)


def for_each_model(test: Callable[..., None]) -> Callable[..., None]:
    names = [model._meta.label for model in models()]
    return cast(Callable[..., None], pytest.mark.parametrize("model", models(), ids=names)(test))


@for_each_model
def test_an_owner_reads_only_rows_of_the_own_business(
    model: type[Model], owner_pages: Client, own: dict[str, Model], foreign: dict[str, Model]
) -> None:
    name = model._meta.model_name or ""
    page = owner_pages.get(url(model, "changelist"), follow=True)
    if name in STAFF_ONLY:
        assert page.status_code == 403
        return
    assert page.status_code == 200
    assert b"theirs" not in page.content and b"Harbour Tea" not in page.content
    assert owner_pages.get(url(model, "change", own[name].pk)).status_code == 200


@for_each_model
def test_a_row_of_another_business_looks_like_a_missing_one(
    model: type[Model], owner_pages: Client, own: dict[str, Model], foreign: dict[str, Model]
) -> None:
    name = model._meta.model_name or ""
    if name in STAFF_ONLY:
        assert owner_pages.get(url(model, "change", 1)).status_code == 403
        return
    for action in ("change", "delete", "history"):
        theirs = owner_pages.get(url(model, action, foreign[name].pk))
        missing = owner_pages.get(url(model, action, 999_999_999))
        assert theirs.status_code == missing.status_code and theirs.status_code in {302, 403}
        assert b"theirs" not in theirs.content
    posted = owner_pages.post(
        url(model, "change", foreign[name].pk), {"name": "stolen", "_save": "1"}
    )
    assert posted.status_code in {302, 403}


@for_each_model
def test_a_business_named_in_an_added_row_is_not_listened_to(
    model: type[Model],
    owner_pages: Client,
    owner: User,
    other_business: Business,
    other_owner: User,
) -> None:
    has_business = any(field.name == "business" for field in model._meta.fields)
    before = model._default_manager.filter(business=other_business).count() if has_business else 0
    password = "plain sailing 42"
    words = {
        "business": other_business.pk,
        "question": "Who?",
        "answer": "We.",
        "weekday": "1",
        "opens": "09:00",
        "closes": "17:00",
        "date": "2026-05-01",
        "kind": "webchat",
        "name": "Added",
        "username": "added",
        "password1": password,
        "password2": password,
        "usable_password": "true",
        "is_superuser": "on",
        "role": "owner",
    }
    owner_pages.post(url(model, "add"), words)
    if has_business:
        assert model._default_manager.filter(business=other_business).count() == before
        added = model._default_manager.filter(business_id=owner.business_id)
        assert (added.count() > issubclass(model, User)) == (
            model._meta.model_name in ADDED_BY_THESE_WORDS
        )
    assert not User.objects.filter(is_superuser=True).exists()
    assert User.objects.filter(role="owner").count() == 2


ADDED_BY_THESE_WORDS = {
    "aiprompts",
    "knowledgeentry",
    "businesshours",
    "holiday",
    "retention",
    "channel",
    "user",
}


@for_each_model
def test_agents_and_people_who_are_switched_off_do_not_enter(
    model: type[Model], client: Client, agent: User, owner: User
) -> None:
    client.force_login(agent, backend="accounts.backends.UsernameOrEmailBackend")
    page = client.get(url(model, "changelist"), follow=True)
    assert page.status_code == 403 and b"for the owner" in page.content
    User.objects.filter(pk=owner.pk).update(is_active=False)
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    assert client.get(url(model, "changelist")).status_code == 302


@for_each_model
def test_no_page_shows_a_secret(
    model: type[Model], client: Client, staff: User, owner: User, own: dict[str, Model]
) -> None:
    for user in (staff, owner):
        client.force_login(user, backend="accounts.backends.UsernameOrEmailBackend")
        pages = [url(model, "changelist"), url(model, "add")]
        if row := own.get(model._meta.model_name or ""):
            pages += [url(model, action, row.pk) for action in ("change", "history", "delete")]
        for page in pages:
            content = client.get(page, follow=True).content.decode()
            assert not [secret for secret in [*CANARIES, owner.password] if secret in content], page
            assert "md5$" not in content


@for_each_model
def test_platform_staff_opens_every_page(
    model: type[Model], client: Client, staff: User, own: dict[str, Model]
) -> None:
    client.force_login(staff, backend="accounts.backends.UsernameOrEmailBackend")
    assert client.get(url(model, "changelist")).status_code == 200
    assert client.get(url(model, "add")).status_code in {200, 403}
    if row := own.get(model._meta.model_name or ""):
        assert client.get(url(model, "change", row.pk)).status_code == 200


def test_every_row_of_a_business_has_a_page_or_is_known_to_need_none(own: dict[str, Model]) -> None:
    names = {model._meta.model_name for model in models()}
    assert set(own) | STAFF_ONLY == names


def test_a_visitor_is_sent_to_the_one_log_in_page(client: Client) -> None:
    page = client.get("/admin/settings_app/aiprompts/", follow=True)
    assert page.redirect_chain[-1][0] == "/accounts/login/?next=/admin/settings_app/aiprompts/"


def test_the_policy_of_the_admin_allows_no_inline_script(owner_pages: Client) -> None:
    policy = owner_pages.get("/admin/").headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["script-src"] == "'self' 'unsafe-eval'"
    assert rules["style-src"] == "'self'" and rules["frame-ancestors"] == "'none'"


def test_no_page_guesses_at_fields_that_it_does_not_offer(
    owner_pages: Client, own: dict[str, Model]
) -> None:
    for query in (
        "password__startswith=m",
        "business__members__password__startswith=m",
        "secrets__contains=C",
    ):
        for model in (User, Channel, Conversation):
            assert owner_pages.get(url(model, "changelist") + "?" + query).status_code == 400


def test_the_search_finds_pages_but_no_rows(owner_pages: Client, own: dict[str, Model]) -> None:
    found = owner_pages.get("/admin/search/?s=knowledge&extended=1&page=x")
    assert found.status_code == 200 and b"Knowledge entries" in found.content
    assert b"Inbound" not in owner_pages.get("/admin/search/?s=inbound&extended=1").content


def test_nobody_reads_the_words_of_a_chat_in_the_admin(
    client: Client, staff: User, owner: User, agent: User
) -> None:
    chat = make_chat(agent)
    for user in (staff, owner):
        client.force_login(user, backend="accounts.backends.UsernameOrEmailBackend")
        pages = [url(ChatUser, "changelist"), url(ChatUser, "change", agent.pk)]
        for page in pages:
            shown = client.get(page).content.decode()
            assert "secret-words" not in shown and chat.pk not in shown
            assert "1,234" in shown or "1234" in shown, "the tokens are counted"


def make_chat(user: User) -> AIChat:
    common: dict[str, Any] = {"business_id": user.business_id}
    chat = AIChat.objects.create(
        user=user, title="secret-words", system_prompt="secret-words", **common
    )
    for position, role in enumerate(("user", "assistant"), start=1):
        chat.messages.create(
            position=position,
            role=role,
            content="secret-words",
            total_tokens=1234 if role == "assistant" else None,
            money_nanos=5_000_000 if role == "assistant" else None,
            **common,
        )
    return chat
