"""The inbox's pages and the parts of them that are fetched again."""

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from messaging.adapters.registry import adapter_for
from messaging.inbox.answering import answer_window
from messaging.inbox.edge import InboxRequest, inbox_view
from messaging.inbox.filters import VIEWS, InboxFilters
from messaging.inbox.quotes import add_quotes
from messaging.inbox.selectors import channels_of, list_page, team_of, view_counts
from messaging.models import Conversation
from messaging.selectors import access_conversation, thread_page
from messaging.services.conversations import sending_obstacle
from messaging.services.obstacles import ai_obstacles

PAGE = 60
CHANGES = 200


@require_GET
@inbox_view
def inbox(request: InboxRequest) -> HttpResponse:
    if request.htmx.target == "open":
        return render(request, "inbox/_nothing_open.html")
    return render(request, "inbox/inbox.html", _list(request))


@require_GET
@inbox_view
def rows(request: InboxRequest) -> HttpResponse:
    """The list again, or its next page with `?after=<mark>`."""
    if after := request.GET.get("after", ""):
        filters = InboxFilters.read(request.GET)
        page = list_page(user=request.user, filters=filters, after=after)
        return render(request, "inbox/_rows.html", {"page": page, "filters": filters})
    return render(request, "inbox/_list_body.html", _list(request))


@require_GET
@inbox_view
def conversation(request: InboxRequest, conversation_id: str) -> HttpResponse:
    shown = _opened(request, access_conversation(request.user, conversation_id))
    if request.htmx.target == "open":
        return render(request, "inbox/_open.html", shown)
    return render(request, "inbox/inbox.html", _list(request) | shown)


@require_GET
@inbox_view
def messages(request: InboxRequest, conversation_id: str) -> HttpResponse:
    """Earlier messages with `?before=<seq>`, or with `?after=<revision>` what changed since."""
    found = access_conversation(request.user, conversation_id)
    if before := _number(request.GET.get("before")):
        earlier = add_quotes(found, thread_page(found, before_seq=before, limit=PAGE))
        return render(request, "inbox/_messages.html", {"messages": earlier, "conversation": found})
    revision = _number(request.GET.get("after")) or 1
    changed = thread_page(found, after_revision=revision, limit=CHANGES)
    if len(changed) == CHANGES:
        return HttpResponse(status=205)
    shown = _shown(request, found) | {"messages": add_quotes(found, changed)}
    return render(request, "inbox/_changes.html", shown)


def _list(request: InboxRequest) -> dict[str, Any]:
    filters = InboxFilters.read(request.GET)
    counts = view_counts(request.user)
    return {
        "page": list_page(user=request.user, filters=filters),
        "filters": filters,
        "counts": counts,
        "views": [_view_link(filters, key, counts.get(key, 0)) for key in VIEWS],
        "channels": channels_of(request.user),
        "team": team_of(request.user),
    }


def _view_link(filters: InboxFilters, view: str, count: int) -> dict[str, Any]:
    there = replace(filters, view=view)
    return {
        "name": VIEWS[view],
        "query": there.query,
        "count": count,
        "current": view == filters.view,
    }


def _opened(request: InboxRequest, found: Conversation) -> dict[str, Any]:
    page = thread_page(found, limit=PAGE)
    earlier = page[0].seq if len(page) == PAGE else None
    return _shown(request, found) | {"messages": add_quotes(found, page), "earlier": earlier}


def _shown(request: InboxRequest, found: Conversation) -> dict[str, Any]:
    """All that stands around the messages."""
    return {
        "conversation": found,
        "filters": InboxFilters.read(request.GET),
        "team": team_of(request.user),
        "obstacle": sending_obstacle(found),
        "window": answer_window(found),
        "ai_obstacles": ai_obstacles(found.business_id),
        "limit": adapter_for(found.channel.kind).capabilities.text_limit,
    }


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 16 else 0
