"""An Instagram account and a Page: who they are, subscribed or not, tokens, customers, files."""

import dataclasses
import hashlib
import hmac
import time
from typing import Any

import pytest
from pytest_django import Settings

from core.lib.errors import DomainError
from messaging.adapters.base import ChannelRefused, Checkup, FileRefused, Identity
from messaging.adapters.instagram import INSTAGRAM_FIELDS
from messaging.adapters.meta import NEEDED_FIELDS, PAGE_FIELDS
from messaging.adapters.registry import adapter_for
from messaging.testing.fixtures import (
    APP_SECRET,
    INSTAGRAM_ID,
    INSTAGRAM_TOKEN,
    META_CUSTOMER,
    PAGE_ID,
    PAGE_TOKEN,
)
from messaging.testing.graph_rules import Account
from messaging.testing.graph_server import File, GraphServer
from messaging.types import (
    Attachment,
    ChannelAccount,
    Content,
    FetchedFile,
    FreshToken,
    OutboundMessage,
    Profile,
)

INSTAGRAM = ChannelAccount("c1", "instagram", INSTAGRAM_ID, {"token": INSTAGRAM_TOKEN})
BY_FACEBOOK = ChannelAccount(
    *("c2", "instagram", INSTAGRAM_ID, {"token": PAGE_TOKEN}),
    settings={"flavour": "facebook_login", "page_id": PAGE_ID},
)
MESSENGER = ChannelAccount("c3", "messenger", PAGE_ID, {"token": PAGE_TOKEN})
EVERYONE = pytest.mark.parametrize(
    "account", [INSTAGRAM, BY_FACEBOOK, MESSENGER], ids=["instagram", "by_facebook", "messenger"]
)
WEBHOOK = "https://desk.example/webhooks/instagram/"


def account_of(server: GraphServer, account: ChannelAccount) -> Account:
    return server.accounts[account.secrets["token"]]


# Who an account is


def test_an_instagram_account_is_known_by_the_id_that_webhooks_use(
    graph_server: GraphServer,
) -> None:
    assert adapter_for("instagram").identify(INSTAGRAM) == Identity(
        INSTAGRAM_ID, "Kite Bikes", "kite.bikes", {"app_scoped_id": "29001"}
    )


def test_with_facebooks_login_the_account_is_found_through_its_page(
    graph_server: GraphServer,
) -> None:
    unknown = dataclasses.replace(BY_FACEBOOK, settings={"flavour": "facebook_login"})
    found = adapter_for("instagram").identify(unknown)
    assert (found.external_id, found.facts) == (INSTAGRAM_ID, {"page_id": PAGE_ID})


def test_a_page_without_instagram_is_told_so(graph_server: GraphServer) -> None:
    account_of(graph_server, BY_FACEBOOK).linked_instagram = ""
    with pytest.raises(ChannelRefused, match="no Instagram account"):
        adapter_for("instagram").identify(BY_FACEBOOK)


def test_a_page_is_known_by_its_id_and_name(graph_server: GraphServer) -> None:
    found = adapter_for("messenger").identify(MESSENGER)
    assert (found.external_id, found.name, found.facts) == (PAGE_ID, "Kite Bikes", None)


@pytest.mark.parametrize(
    ("token", "mode", "code", "status"),
    [
        ("IGnobody", "ok", "bad_token", 400),
        ("", "ok", "bad_token", 400),
        ("tökén", "ok", "bad_token", 400),
        (INSTAGRAM_TOKEN, "trouble_2", "channel_unreachable", 503),
        (INSTAGRAM_TOKEN, "rate_buc", "channel_unreachable", 503),
        (INSTAGRAM_TOKEN, "gateway_502", "channel_unreachable", 503),
        (INSTAGRAM_TOKEN, "reset_after_read", "channel_unreachable", 503),
        (INSTAGRAM_TOKEN, "no_scope", "not_permitted", 400),
    ],
)
def test_who_cant_be_identified_is_told_why_and_never_with_the_token(
    token: str, mode: str, code: str, status: int, graph_server: GraphServer
) -> None:
    graph_server.plan(mode, edge="me")
    account = dataclasses.replace(INSTAGRAM, secrets={"token": token})
    with pytest.raises(ChannelRefused) as caught:
        adapter_for("instagram").identify(account)
    assert (caught.value.code, caught.value.status) == (code, status)
    assert caught.value.detail.endswith(".")
    assert "{" not in caught.value.detail
    assert not token or token not in caught.value.detail


