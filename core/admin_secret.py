"""The page that shows a fresh secret, once: no cookie, no message and no cache ever holds it."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse


def secret_page(
    request: HttpRequest, *, title: str, secret: str, then: str, hint: str
) -> TemplateResponse:
    """`then`: where to go on; `hint`: what the secret is for."""
    context: Mapping[str, Any] = admin.site.each_context(request) | {
        "title": title,
        "secret": secret,
        "then": then,
        "hint": hint,
    }
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return TemplateResponse(request, "admin/secret_once.html", dict(context), headers=headers)
