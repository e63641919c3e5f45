from accounts.services.businesses import create_business
from accounts.services.invitations import (
    accept_invitation,
    cancel_invitation,
    find_invitation,
    invite_agent,
)
from accounts.services.login import LoginRefused, log_in_with_password
from accounts.services.members import (
    change_password,
    deactivate_member,
    reactivate_member,
    update_profile,
)
from accounts.services.tickets import issue_ticket, redeem_ticket
from accounts.services.tokens import (
    TokenPair,
    TokenRefused,
    delete_expired,
    end_all_families,
    end_family,
    issue_tokens,
    rotate_tokens,
    user_of_access_token,
)

__all__ = [
    "LoginRefused",
    "TokenPair",
    "TokenRefused",
    "accept_invitation",
    "cancel_invitation",
    "change_password",
    "create_business",
    "deactivate_member",
    "delete_expired",
    "end_all_families",
    "end_family",
    "find_invitation",
    "invite_agent",
    "issue_ticket",
    "issue_tokens",
    "log_in_with_password",
    "reactivate_member",
    "redeem_ticket",
    "rotate_tokens",
    "update_profile",
    "user_of_access_token",
]
