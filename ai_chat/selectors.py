"""Reads of a person's chats. How many queries one takes does not depend on how long a chat is."""

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Substr

from accounts.models import User
from ai_chat.models import AIChat, AIMessage, Folder
from ai_chat.tree import Node, Tree, grow
from core.lib.errors import NotFound

LONGEST_PAGE = 200
NO_FOLDER = "none"
PREVIEW = 120
SKELETON = ("id", "parent_id", "active_child_id", "position", "role", "state")


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A chat's tree and the end of its active path, as they were at one moment."""

    tree: Tree
    active_leaf_id: str | None

    @property
    def active_path(self) -> list[str]:
        return self.tree.path(self.active_leaf_id)


@dataclass(frozen=True, slots=True)
class Step:
    """A message on a path: the `index`-th (from 1) of its siblings."""

    message: AIMessage
    index: int
    siblings: list[str]


@dataclass(frozen=True, slots=True)
class Path:
    """Steps from the root's side to the leaf's, and whether there are `more` above them."""

    steps: list[Step]
    more: bool


def chats_of(user: User) -> QuerySet[AIChat]:
    """A person's chats, the latest first, without deleted ones."""
    return AIChat.objects.for_user(user).filter(deleted_at=None).order_by("-updated_at", "id")


def deleted_chats(user: User) -> QuerySet[AIChat]:
    """Those that can still be restored, the last deleted first."""
    rows = AIChat.objects.for_user(user).exclude(deleted_at=None)
    return rows.order_by("-deleted_at", "id")


def access_chat(user: User, chat_id: str) -> AIChat:
    rows = AIChat.objects.filter(deleted_at=None).select_related("folder", "persona")
    return rows.access(user, chat_id)


def access_any_chat(user: User, chat_id: str) -> AIChat:
    """Of deleted ones too."""
    return AIChat.objects.select_related("folder", "persona").access(user, chat_id)


def access_message(user: User, message_id: str) -> AIMessage:
    """With its chat, which is the user's own."""
    rows = AIMessage.objects.filter(chat__user_id=user.pk, chat__deleted_at=None)
    return rows.select_related("chat").access(user, message_id)


def access_folder(user: User, folder_id: str) -> Folder:
    return Folder.objects.access(user, folder_id)


def list_chats(
    user: User,
    *,
    folder: str | None = None,
    search: str = "",
    persona_id: str = "",
    related_id: str = "",
) -> QuerySet[AIChat]:
    """The latest first. `folder`: an id, NO_FOLDER, or None for all.

    `search`: each of its words stands in the title or in some message of the chat.
    """
    rows = chats_of(user)
    if folder is not None:
        rows = rows.filter(folder_id=None if folder == NO_FOLDER else folder)
    if persona_id:
        rows = rows.filter(persona_id=persona_id)
    if related_id:
        rows = rows.filter(related_conversation_id=related_id)
    for word in search.split():
        said = AIMessage.objects.filter(_holds("content", word), chat=OuterRef("pk"))
        rows = rows.filter(_holds("title", word) | Q(Exists(said)))
    return rows


def _holds(field: str, word: str) -> Q:
    """SQLite knows capital letters of ASCII only, so others are looked for as they may stand."""
    found = Q()
    for form in {word, word.lower(), word.upper(), word.capitalize()}:
        found |= Q(**{f"{field}__icontains": form})
    return found


def read_skeleton(chat_id: str) -> Skeleton:
    """The whole tree without words, in one statement."""
    rows = AIMessage.objects.filter(chat_id=chat_id).order_by("position")
    found = list(rows.values_list(*SKELETON, F("chat__active_leaf_id")))
    tree = grow(Node(*row[:-1]) for row in found)
    leaf_id = found[0][-1] if found else None
    if leaf_id not in tree and (roots := tree.children(None)):
        leaf_id = tree.leaf_below(roots[-1])
    return Skeleton(tree, leaf_id)


def read_path(chat: AIChat, *, before: str | None = None, limit: int = 50) -> Path:
    """The end of the active path, or what stands above the message `before`, whatever is active.

    NotFound when the chat has no such message.
    """
    return path_page(chat, before=before, limit=limit).path


@dataclass(frozen=True, slots=True)
class PathPage:
    """A part of a path, and how many messages the whole of it has."""

    path: Path
    count: int


def path_page(chat: AIChat, *, before: str | None = None, limit: int = 50) -> PathPage:
    skeleton = read_skeleton(chat.pk)
    if before is None:
        path = skeleton.active_path
    elif before in skeleton.tree:
        path = skeleton.tree.path(before)[:-1]
    else:
        raise NotFound("There is no message with this id in this chat.")
    steps = _steps(skeleton.tree, path[-limit:])
    return PathPage(Path(steps, len(path) > limit), len(skeleton.active_path))


def _steps(tree: Tree, path: list[str]) -> list[Step]:
    messages = AIMessage.objects.in_bulk(path)
    return [
        Step(messages[one], siblings.index(one) + 1, siblings)
        for one in path
        if one in messages and (siblings := tree.siblings(one))
    ]


def step_of(message: AIMessage) -> Step:
    """One message with its place among its siblings."""
    siblings = read_skeleton(message.chat_id).tree.siblings(message.pk)
    return Step(message, siblings.index(message.pk) + 1, siblings)


@dataclass(frozen=True, slots=True)
class TreeReading:
    """A chat's tree with the beginning of each message: `previews` by id."""

    skeleton: Skeleton
    previews: dict[str, str]


def read_tree(chat: AIChat) -> TreeReading:
    rows = AIMessage.objects.filter(chat_id=chat.pk)
    beginnings = rows.values_list("pk", Substr("content", 1, PREVIEW))
    previews = {pk: " ".join(words.split()) for pk, words in beginnings}
    return TreeReading(read_skeleton(chat.pk), previews)
