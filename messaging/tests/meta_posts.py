"""Delivering as Meta does, to whoever tests what comes of it."""

from typing import Any

import orjson
from django.test import Client

from accounts.models import Business
from messaging.models import Channel
from messaging.testing.meta_events import ACCOUNT, envelope, message, signature

SECRET = "graph-app-secret"
HEADER = "X-Hub-Signature-256"
OTHER_ACCOUNT = "17840099000000022"


def make_channel(
    business: Business, *, account: str = ACCOUNT, kind: str = "instagram", app_secret: str = ""
) -> Channel:
    channel = Channel(business=business, kind=kind, name="Kettles", external_id=account)
    channel.secrets = {"token": "IGtest", **({"app_secret": app_secret} if app_secret else {})}
    channel.save()
    return channel


def deliver(
    body: Any, *, kind: str = "instagram", secret: str = SECRET, header: str | None = None
) -> Any:
    """POST a payload, or bytes as they are, signed with `secret` unless a header is given."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return Client().post(
        f"/webhooks/{kind}/",
        raw,
        content_type="application/json",
        headers={HEADER: signature(raw, secret) if header is None else header},
    )


def words(text: str = "Is the blue kettle back?", mid: str = "m_1", **where: Any) -> dict[str, Any]:
    """A POST of one message."""
    return envelope([message(mid, text, **where)], account=where.get("account", ACCOUNT))
