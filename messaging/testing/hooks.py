"""For tests of webhooks: an endpoint's secret, and the receiver's side of the signature."""

import base64
import hashlib
import hmac
import time
from typing import Any

import orjson

from accounts.models import User
from core.lib.sweeping import registered_sweeps
from messaging.hooks.services import make_endpoint
from messaging.models import WebhookDelivery, WebhookEndpoint
from messaging.testing.loopback import Asked

TOLERANCE = 300


def is_signed(asked: Asked, secret: str) -> bool:
    """Written from the text of Standard Webhooks alone: base64 after whsec_, HMAC-SHA256 over
    id.timestamp.body, any of the space-separated v1 signatures, a timestamp of five minutes."""
    sent_at = int(asked.headers["webhook-timestamp"])
    if abs(time.time() - sent_at) > TOLERANCE or not secret.startswith("whsec_"):
        return False
    key = base64.standard_b64decode(secret[len("whsec_") :])
    content = b".".join([asked.headers["webhook-id"].encode(), str(sent_at).encode(), asked.body])
    wanted = base64.standard_b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    given = [part.split(",", 1) for part in asked.headers["webhook-signature"].split(" ")]
    return any(version == "v1" and value == wanted for version, value in given)


def listen(owner: User, url: str, *events: str) -> tuple[WebhookEndpoint, str]:
    return make_endpoint(user=owner, url=url, events=events)


def told(endpoint: WebhookEndpoint) -> list[tuple[str, dict[str, Any]]]:
    """Event and data of each row, in the order of writing."""
    rows = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("created_at")
    bodies = [orjson.loads(row.body) for row in rows]
    return [(body["type"], body["data"]) for body in bodies]


def send_due() -> int:
    """Do what the workers would do with webhooks."""
    [hooks] = [sweep for sweep in registered_sweeps() if sweep.name == "webhooks"]
    ids = list(hooks.find_due(older_than=0))
    for delivery_id in ids:
        hooks.task.run(delivery_id)
    return len(ids)
