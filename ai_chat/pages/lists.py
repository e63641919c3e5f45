"""The left pane: folders with their chats, chats outside of any, and what a search finds."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from accounts.models import User
from ai_chat.models import AIChat, AIMessage, Folder
from ai_chat.selectors import chats_of, list_chats

PAGE = 50
FOLDER_PAGE = 20
AROUND = 40
UNSHOWN = ("summary", "system_prompt")


@dataclass(frozen=True, slots=True)
class Rows:
    """Chats, the latest first, and the mark after which the next page begins ("" = none)."""

    chats: list[AIChat]
    after: str = ""


@dataclass(frozen=True, slots=True)
class FolderRows:
    folder: Folder
    count: int
    rows: Rows


def chats_shown(user: User) -> QuerySet[AIChat]:
    return chats_of(user).order_by("-updated_at", "-id").defer(*UNSHOWN)


def page_of(chats: QuerySet[AIChat], *, after: str = "", limit: int = PAGE) -> Rows:
    found = list(chats.filter(_beyond(after))[: limit + 1])
    more = len(found) > limit
    return Rows(found[:limit], mark_of(found[limit - 1]) if more else "")


def unfiled(user: User, *, after: str = "") -> Rows:
    return page_of(chats_shown(user).filter(folder=None), after=after)


def filed(user: User, folder: Folder, *, after: str = "", limit: int = PAGE) -> Rows:
    return page_of(chats_shown(user).filter(folder=folder), after=after, limit=limit)


def folders_of(user: User) -> list[Folder]:
    return list(Folder.objects.for_user(user).order_by("name", "id"))


def folder_rows(user: User) -> list[FolderRows]:
    """Every folder with its latest chats; one query more than there are folders with chats."""
    inside = chats_of(user).exclude(folder=None).order_by()
    counts = dict(inside.values_list("folder_id").annotate(Count("pk")))
    return [
        FolderRows(
            folder,
            counts.get(folder.pk, 0),
            filed(user, folder, limit=FOLDER_PAGE) if folder.pk in counts else Rows([]),
        )
        for folder in folders_of(user)
    ]


def found_chats(user: User, words: str, *, after: str = "") -> Rows:
    """What list_chats finds; each chat has `snippet`, the place where the first word stands."""
    first = words.split()[0]
    said = AIMessage.objects.filter(chat=OuterRef("pk"), content__icontains=first)
    place = Subquery(said.order_by("-position").values("content")[:1])
    chats = list_chats(user, search=words).order_by("-updated_at", "-id").defer(*UNSHOWN)
    rows = page_of(chats.annotate(said_there=place), after=after)
    for chat in rows.chats:
        chat.snippet = snippet(chat.said_there or "", first)  # type: ignore[attr-defined]
    return rows


def snippet(text: str, words: str) -> str:
    """About 80 characters of `text` around `words`, in one line."""
    at = text.lower().find(words.lower())
    if at < 0:
        return ""
    start, end = max(0, at - AROUND), at + len(words) + AROUND
    cut = " ".join(text[start:end].split())
    return f"{'…' if start else ''}{cut}{'…' if end < len(text) else ''}"


def mark_of(chat: AIChat) -> str:
    return f"{chat.updated_at:%Y-%m-%dT%H:%M:%S.%f%z}~{chat.pk}"


def _beyond(mark: str) -> Q:
    moment, _, pk = mark.partition("~")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return Q()
    if at.tzinfo is None:
        return Q()
    return Q(updated_at__lt=at) | Q(updated_at=at, pk__lt=pk)
