"""What an agent does to a conversation: one service each, and back to where they were."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.selectors import access_member
from core.lib.errors import NotFound
from messaging.inbox.edge import InboxRequest, inbox_view
from messaging.selectors import access_conversation, access_message
from messaging.services import conversations, delivery

MAX_KEY = 64


def _done(request: InboxRequest, conversation_id: str) -> HttpResponse:
    """Nothing for the script, which fetches what changed; the page again for a plain form."""
    if request.htmx:
        return HttpResponse(status=204)
    return redirect("inbox:conversation", conversation_id)


@require_POST
@inbox_view
def answer(request: InboxRequest, conversation_id: str) -> HttpResponse:
    conversations.send_support_message(
        conversation=access_conversation(request.user, conversation_id),
        user=request.user,
        text=request.POST.get("text", "").replace("\0", ""),
        client_key=request.POST.get("client_key", "")[:MAX_KEY],
    )
    return _done(request, conversation_id)


@require_POST
@inbox_view
def take_over(request: InboxRequest, conversation_id: str) -> HttpResponse:
    found = access_conversation(request.user, conversation_id)
    conversations.take_over(conversation=found, user=request.user)
    return _done(request, conversation_id)


@require_POST
@inbox_view
def give_back(request: InboxRequest, conversation_id: str) -> HttpResponse:
    found = access_conversation(request.user, conversation_id)
    conversations.return_to_ai(conversation=found, user=request.user)
    return _done(request, conversation_id)


@require_POST
@inbox_view
def close(request: InboxRequest, conversation_id: str) -> HttpResponse:
    found = access_conversation(request.user, conversation_id)
    conversations.close_conversation(conversation=found, user=request.user)
    return _done(request, conversation_id)


@require_POST
@inbox_view
def assign(request: InboxRequest, conversation_id: str) -> HttpResponse:
    found = access_conversation(request.user, conversation_id)
    member_id = request.POST.get("assignee", "")
    assignee = access_member(request.user, member_id) if member_id else None
    conversations.assign_conversation(conversation=found, user=request.user, assignee=assignee)
    return _done(request, conversation_id)


@require_POST
@inbox_view
def read(request: InboxRequest, conversation_id: str) -> HttpResponse:
    found = access_conversation(request.user, conversation_id)
    conversations.mark_read(conversation=found, user=request.user)
    return _done(request, conversation_id)


@require_POST
@inbox_view
def send_again(request: InboxRequest, conversation_id: str, message_id: str) -> HttpResponse:
    message = access_message(request.user, message_id)
    if message.conversation_id != conversation_id:
        raise NotFound("There is no such message in this conversation.")
    delivery.retry_message(message=message, user=request.user)
    return _done(request, conversation_id)
