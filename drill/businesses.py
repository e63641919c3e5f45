"""Makes a business for each Instagram account and connects it: JSON lines {"id", "token"} in,
their channels' ids out. Runs in the stack's own environment, so that Meta is asked as usual."""

import os
import sys
from typing import Any

import django
import orjson

PASSWORD = "drill password 1"


def owner_of(account_id: str) -> str:
    return f"owner{account_id}"


def connect_account(account: dict[str, Any]) -> str:
    from accounts.services import create_business
    from messaging.services.connecting import connect_instagram

    owner = owner_of(account["id"])
    business, _ = create_business(name=owner, username=owner, password=PASSWORD)
    channel = connect_instagram(business=business, account_id=account["id"], token=account["token"])
    return channel.pk


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    for line in sys.stdin:
        print(connect_account(orjson.loads(line)))


if __name__ == "__main__":
    main()