# Subscriptions and health


@EVERYONE
def test_connecting_subscribes_to_every_field_and_disconnecting_to_none(
    account: ChannelAccount, graph_server: GraphServer
) -> None:
    adapter = adapter_for(account.kind)
    adapter.connect(account, WEBHOOK)
    wanted = INSTAGRAM_FIELDS if account is INSTAGRAM else PAGE_FIELDS
    assert account_of(graph_server, account).subscribed == [*wanted]
    checkup = adapter.check(account, WEBHOOK)
    facts = {"token_valid": True, "subscribed_fields": sorted(wanted), "missing_fields": []}
    assert checkup == Checkup(True, facts=facts)
    adapter.disconnect(account)
    assert account_of(graph_server, account).subscribed == []
    assert not any(call.token_in_address for call in graph_server.calls)


def test_one_field_that_meta_refuses_does_not_cost_the_messages(graph_server: GraphServer) -> None:
    graph_server.plan("odd_error", edge="subscribed_apps")
    adapter_for("instagram").connect(INSTAGRAM, WEBHOOK)
    assert account_of(graph_server, INSTAGRAM).subscribed == [*NEEDED_FIELDS]
    checkup = adapter_for("instagram").check(INSTAGRAM, WEBHOOK)
    assert checkup.ok
    assert checkup.facts is not None
    assert "message_reactions" in checkup.facts["missing_fields"]


@pytest.mark.parametrize("mode", ["expired", "trouble_1", "no_permission"])
def test_what_is_no_matter_of_fields_is_not_tried_with_others(
    mode: str, graph_server: GraphServer
) -> None:
    graph_server.plan(mode, edge="subscribed_apps")
    with pytest.raises(ChannelRefused):
        adapter_for("instagram").connect(INSTAGRAM, WEBHOOK)
    assert len(graph_server.calls) == 1


@EVERYONE
def test_a_lost_subscription_is_noticed(account: ChannelAccount, graph_server: GraphServer) -> None:
    checkup = adapter_for(account.kind).check(account, WEBHOOK)
    assert (checkup.ok, checkup.reached) == (False, True)
    assert "does not deliver" in checkup.detail


def test_a_token_of_another_account_is_noticed(graph_server: GraphServer) -> None:
    other = dataclasses.replace(INSTAGRAM, external_id="29001")
    adapter_for("instagram").connect(other, WEBHOOK)
    checkup = adapter_for("instagram").check(other, WEBHOOK)
    assert (checkup.ok, "another account" in checkup.detail) == (False, True)


def test_a_dead_token_is_a_finding_and_a_silent_platform_is_none(graph_server: GraphServer) -> None:
    adapter = adapter_for("instagram")
    graph_server.plan("gateway_502", edge="me")
    checkup = adapter.check(INSTAGRAM, WEBHOOK)
    assert (checkup.ok, checkup.reached, checkup.facts) == (False, False, {})
    account_of(graph_server, INSTAGRAM).expires_at = time.time() - 1
    checkup = adapter.check(INSTAGRAM, WEBHOOK)
    assert (checkup.ok, checkup.reached, checkup.facts) == (False, True, {"token_valid": False})


# Tokens


def renew(account: ChannelAccount = INSTAGRAM) -> FreshToken | None:
    return adapter_for(account.kind).refresh_token(account)


