"""The chat's pages and the parts of them that are fetched again."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.models import User
from ai_chat.answering.live import overlay
from ai_chat.models import AIChat, Folder, Persona
from ai_chat.pages import lists
from ai_chat.pages.choices import around, empty_chat, last_chat_id
from ai_chat.pages.edge import ChatRequest, chat_view, words
from ai_chat.pages.thread import access_turn, shown_path
from ai_chat.presentation import html_of
from ai_chat.selectors import access_chat, access_folder
from ai_chat.services.chats import start_chat
from ai_chat.services.provisioning import provision
from ai_chat.services.settings import remember_chat
from messaging.inbox.filters import InboxFilters
from messaging.inbox.selectors import list_page

MAX_WORDS = 100
PAGE, LONGEST = 50, 200


@require_GET
@chat_view
def home(request: ChatRequest) -> HttpResponse:
    """The chat that was open last, or nothing open with `?list`."""
    if request.htmx.target == "open":
        return render(request, "ai_chat/_nothing_open.html")
    provision(user=request.user)
    last = "" if "list" in request.GET else last_chat_id(request.user)
    if last:
        return redirect("chat:chat", last)
    return render(request, "ai_chat/chat.html", _list(request))


@require_GET
@chat_view
def new(request: ChatRequest) -> HttpResponse:
    """The person's chat in which nothing was said yet, or a new one; in `?folder=`, with
    `?persona=`, about the customer conversation `?about=`."""
    folder_id, persona_id = _id(request, "folder"), _id(request, "persona")
    about = _id(request, "about")
    folder = access_folder(request.user, folder_id) if folder_id else None
    persona = Persona.objects.access(request.user, persona_id) if persona_id else None
    found = None if about or persona else empty_chat(request.user, folder)
    chat = found or start_chat(user=request.user, folder=folder, persona=persona, related_id=about)
    return redirect("chat:chat", chat.pk)


@require_GET
@chat_view
def rows(request: ChatRequest) -> HttpResponse:
    """The list again, or a next page of it with `?after=<mark>`."""
    after = words(request.GET.get("after"), 80)
    if not after:
        return render(request, "ai_chat/_list_body.html", _list(request))
    query = _query(request)
    folder_id = _id(request, "folder")
    folder = access_folder(request.user, folder_id) if folder_id else None
    shown = {"rows": _next_rows(request.user, query, folder, after), "q": query, "folder": folder}
    return render(request, "ai_chat/_rows.html", shown)


def _next_rows(user: User, query: str, folder: Folder | None, after: str) -> lists.Rows:
    if query:
        return lists.found_chats(user, query, after=after)
    return lists.filed(user, folder, after=after) if folder else lists.unfiled(user, after=after)


@require_GET
@chat_view
def chat(request: ChatRequest, ai_chat_id: str) -> HttpResponse:
    found = access_chat(request.user, ai_chat_id)
    remember_chat(user=request.user, chat=found)
    shown = _opened(request, found)
    if request.htmx.target == "open":
        return render(request, "ai_chat/_open.html", shown)
    return render(request, "ai_chat/chat.html", _list(request) | shown)


@require_GET
@chat_view
def turns(request: ChatRequest, ai_chat_id: str) -> HttpResponse:
    """Earlier turns with `?before=<id>`; else the latest, `?count=` of them, and what changes
    around them."""
    found = access_chat(request.user, ai_chat_id)
    if before := _id(request, "before"):
        shown = shown_path(found, before=before, limit=PAGE)
        return render(request, "ai_chat/_turns.html", shown | around(request.user, found))
    return changes(request, found)


def changes(request: ChatRequest, found: AIChat) -> HttpResponse:
    """What the thread's script puts in place of what it shows."""
    return render(request, "ai_chat/_changes.html", _opened(request, found))


@require_GET
@chat_view
def written(request: ChatRequest, ai_chat_id: str, ai_message_id: str) -> HttpResponse:
    """What has come of an answer, as HTML: the socket brings plain words."""
    message = access_turn(request.user, ai_chat_id, ai_message_id)
    overlay([message])
    return JsonResponse({"length": len(message.content), "html": html_of(message.content)})


@require_GET
@chat_view
def attachable(request: ChatRequest) -> HttpResponse:
    """Customer conversations to choose from."""
    filters = InboxFilters.read({"q": _query(request)})
    page = list_page(user=request.user, filters=filters)
    return render(request, "ai_chat/_attachable.html", {"page": page, "q": filters.q})


def _id(request: ChatRequest, name: str) -> str:
    return words(request.GET.get(name), 16)


def _query(request: ChatRequest) -> str:
    return words(request.GET.get("q"), MAX_WORDS).strip()


def _list(request: ChatRequest) -> dict[str, Any]:
    query = _query(request)
    if query:
        return {"q": query, "rows": lists.found_chats(request.user, query)}
    folders = lists.folder_rows(request.user)
    return {"q": "", "folders": folders, "rows": lists.unfiled(request.user)}


def _opened(request: ChatRequest, found: AIChat) -> dict[str, Any]:
    count = words(request.GET.get("count"), 6)
    limit = min(max(int(count), PAGE), LONGEST) if count.isdecimal() else PAGE
    return shown_path(found, limit=limit) | around(request.user, found)
