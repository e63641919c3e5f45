"""Payloads that went wrong anywhere: never a 5xx, and never a second answer to one event."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
from django.db import transaction
from django.db.models import F
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import Business
from messaging.models import Channel, Conversation, InboundEvent, Message
from messaging.testing.meta_events import ACCOUNT, BODIES, EVENTS, envelope
from messaging.tests.meta_posts import SECRET, deliver, make_channel
from messaging.tests.payload_files import payload, payload_names

pytestmark = pytest.mark.django_db
ONCE_PER_EXAMPLE = hypothesis_settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30)
    | st.sampled_from(["", "0", "\x00", "x" * 700, ACCOUNT, "é", "\u202e", "1e400"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
Path = tuple[Any, ...]


def every_path(value: Any, path: Path = ()) -> list[Path]:
    inside: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    return [path, *(deep for key, item in inside for deep in every_path(item, (*path, key)))]


def at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


def as_another_type(value: Any) -> Any:
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else [value]
    if isinstance(value, dict):
        return list(value.values())
    return {str(n): item for n, item in enumerate(value)} if isinstance(value, list) else str(value)


@st.composite
def mutations(draw: st.DrawFn, original: Any) -> Any:
    """The payload with one to three nodes deleted, replaced, nested, doubled or of another type."""
    body = copy.deepcopy(original)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(every_path(body)))
        if not path:
            body = draw(st.sampled_from([[body], [body, body], {"entry": body}, body]))
            continue
        parent, key = at(body, path[:-1]), path[-1]
        how = draw(st.sampled_from(["delete", "junk", "list", "object", "type", "swap", "double"]))
        if how == "delete":
            del parent[key]
        elif how == "double" and isinstance(parent, list):
            parent.append(copy.deepcopy(parent[key]))
        elif how == "swap":
            parent[key] = copy.deepcopy(at(body, draw(st.sampled_from(every_path(body)))))
        elif how == "type":
            parent[key] = as_another_type(parent[key])
        else:
            nested = {"list": [parent[key]], "object": {str(key): parent[key]}}
            parent[key] = nested[how] if how in nested else draw(JUNK)
    return body


@contextmanager
def undone() -> Iterator[None]:
    """What one example stores is gone before the next."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def what_is_stored() -> tuple[int, int, list[Any]]:
    seen = ("pk", "last_customer_seq", "revision", "epoch", "restarts", "unread", "status")
    threads = Conversation.objects.order_by("pk").values_list(*seen)
    return Message.objects.count(), InboundEvent.objects.count(), list(threads)


def answer_everybody() -> None:
    Conversation.objects.update(answered_seq=F("last_customer_seq"), first_unanswered_at=None)


def is_an_answer_due() -> bool:
    return Conversation.objects.filter(answered_seq__lt=F("last_customer_seq")).exists()


FATES = {"stored", "ignored", "quarantined", "duplicate", "waiting"}


def check(post: Callable[[Any], Any], original: Any, mutated: Any) -> None:
    """Deliver the mutated body twice, then the original twice, as a platform may."""
    for body in (mutated, original):
        first = post(body)
        stored = what_is_stored()
        answer_everybody()
        again = post(body)
        assert (first.status_code, again.status_code) == (200, 200)
        assert first.json()["status"] in FATES
        assert again.json()["status"] != "stored"
        assert what_is_stored() == stored
        assert not is_an_answer_due()
        ours = InboundEvent.objects.filter(reason__contains="the log says where")
        assert not ours.exists(), "our own code failed"


META_BODIES = {
    **{(kind, name): envelope([e], kind) for kind in EVENTS for name, e in EVENTS[kind].items()},
    **{("instagram", f"body {name}"): body for name, body in BODIES.items()},
    **{(kind, "all"): envelope(list(EVENTS[kind].values())[:12], kind) for kind in EVENTS},
}


@pytest.fixture
def accounts(business: Business, settings: Settings) -> None:
    settings.INSTAGRAM_APP_SECRETS = [SECRET]
    for kind in EVENTS:
        make_channel(business, kind=kind)


@pytest.mark.parametrize("kind", EVENTS)
@ONCE_PER_EXAMPLE
@given(st.data())
def test_no_mutation_of_metas_payloads_hurts(
    kind: str, accounts: None, data: st.DataObject
) -> None:
    names = sorted(name for platform, name in META_BODIES if platform == kind)
    original = META_BODIES[kind, data.draw(st.sampled_from(names))]
    mutated = data.draw(mutations(original))
    with undone():
        check(lambda body: deliver(body, kind=kind), original, mutated)
        mids = list(
            Message.objects.filter(type="customer")
            .exclude(external_id="")
            .values_list("external_id", flat=True)
        )
        assert len(mids) == len(set(mids)), "one message was stored twice"


@ONCE_PER_EXAMPLE
@given(st.data())
def test_no_mutation_of_telegrams_payloads_hurts(
    telegram_channel: Channel, data: st.DataObject
) -> None:
    telegram_channel.settings = {"groups": True, "username": "kite_bikes_bot"}
    telegram_channel.save()
    original = payload(data.draw(st.sampled_from(payload_names())))
    mutated = data.draw(mutations(original))

    def post(body: Any) -> Any:
        return Client().post(
            f"/webhooks/telegram/{telegram_channel.pk}/",
            orjson.dumps(body),
            content_type="application/json",
            headers={"X-Telegram-Bot-Api-Secret-Token": "hook-secret"},
        )

    with undone():
        check(post, original, mutated)