def test_a_token_is_renewed_for_sixty_days(graph_server: GraphServer) -> None:
    fresh = renew()
    assert fresh is not None
    assert fresh.expires_in == 60 * 86400
    assert fresh.token != INSTAGRAM_TOKEN
    assert fresh.token not in repr(fresh)
    assert adapter_for("instagram").identify(
        dataclasses.replace(INSTAGRAM, secrets={"token": fresh.token})
    )
    (first, *_) = graph_server.calls
    assert (first.path, first.token_in_address) == ("/refresh_access_token", False)


def test_where_only_the_address_is_read_the_token_goes_there(graph_server: GraphServer) -> None:
    graph_server.refresh_reads_header = False
    assert renew() is not None
    assert [call.token_in_address for call in graph_server.calls] == [False, True]


@pytest.mark.parametrize(
    ("age_hours", "ended", "code"), [(23, False, "refused"), (25, True, "bad_token")]
)
def test_a_token_too_young_or_ended_is_not_renewed(
    age_hours: float, ended: bool, code: str, graph_server: GraphServer
) -> None:
    account = account_of(graph_server, INSTAGRAM)
    account.issued_at = time.time() - age_hours * 3600
    account.expires_at = time.time() - 1 if ended else None
    with pytest.raises(ChannelRefused) as caught:
        renew()
    assert caught.value.code == code
    assert INSTAGRAM_TOKEN not in caught.value.detail


@pytest.mark.parametrize("mode", ["trouble_2", "gateway_502", "rate_613", "json_list"])
def test_trouble_while_renewing_may_pass(mode: str, graph_server: GraphServer) -> None:
    graph_server.plan(mode, edge="refresh_access_token", times=2)
    with pytest.raises(DomainError) as caught:
        renew()
    assert caught.value.status == 503
    assert not any(call.token_in_address for call in graph_server.calls)


@pytest.mark.parametrize("account", [BY_FACEBOOK, MESSENGER], ids=["by_facebook", "messenger"])
def test_a_pages_token_lasts(account: ChannelAccount, graph_server: GraphServer) -> None:
    assert renew(account) is None
    assert graph_server.calls == []


# Customers


@pytest.mark.parametrize(
    ("name", "username", "profile"),
    [
        ("Ana Petrova", "ana.p", Profile("Ana Petrova", "ana.p")),
        (None, "ana.p", Profile("", "ana.p")),
        (None, None, Profile()),
        ("A\x00na", "a" * 500, Profile("Ana", "a" * 120)),
    ],
)
def test_a_profile_may_lack_anything(
    name: str | None, username: str | None, profile: Profile, graph_server: GraphServer
) -> None:
    graph_server.heard_from(META_CUSTOMER, name=name, username=username)
    assert adapter_for("instagram").fetch_profile(INSTAGRAM, META_CUSTOMER) == profile


@pytest.mark.parametrize(("name", "shown"), [("Ana Petrova", "Ana Petrova"), (None, "")])
def test_a_page_knows_customers_by_name_only(
    name: str | None, shown: str, graph_server: GraphServer
) -> None:
    graph_server.heard_from(META_CUSTOMER, name=name)
    assert adapter_for("messenger").fetch_profile(MESSENGER, META_CUSTOMER) == Profile(shown)


def test_an_unknown_customer_is_a_refusal_and_not_a_crash(graph_server: GraphServer) -> None:
    with pytest.raises(ChannelRefused):
        adapter_for("instagram").fetch_profile(INSTAGRAM, "../me?x=1")
    assert graph_server.calls[0].path == "/v26.0/..%2Fme%3Fx%3D1"


# Files


def fetch(ref: str, *, max_bytes: int = 10_000) -> FetchedFile:
    file = Attachment(Content.PHOTO, ref=ref, name="photo")
    return adapter_for("instagram").fetch_media(INSTAGRAM, file, max_bytes=max_bytes)


