"""What a person does in a chat: one service each, and the thread as it is then."""

import json
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from ai_chat.models import AIChat, AIMessage
from ai_chat.pages.edge import ChatRequest, chat_view, words
from ai_chat.pages.thread import access_turn
from ai_chat.pages.views import changes
from ai_chat.selectors import access_any_chat, access_chat, read_skeleton
from ai_chat.services import asking, chats, messages, stopping
from ai_chat.services.choices import check_model
from ai_chat.tree import Below
from core.lib.errors import DomainError

MAX_CONTENT = 200_000
MAX_KEY = 64


def _done(request: ChatRequest, ai_chat_id: str) -> HttpResponse:
    """The changed thread for the script, the page again for a plain form."""
    if request.htmx:
        return changes(request, access_chat(request.user, ai_chat_id))
    return redirect("chat:chat", ai_chat_id)


def _options(request: ChatRequest) -> dict[str, Any]:
    """How the answer is to be written, as far as the form says."""
    limit = words(request.POST.get("context_limit"), 3)
    return {
        "model_name": _model(request),
        "context_limit": int(limit) if limit.isdecimal() else None,
    }


def _model(request: ChatRequest) -> str:
    name = words(request.POST.get("model"), 80)
    return check_model(business_id=str(request.user.business_id), model_name=name)


@require_POST
@chat_view
def say(request: ChatRequest, ai_chat_id: str) -> HttpResponse:
    messages.say(
        chat=access_chat(request.user, ai_chat_id),
        content=words(request.POST.get("text"), MAX_CONTENT),
        client_key=words(request.POST.get("client_key"), MAX_KEY) or None,
        **_options(request),
    )
    return _done(request, ai_chat_id)


@require_POST
@chat_view
def edit(request: ChatRequest, ai_chat_id: str, ai_message_id: str) -> HttpResponse:
    messages.edit_message(
        message=access_turn(request.user, ai_chat_id, ai_message_id),
        content=words(request.POST.get("text"), MAX_CONTENT),
        **_options(request),
    )
    return _done(request, ai_chat_id)


@require_POST
@chat_view
def again(request: ChatRequest, ai_chat_id: str, ai_message_id: str) -> HttpResponse:
    message = access_turn(request.user, ai_chat_id, ai_message_id)
    messages.ask_again(message=message, model_name=_model(request))
    return _done(request, ai_chat_id)


@require_POST
@chat_view
def stop(request: ChatRequest, ai_chat_id: str) -> HttpResponse:
    stopping.stop_running(chat_id=access_chat(request.user, ai_chat_id).pk)
    return _done(request, ai_chat_id)


@require_POST
@chat_view
def activate(request: ChatRequest, ai_chat_id: str, ai_message_id: str) -> HttpResponse:
    messages.activate(message=access_turn(request.user, ai_chat_id, ai_message_id))
    return _done(request, ai_chat_id)


@chat_view
def remove(request: ChatRequest, ai_chat_id: str, ai_message_id: str) -> HttpResponse:
    """GET asks which: this message only, or all that hangs below it, too."""
    message = access_turn(request.user, ai_chat_id, ai_message_id)
    if request.method == "POST":
        below: Below = "delete" if request.POST.get("below") == "delete" else "keep"
        messages.delete_message(message=message, below=below)
        return _done(request, ai_chat_id)
    below_it = len(read_skeleton(ai_chat_id).tree.subtree(message.pk)) - 1
    asked = {"chat_id": ai_chat_id, "message": message, "below": below_it}
    return render(request, "ai_chat/_remove.html", asked)


@chat_view
def delete(request: ChatRequest, ai_chat_id: str) -> HttpResponse:
    """GET asks on a page of its own; POST deletes."""
    found = access_chat(request.user, ai_chat_id)
    if request.method != "POST":
        return render(request, "ai_chat/delete.html", {"chat": found})
    chats.delete_chat(chat=found)
    return HttpResponse(status=204) if request.htmx else redirect("/chat/?list")


@require_POST
@chat_view
def restore(request: ChatRequest, ai_chat_id: str) -> HttpResponse:
    chats.restore_chat(chat=access_any_chat(request.user, ai_chat_id))
    return HttpResponse(status=204) if request.htmx else redirect("chat:chat", ai_chat_id)


@chat_view
def send(request: ChatRequest, ai_chat_id: str) -> HttpResponse:
    """{"message"} -> {"status", "message"}: asks, and waits for the answer."""
    if request.method != "POST":
        return _failed("Invalid request method", 405)
    found = access_chat(request.user, ai_chat_id)
    try:
        answer = _answered(found, _sent_words(request))
    except DomainError as error:
        return _failed(error.detail, error.status)
    return JsonResponse({"status": "success", "message": answer.content})


def _answered(chat: AIChat, text: str) -> AIMessage:
    if not text:
        raise DomainError("Empty message")
    return asking.check_answered(asking.say_and_wait(chat=chat, content=text).answer)


def _sent_words(request: ChatRequest) -> str:
    try:
        sent = json.loads(request.body or b"{}")
    except ValueError as error:
        raise DomainError('Send JSON such as {"message": "Hello"}.') from error
    found = sent.get("message") if isinstance(sent, dict) else None
    return words(found, MAX_CONTENT).strip() if isinstance(found, str) else ""


def _failed(detail: str, status: int) -> JsonResponse:
    return JsonResponse({"status": "error", "message": detail}, status=status)
