"""Instagram, in the two ways a business may connect: with Instagram's own login (the default), or
with Facebook's through the Page that the account is linked to. `settings["flavour"]` says which."""

from collections.abc import Sequence
from typing import Any

from messaging.adapters.base import ChannelRefused, Identity
from messaging.adapters.graph_calls import GraphCall
from messaging.adapters.meta import (
    FACEBOOK_HOST,
    LONGEST_QUICK_REPLY,
    PAGE_FIELDS,
    PEOPLE_WINDOW,
    WINDOW,
    MetaAdapter,
)
from messaging.types import (
    Buttons,
    Capabilities,
    ChannelAccount,
    FreshToken,
    LengthUnit,
    TextLimit,
)

INSTAGRAM_HOST = "https://graph.instagram.com"
INSTAGRAM_LOGIN, FACEBOOK_LOGIN = "instagram_login", "facebook_login"
# .../docs/instagram-platform/webhooks; echoes come with `messages`, `message_echoes` is refused.
INSTAGRAM_FIELDS = (
    *("messages", "messaging_postbacks", "message_reactions", "messaging_seen", "message_edit"),
    *("messaging_referral", "standby"),
)
PAGE_WITHOUT_ACCOUNT = (
    "This Page has no Instagram account. Link the two in the Page's settings, then connect again."
)


class InstagramAdapter(MetaAdapter):
    kind = "instagram"
    platform = "Instagram"
    capabilities = Capabilities(
        text_limit=TextLimit(1000, LengthUnit.BYTES),
        typing=True,
        window=WINDOW,
        people_window=PEOPLE_WINDOW,
        many_events_per_post=True,
        profile=True,
        media=True,
        # In a browser Instagram shows no quick replies.
        buttons=Buttons(longest=LONGEST_QUICK_REPLY, in_every_app=False),
    )

    def host_of(self, account: ChannelAccount) -> str:
        return FACEBOOK_HOST if is_by_facebook(account) else INSTAGRAM_HOST

    def node_of(self, account: ChannelAccount) -> str:
        if is_by_facebook(account):
            return str(account.settings.get("page_id") or "me")
        return account.external_id or "me"

    def fields_of(self, account: ChannelAccount) -> Sequence[str]:
        return PAGE_FIELDS if is_by_facebook(account) else INSTAGRAM_FIELDS

    def identify(self, account: ChannelAccount) -> Identity:
        """Webhooks name the account by `user_id`; the API's own `id` of it differs."""
        if is_by_facebook(account):
            return self._identify_by_page(account)
        query = {"fields": "id,user_id,username,name"}
        found = self.result(self.ask(account, "GET", node="me", query=query))
        return self.whom(found, "user_id", app_scoped_id=str(found.get("id") or ""))

    def _identify_by_page(self, account: ChannelAccount) -> Identity:
        query = {"fields": "id,name,instagram_business_account{id,username,name}"}
        page = self.result(self.ask(account, "GET", query=query))
        linked = page.get("instagram_business_account")
        if not isinstance(linked, dict):
            raise ChannelRefused(PAGE_WITHOUT_ACCOUNT, code="no_instagram_account")
        return self.whom(linked, "id", page_id=str(page.get("id") or ""))

    def refresh_token(self, account: ChannelAccount) -> FreshToken | None:
        """A token of at least 24 h that has not ended yet, for 60 more days; a Page's token lasts.

        .../instagram-platform/reference/refresh_access_token
        """
        if is_by_facebook(account):
            return None
        found = self._renewed(account)
        token, seconds = found.get("access_token"), found.get("expires_in")
        if not isinstance(token, str) or not token:
            raise ChannelRefused("Instagram's answer could not be understood.", status=503)
        return FreshToken(token, float(seconds) if isinstance(seconds, (int, float)) else None)

    def _renewed(self, account: ChannelAccount) -> dict[str, Any]:
        """The token goes into the address, as the reference has it, only when the header fails."""
        url = f"{self.root_of(account)}/refresh_access_token"
        token, query = account.secrets.get("token", ""), {"grant_type": "ig_refresh_token"}
        try:
            return self.result(GraphCall("GET", url, token, query))
        except ChannelRefused as error:
            if error.status == 503:
                raise
        return self.result(GraphCall("GET", url, token, {**query, "access_token": token}))


def is_by_facebook(account: ChannelAccount) -> bool:
    return account.settings.get("flavour") == FACEBOOK_LOGIN