def test_a_file_comes_with_what_the_platform_claims_of_it(graph_server: GraphServer) -> None:
    graph_server.files["1"] = File(b"\xff\xd8picture", "image/JPEG; charset=binary")
    got = fetch(graph_server.media_url("1"))
    assert got == FetchedFile(b"\xff\xd8picture", "image/jpeg", "photo")


@pytest.mark.parametrize("sized", [True, False])
def test_a_file_beyond_the_cap_is_refused_while_it_is_read(
    sized: bool, graph_server: GraphServer
) -> None:
    graph_server.files["big"] = File(b"x" * 10_001, sized=sized)
    graph_server.files["just"] = File(b"x" * 10_000, sized=sized)
    with pytest.raises(FileRefused, match="larger than 10000") as caught:
        fetch(graph_server.media_url("big"))
    assert caught.value.permanent
    assert len(fetch(graph_server.media_url("just")).content) == 10_000


@pytest.mark.parametrize(
    "address",
    [
        "",
        "no address",
        "http://cdn.example/file.jpg",
        "https://127.0.0.1/file.jpg",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/x",
        "https://user:pass@cdn.example/x",
        "file:///etc/passwd",
        "ftp://cdn.example/x",
        "http://127.0.0.1:1/x",
    ],
)
def test_an_address_that_may_not_be_asked_is_refused_for_good(
    address: str, graph_server: GraphServer
) -> None:
    with pytest.raises(FileRefused) as caught:
        fetch(address)
    assert caught.value.permanent


def test_the_operators_own_host_counts_with_its_port_only(
    graph_server: GraphServer, settings: Settings
) -> None:
    graph_server.files["1"] = File(b"x")
    assert fetch(graph_server.media_url("1")).content == b"x"
    for base in ("", "http://127.0.0.1:9", graph_server.url.replace("127.0.0.1", "localhost")):
        settings.INSTAGRAM_GRAPH_BASE = base
        with pytest.raises(FileRefused):
            fetch(graph_server.media_url("1"))


def test_a_redirect_is_followed_only_to_where_one_may_go(graph_server: GraphServer) -> None:
    graph_server.files["1"] = File(b"x")
    graph_server.files["moved"] = File(b"", status=302, location="/cdn/1")
    graph_server.files["inside"] = File(b"", status=302, location="http://127.0.0.1:9/x")
    graph_server.files["plain"] = File(b"", status=301, location="http://cdn.example/x")
    graph_server.files["circle"] = File(b"", status=307, location="/cdn/circle")
    assert fetch(graph_server.media_url("moved")).content == b"x"
    for name in ("inside", "plain", "circle"):
        with pytest.raises(FileRefused) as caught:
            fetch(graph_server.media_url(name))
        assert caught.value.permanent


@pytest.mark.parametrize(
    ("status", "permanent"), [(403, True), (404, True), (410, True), (429, False), (503, False)]
)
def test_a_file_that_is_gone_is_gone_and_trouble_passes(
    status: int, permanent: bool, graph_server: GraphServer
) -> None:
    graph_server.files["1"] = File(b"no", status=status)
    with pytest.raises(FileRefused) as caught:
        fetch(graph_server.media_url("1"))
    assert caught.value.permanent is permanent


def test_a_host_that_is_away_may_come_back(settings: Settings) -> None:
    settings.INSTAGRAM_GRAPH_BASE = "http://127.0.0.1:2"
    with pytest.raises(FileRefused) as caught:
        fetch("http://127.0.0.1:2/cdn/1")
    assert caught.value.permanent  # a port that no web server has
    settings.INSTAGRAM_GRAPH_BASE = "http://127.0.0.1:65000"
    with pytest.raises(FileRefused) as caught:
        fetch("http://127.0.0.1:65000/cdn/1")
    assert not caught.value.permanent


# Signatures


