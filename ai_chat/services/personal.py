"""What chats hold of a customer, when the customer is erased.

An answer that was given the customer's conversation goes, with the answers that were given that
one, the summary, and a model's title. The chat's shape and its user's own words stay, without a
link to the conversation.
"""

from collections.abc import Collection
from typing import Any

from django.db.models import Q, QuerySet

from ai_chat.models import AIChat, AIMessage
from ai_chat.selectors import read_skeleton
from ai_chat.services.chats import NEW_TITLE
from ai_chat.services.revisions import advance
from ai_chat.signals import chat_changed
from messaging.services.personal import Part, register_part

ERASED = "This answer was about a customer whose data was erased."


def register_parts() -> None:
    register_part(Part("chat_answers", _answers, erase=_erase))


def _answers(ids: Collection[str]) -> QuerySet[Any]:
    """Those that were given one of these conversations, and those below, which read them."""
    given = AIMessage.objects.filter(context__related_id__in=list(ids))
    found: set[str] = set()
    for chat_id in given.order_by().values_list("chat_id", flat=True).distinct():
        tree = read_skeleton(chat_id).tree
        for pk in given.filter(chat_id=chat_id).values_list("pk", flat=True):
            found.update(tree.subtree(pk))
    return AIMessage.objects.filter(pk__in=found, role=AIMessage.Role.ASSISTANT)


def _erase(rows: QuerySet[AIMessage]) -> None:
    for chat in AIChat.objects.filter(pk__in=rows.values("chat_id")).order_by("pk"):
        own: dict[str, Any] = {"title": NEW_TITLE, "titled": AIChat.Titled.NOT_YET}
        named = own if chat.titled == AIChat.Titled.MODEL else {}
        moved = advance(chat, where=Q(), quiet=True, summary="", summary_upto_id=None, **named)
        rows.filter(chat_id=chat.pk).update(content=ERASED)
        chat_changed.send(sender=AIChat, chat=moved)
