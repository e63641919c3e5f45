"""`manage.py connect_channel KIND --user U …`: connects a channel of that person's business."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from accounts.models import Business, User
from core.lib.errors import DomainError
from messaging.services.channels import connect_telegram, connect_without_account, webhook_path

NOT_YET = "Instagram can't be connected yet; Telegram and the web chat can."


class Command(BaseCommand):
    help = "Connect a Telegram bot or the web chat to a business; prints JSON with channel_id."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=["telegram", "webchat", "instagram"])
        parser.add_argument("--user", required=True, help="user name or e-mail of a member")
        parser.add_argument("--token", default="", help="the bot's token from @BotFather")
        parser.add_argument("--secret", default="", help="webhook secret; made up when left out")
        parser.add_argument(
            "--no-register",
            action="store_true",
            help="do not call Telegram; set the webhook yourself",
        )
        parser.add_argument("--account-id", default="", help="Instagram only")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = self._connect(business_of(options["user"]), options)
        except DomainError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(json.dumps(done))

    def _connect(self, business: Business, options: dict[str, Any]) -> dict[str, str]:
        match options["kind"]:
            case "telegram":
                return _telegram(business, options)
            case "webchat":
                channel = connect_without_account(business=business, kind="webchat")
                return {
                    "channel_id": channel.pk,
                    "widget_path": f"/widget/{channel.pk}/widget.js",
                }
            case _:
                raise CommandError(NOT_YET)


def _telegram(business: Business, options: dict[str, Any]) -> dict[str, str]:
    if not options["token"]:
        raise CommandError("Give the bot's token: --token 123456789:AAF…")
    channel = connect_telegram(
        business=business,
        token=options["token"],
        secret=options["secret"],
        register=not options["no_register"],
    )
    return {
        "channel_id": channel.pk,
        "webhook_path": webhook_path(channel),
        "secret": channel.secrets["webhook_secret"],
    }


def business_of(name: str) -> Business:
    """The business of the person with this user name or e-mail. Raises CommandError."""
    named = User.objects.filter(Q(username=name) | Q(email__iexact=name, email__gt=""))
    people = list(named.select_related("business")[:2])
    if not people:
        raise CommandError(f"There is no user {name}; make a business with create_business.")
    person = next((person for person in people if person.username == name), people[0])
    if person.business is None:
        raise CommandError(f"{name} belongs to no business, so there is nothing to connect to.")
    return person.business
