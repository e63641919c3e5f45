"""What docs/integrators.md says is so: its lists are ours, and its code checks what we send."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from core.env import ROOT
from core.lib.scopes import AREAS
from messaging.hooks.events import EVENTS
from messaging.hooks.services import send_test
from messaging.models import WebhookEndpoint
from messaging.testing.hook_receiver import HookReceiver
from messaging.testing.hooks import listen, send_due
from messaging.testing.loopback import Asked

pytestmark = pytest.mark.django_db(transaction=True)
Check = Callable[[str, dict[str, str], bytes], bool]
TEXT = (ROOT / "docs" / "integrators.md").read_text()


@pytest.fixture
def check() -> Check:
    [code] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    checks: Check = names["is_from_deskbell"]
    return checks


@pytest.fixture
def delivered(owner: User, settings: Settings) -> Iterator[tuple[Asked, str]]:
    settings.TRUST_PRIVATE_ENDPOINTS = True
    with HookReceiver() as receiver:
        endpoint, secret = listen(owner, receiver.at("/hook"))
        send_test(user=owner, endpoint=WebhookEndpoint.objects.get(pk=endpoint.pk))
        send_due()
        yield receiver.posted[0], secret


def test_the_documents_code_takes_what_we_send_and_nothing_else(
    check: Check, delivered: tuple[Asked, str]
) -> None:
    asked, secret = delivered
    headers = asked.headers
    assert check(secret, headers, asked.body)
    assert not check(secret, headers, asked.body + b" ")
    assert not check("whsec_" + "A" * 43 + "=", headers, asked.body)
    assert not check(secret, headers | {"webhook-id": "another"}, asked.body)
    late = str(int(headers["webhook-timestamp"]) - 301)
    assert not check(secret, headers | {"webhook-timestamp": late}, asked.body)
    assert not check(secret, headers | {"webhook-timestamp": "soon"}, asked.body)
    two = {"webhook-signature": "v1,AAAA v2,x " + headers["webhook-signature"]}
    assert check(secret, headers | two, asked.body)


def test_it_lists_every_event_and_every_area() -> None:
    rows = [line.split("|")[1] for line in TEXT.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`([\w.]+)`", row)}
    assert named == {*EVENTS, *AREAS}
