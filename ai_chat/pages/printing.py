"""A chat on paper: the active path, whole."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from ai_chat.pages.edge import ChatRequest, chat_view
from ai_chat.pages.thread import shown_path
from ai_chat.selectors import access_chat
from ai_chat.services.messages import MOST_MESSAGES


@require_GET
@chat_view
def printed(request: ChatRequest, ai_chat_id: str) -> HttpResponse:
    found = access_chat(request.user, ai_chat_id)
    return render(request, "ai_chat/print.html", shown_path(found, limit=MOST_MESSAGES))