def signed(body: bytes, secret: str = APP_SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def verify(body: bytes, signature: str) -> bool:
    headers = {"X-Hub-Signature-256": signature} if signature else {}
    return adapter_for("instagram").verify(INSTAGRAM, body, headers)


BODY = b'{"object":"instagram","entry":[{"text":"\\u00e4\\/"}]}'


def test_any_of_the_apps_secrets_may_sign_the_very_bytes(settings: Settings) -> None:
    settings.INSTAGRAM_APP_SECRETS = ["other", APP_SECRET]
    assert verify(BODY, signed(BODY))
    assert verify(BODY, signed(BODY, "other"))
    assert not verify(BODY, signed(BODY, "third"))
    assert not verify(BODY.replace(b"\\/", b"/"), signed(BODY))


@pytest.mark.parametrize(
    "signature",
    [
        *("", "sha256=", "sha256=ü", "sha1=" + "0" * 40, signed(BODY)[7:], signed(BODY) + "0"),
        *("sha256=\ud800", "s" * 10_000),
    ],
)
def test_anything_else_is_no_signature(signature: str, settings: Settings) -> None:
    settings.INSTAGRAM_APP_SECRETS = [APP_SECRET]
    assert not verify(BODY, signature)


@pytest.mark.parametrize("secrets", [[], [""]])
def test_without_a_secret_nothing_is_authentic(secrets: list[str], settings: Settings) -> None:
    settings.INSTAGRAM_APP_SECRETS = secrets
    assert not verify(BODY, signed(BODY, ""))


def test_the_secret_of_an_accounts_own_app_speaks_for_that_account(settings: Settings) -> None:
    settings.INSTAGRAM_APP_SECRETS = [APP_SECRET]
    account = dataclasses.replace(INSTAGRAM, secrets={"app_secret": "mine"})
    headers = {"X-Hub-Signature-256": signed(BODY, "mine")}
    assert adapter_for("instagram").verify(account, BODY, headers)
    assert not adapter_for("instagram").verify(INSTAGRAM, BODY, headers)


def test_one_post_is_read_for_all_accounts_or_for_one() -> None:
    def entry(account: str) -> dict[str, Any]:
        message = {"mid": f"mid-{account}", "text": "Hi"}
        people = {"sender": {"id": META_CUSTOMER}, "recipient": {"id": account}}
        event = {**people, "timestamp": 1795000101000, "message": message}
        return {"id": account, "time": 1795000101400, "messaging": [event]}

    payload = {"object": "instagram", "entry": [entry(INSTAGRAM_ID), entry("17841405000000002")]}
    adapter = adapter_for("instagram")
    assert [event.external_id for event in adapter.parse_batch(payload)] == [
        *(f"mid-{INSTAGRAM_ID}", "mid-17841405000000002"),
    ]
    (own,) = adapter.parse(INSTAGRAM, payload)
    assert (own.external_id, own.conversation_key) == (f"mid-{INSTAGRAM_ID}", META_CUSTOMER)


# The stand-in's own promises that others build on


@pytest.mark.parametrize("when", ["before", "after", "never"])
def test_the_echo_of_a_send_comes_when_the_test_wants_it(
    when: str, graph_server: GraphServer
) -> None:
    echoes: list[Any] = []

    def note(body: Any) -> None:
        graph_server.tell(lambda: echoes.append(body))

    graph_server.echo, graph_server.echo_when = note, when
    message = OutboundMessage(META_CUSTOMER, "Hello", "m1")
    receipt = adapter_for("instagram").send(INSTAGRAM, message)
    if when == "never":
        assert echoes == []
        return
    assert graph_server.wait_for(lambda: len(echoes) == 1)
    (entry,) = echoes[0]["entry"]
    (event,) = entry["messaging"]
    assert (entry["id"], event["sender"]["id"]) == (INSTAGRAM_ID, INSTAGRAM_ID)
    assert event["recipient"]["id"] == META_CUSTOMER
    assert event["message"] == {"mid": receipt.external_id, "text": "Hello", "is_echo": True}
