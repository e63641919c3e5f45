"""Facebook Messenger: a Page's conversations, over the Graph API with the Page's token."""

from collections.abc import Sequence

from messaging.adapters.base import Identity
from messaging.adapters.meta import (
    FACEBOOK_HOST,
    LONGEST_QUICK_REPLY,
    PAGE_FIELDS,
    PEOPLE_WINDOW,
    WINDOW,
    MetaAdapter,
)
from messaging.types import Buttons, Capabilities, ChannelAccount, LengthUnit, Profile, TextLimit


class MessengerAdapter(MetaAdapter):
    kind = "messenger"
    platform = "Messenger"
    messaging_type = "RESPONSE"
    capabilities = Capabilities(
        text_limit=TextLimit(2000, LengthUnit.CHARACTERS),
        typing=True,
        window=WINDOW,
        people_window=PEOPLE_WINDOW,
        many_events_per_post=True,
        profile=True,
        media=True,
        buttons=Buttons(longest=LONGEST_QUICK_REPLY),
    )

    def host_of(self, account: ChannelAccount) -> str:
        return FACEBOOK_HOST

    def node_of(self, account: ChannelAccount) -> str:
        return account.external_id or "me"

    def fields_of(self, account: ChannelAccount) -> Sequence[str]:
        return PAGE_FIELDS

    def identify(self, account: ChannelAccount) -> Identity:
        asked = self.ask(account, "GET", node="me", query={"fields": "id,name,username"})
        return self.whom(self.result(asked), "id")

    def fetch_profile(self, account: ChannelAccount, customer_key: str) -> Profile:
        """A Page sees first and last name (.../messenger-platform/identity/user-profile)."""
        query = {"fields": "first_name,last_name"}
        found = self.result(self.ask(account, "GET", node=customer_key, query=query))
        names = [found.get("first_name"), found.get("last_name")]
        return Profile(name=" ".join(name for name in names if isinstance(name, str)).strip()[:200])
