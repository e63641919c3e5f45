"""What every page of the chat stands behind; the inbox's guard, and chats of a business only."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpResponse

from messaging.inbox.edge import InboxRequest, inbox_view

ChatRequest = InboxRequest


def chat_view(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Log-in first, nothing cached, refusals in plain words; 404 for who has no business."""

    @wraps(view)
    def guarded(request: ChatRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.business_id is None:
            raise Http404("Chats belong to people of a business.")
        return view(request, *args, **kwargs)

    return inbox_view(guarded)


def words(value: str | None, limit: int) -> str:
    """Text from an address or a form, without what a database refuses."""
    return (value or "").replace("\0", "")[:limit]
