"""The one way to change a chat: its revision is raised, and with it come places in its order."""

from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from ai_chat.models import AIChat
from core.lib.errors import NotFound
from core.lib.returning import update_returning


def advance(
    chat: AIChat, *, steps: int = 1, where: Q | None = None, quiet: bool = False, **changes: Any
) -> AIChat:
    """Raise the revision by `steps` and apply `changes`; the row as it is then.

    The UPDATE holds the row until the transaction ends, so that whoever comes next sees all of it.
    `quiet`: the chat's place in the list stays. NotFound when it was deleted, or `where` fails.
    """
    moment = {} if quiet else {"updated_at": timezone.now()}
    row = AIChat.objects.filter(Q(deleted_at=None) if where is None else where, pk=chat.pk)
    moved = update_returning(row, revision=F("revision") + steps, **(moment | changes))
    if moved is None:
        raise NotFound("There is no AI chat with this id.")
    return moved
