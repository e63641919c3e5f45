"""How much people chat, and for how much money. Their words and titles are nobody else's."""

from typing import Any

from django.contrib import admin
from django.db.models import BigIntegerField, Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from unfold.decorators import display

from ai_chat.models import AIChat, AIMessage, ChatUser
from ai_chat.statistics import Spent, spent_by
from AI_model.admin_money import in_dollars
from core.admin import ReadOnlyModelAdmin


def _of_user(rows: QuerySet[Any], key: str, total: Any) -> Coalesce:
    """One figure for each person of a list, without a query for each."""
    counted = rows.order_by().values(key).annotate(figure=total).values("figure")
    return Coalesce(Subquery(counted, output_field=BigIntegerField()), 0)


@admin.register(ChatUser)
class ChatUserAdmin(ReadOnlyModelAdmin):
    list_display = ["username", "role", "chats", "messages", "tokens", "cost", "business"]
    list_filter = ["business"]
    list_select_related = ["business"]
    search_fields = ["username"]
    ordering = ["username"]
    fields = ["business", "username", "role", "chats", "messages", "tokens", "cost", "ledger"]
    readonly_fields = ["chats", "messages", "tokens", "cost", "ledger"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        mine = AIChat.objects.filter(user=OuterRef("pk"), deleted_at=None)
        said = AIMessage.objects.filter(chat__user=OuterRef("pk"), chat__deleted_at=None)
        people = super().get_queryset(request).exclude(business=None)
        counted: QuerySet[Any] = people.annotate(
            chat_count=_of_user(mine, "user", Count("pk")),
            message_count=_of_user(said, "chat__user", Count("pk")),
            token_sum=_of_user(said, "chat__user", Sum("total_tokens")),
            nano_sum=_of_user(said, "chat__user", Sum("money_nanos")),
        )
        return counted

    @display(description="Chats", ordering="chat_count")
    def chats(self, person: Any) -> int:
        return int(person.chat_count)

    @display(description="Messages", ordering="message_count")
    def messages(self, person: Any) -> int:
        return int(person.message_count)

    @display(description="Tokens of their answers", ordering="token_sum")
    def tokens(self, person: Any) -> int:
        return int(person.token_sum)

    @display(description="Cost of their answers", ordering="nano_sum")
    def cost(self, person: Any) -> str:
        return in_dollars(person.nano_sum)

    @display(description="All calls in the ledger")
    def ledger(self, person: Any) -> str:
        """With titles, summaries, and what deleted chats cost."""
        return spent_words(spent_by(person))


def spent_words(spent: Spent) -> str:
    known = f"{spent.calls:,} calls, {spent.tokens:,} tokens, {in_dollars(spent.nanos)}"
    return f"{known}; {spent.unpriced:,} without a known price" if spent.unpriced else known
