"""Sources over the API, for those who test what becomes of them."""

import json
from typing import Any

from django.test import Client

from accounts.models import Business
from settings_app.selectors import live_documents

ADDRESS = "/api/v1/knowledge/sources/"


def send(pages: Client, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    return pages.generic(method, path, content_type="application/json", data=_json(body or {}))


def _json(body: dict[str, Any]) -> bytes:
    return json.dumps(body).encode()


def add(pages: Client, **body: Any) -> dict[str, Any]:
    answer = send(pages, "POST", ADDRESS, body)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def shown(pages: Client, source_id: str) -> dict[str, Any]:
    found: dict[str, Any] = pages.get(f"{ADDRESS}{source_id}/").json()
    return found


def live(business: Business) -> dict[str, str]:
    return {document.title: document.text for _, document in live_documents(business.pk)}
