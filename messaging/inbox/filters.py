"""What the list shows: one view, narrowed by channel, by who handles it and by words."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q

from messaging.models import Conversation, Message

VIEWS = {
    "open": "Open",
    "unread": "Unread",
    "look": "Needs a look",
    "closed": "Closed",
}
AI, NOBODY = "ai", "nobody"
OPEN = ~Q(status=Conversation.Status.CLOSED)
MAX_WORDS = 100


@dataclass(frozen=True, slots=True)
class InboxFilters:
    """`assignee` is "ai", "nobody" or a person's id; `q` searches closed conversations too."""

    view: str = "open"
    channel: str = ""
    assignee: str = ""
    q: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "InboxFilters":
        """From an address; what it does not know it leaves out."""
        view = query.get("view", "")
        assignee = query.get("assignee", "")
        known = assignee in {AI, NOBODY} or assignee.isdecimal()
        return cls(
            view=view if view in VIEWS else "open",
            channel=query.get("channel", "")[:16].replace("\0", ""),
            assignee=assignee[:18] if known else "",
            q=query.get("q", "").replace("\0", "").strip()[:MAX_WORDS],
        )

    @property
    def narrowed(self) -> bool:
        return bool(self.channel or self.assignee or self.q)

    @property
    def query(self) -> str:
        """The part of an address that brings the same list back, without its "?"."""
        parts = {"channel": self.channel, "assignee": self.assignee, "q": self.q}
        if self.view != "open":
            parts = {"view": self.view, **parts}
        return urlencode({name: value for name, value in parts.items() if value})

    def condition(self) -> Q:
        return self._view() & self._channel() & self._assignee() & self._words()

    def _view(self) -> Q:
        if self.view == "unread":
            return Q(unread__gt=0)
        if self.view == "look":
            return Q(needs_a_look=True)
        if self.view == "closed":
            return ~OPEN
        return Q() if self.q else OPEN

    def _channel(self) -> Q:
        return Q(channel_id=self.channel) if self.channel else Q()

    def _assignee(self) -> Q:
        if self.assignee == AI:
            return Q(status=Conversation.Status.ACTIVE)
        if self.assignee == NOBODY:
            return Q(status=Conversation.Status.SUPPORT_ACTIVE, assigned_to=None)
        return Q(assigned_to_id=int(self.assignee)) if self.assignee else Q()

    def _words(self) -> Q:
        if not self.q:
            return Q()
        said = Message.objects.filter(conversation=OuterRef("pk"), text__icontains=self.q)
        return (
            Q(customer__name__icontains=self.q)
            | Q(customer__username__icontains=self.q)
            | Q(customer__external_id=self.q)
            | Q(pk=self.q)
            | Q(Exists(said))
        )
