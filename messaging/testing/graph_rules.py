"""The documented limits of Meta's messaging APIs, as the loopback Graph API keeps them."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from messaging.testing.graph_wire import REFUSALS, refusal
from messaging.testing.loopback import Answer, Json

WINDOW, PEOPLE_WINDOW = timedelta(hours=24), timedelta(days=7)
REFRESH_AFTER, TOKEN_LIFE = timedelta(hours=24), timedelta(days=60)
SENDS_PER_SECOND = 300
INSTAGRAM_BYTES, PAGE_CHARACTERS = 1000, 2000
SENDER_ACTIONS = {"typing_on", "typing_off", "mark_seen"}
KNOWN_FIELDS = {
    "instagram": {
        *("comments", "live_comments", "mentions", "message_edit", "message_reactions", "messages"),
        *("messaging_handover", "messaging_optins", "messaging_postbacks", "messaging_referral"),
        *("messaging_seen", "standby", "story_insights"),
    },
    "page": {
        *("feed", "mention", "message_deliveries", "message_echoes", "message_edits", "messages"),
        *("message_reactions", "message_reads", "messaging_handovers", "messaging_optins"),
        *("messaging_postbacks", "messaging_referrals", "standby"),
    },
}


@dataclass(slots=True)
class Account:
    """An Instagram account with its own token, or a Page; a Page may have Instagram linked."""

    id: str
    token: str
    kind: str = "instagram"
    name: str = ""
    username: str = ""
    app_scoped_id: str = ""
    linked_instagram: str = ""
    human_agent: bool = False
    issued_at: float = field(default_factory=lambda: time.time() - 2 * 86400)
    expires_at: float | None = None
    subscribed: list[str] = field(default_factory=list)
    sends: deque[float] = field(default_factory=deque)

    @property
    def names(self) -> set[str]:
        """Under which ids the API takes calls with this account's token."""
        return {"me", self.id, self.app_scoped_id} - {""}


@dataclass(slots=True)
class Customer:
    """A person who wrote; names may be missing. `kind` only where it is not the account's own."""

    id: str
    last_inbound: float
    name: str | None = None
    username: str | None = None
    available: bool = True
    kind: str = ""

    def platform(self, account: Account) -> str:
        """ "instagram" or "page": a Page's token also writes to customers on its Instagram."""
        return self.kind or account.kind


def bad(words: str) -> Answer:
    return refusal(100, f"(#100) {words}")


def why_not_this_token(account: Account | None, given: str, now: float) -> Answer | None:
    if not given:
        return REFUSALS["no_token"]
    if account is None:
        return REFUSALS["unknown_token"]
    if account.expires_at is not None and account.expires_at <= now:
        return REFUSALS["expired"]
    return None


def why_not_refreshed(account: Account, now: float) -> Answer | None:
    """Only a token of 24 h and more is renewed; one that has ended is refused before."""
    if now - account.issued_at < REFRESH_AFTER.total_seconds():
        return bad("The access token is not old enough to be refreshed.")
    return None


def why_not_subscribed(account: Account, fields: Sequence[str]) -> Answer | None:
    """One field that does not exist refuses them all, as the platform does."""
    if not fields:
        return bad("The parameter subscribed_fields is required.")
    known = KNOWN_FIELDS[account.kind]
    for position, name in enumerate(fields):
        if name not in known:
            choices = ", ".join(sorted(known))
            return bad(f"Param subscribed_fields[{position}] must be one of {{{choices}}}.")
    return None


def why_not_taken(
    account: Account, customer: Customer | None, fields: Json, now: float
) -> Answer | None:
    """The first rule that a send breaks, None when it may go."""
    if customer is None:
        return REFUSALS["no_such_user" if account.kind == "instagram" else "no_matching_user"]
    if not customer.available:
        return REFUSALS["unavailable"]
    if "sender_action" in fields:
        return _why_not_shown(fields)
    if problem := _why_not_this_text(customer.platform(account), fields):
        return problem
    if problem := _why_not_now(account, customer, fields, now):
        return problem
    return _why_not_so_fast(account, now)


def _why_not_shown(fields: Json) -> Answer | None:
    if set(fields) != {"recipient", "sender_action"}:
        return bad("A sender action comes alone.")
    if fields["sender_action"] not in SENDER_ACTIONS:
        return bad("There is no such sender action.")
    return None


def _why_not_this_text(platform: str, fields: Json) -> Answer | None:
    message = fields.get("message")
    text = message.get("text") if isinstance(message, dict) else None
    if not isinstance(text, str) or not text.strip():
        return bad("Message cannot be empty, must provide valid attachment or text")
    if platform == "instagram" and len(text.encode()) > INSTAGRAM_BYTES:
        return REFUSALS["bad_parameter"]
    if len(text) > PAGE_CHARACTERS:
        return bad("Length of param message[text] must be less than or equal to 2000")
    return None


def _why_not_now(account: Account, customer: Customer, fields: Json, now: float) -> Answer | None:
    age = timedelta(seconds=now - customer.last_inbound)
    by_instagram = customer.platform(account) == "instagram"
    closed = REFUSALS["window_closed" if by_instagram else "page_window_closed"]
    tagged = fields.get("messaging_type") == "MESSAGE_TAG"
    if not tagged and "tag" in fields:
        return bad("A tag needs the messaging type MESSAGE_TAG.")
    if not tagged:
        return closed if age > WINDOW else None
    if fields.get("tag") != "HUMAN_AGENT":
        return bad("This message tag is not supported any more.")
    if not account.human_agent:
        return REFUSALS["no_permission"]
    return closed if age > PEOPLE_WINDOW else None


def _why_not_so_fast(account: Account, now: float) -> Answer | None:
    while account.sends and account.sends[0] <= now - 1:
        account.sends.popleft()
    if len(account.sends) >= SENDS_PER_SECOND:
        return REFUSALS["rate_613"]
    account.sends.append(now)
    return None
