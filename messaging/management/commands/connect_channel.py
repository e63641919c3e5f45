"""`manage.py connect_channel KIND --user U …`: connects a channel of that person's business."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Business
from core.lib.errors import DomainError
from messaging.management.people import business_of
from messaging.models import Channel
from messaging.services.channels import webhook_path
from messaging.services.connecting import (
    FLAVOURS,
    connect_instagram,
    connect_messenger,
    connect_telegram,
    connect_without_account,
)


class Command(BaseCommand):
    help = "Connect a channel to a business; prints JSON with channel_id."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=["telegram", "instagram", "messenger", "webchat"])
        parser.add_argument("--user", required=True, help="user name or e-mail of a member")
        parser.add_argument("--token", default="", help="the bot's or the account's token")
        parser.add_argument(
            "--no-register",
            action="store_true",
            help="do not call the platform; have it deliver here yourself",
        )
        parser.add_argument(
            "--secret", default="", help="Telegram: webhook secret; made up if empty"
        )
        parser.add_argument(
            "--account-id", default="", help="the Instagram account's or the Facebook page's id"
        )
        parser.add_argument(
            "--flavour", default=FLAVOURS[0], choices=FLAVOURS, help="Instagram: whose login"
        )
        parser.add_argument(
            "--page-id", default="", help="Instagram by Facebook login: the page's id"
        )
        parser.add_argument(
            "--app-secret", default="", help="of an app of the business's own; else the server's"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        business = business_of(options["user"])
        try:
            channel = CONNECT[options["kind"]](business, options)
        except DomainError as error:
            raise CommandError(error.detail) from error
        if channel.health_detail:
            self.stderr.write(self.style.WARNING(channel.health_detail))
        self.stdout.write(json.dumps(_form(channel)))


def _telegram(business: Business, options: dict[str, Any]) -> Channel:
    if not options["token"]:
        raise CommandError("Give the bot's token: --token 123456789:AAF…")
    return connect_telegram(
        business=business,
        token=options["token"],
        secret=options["secret"],
        register=not options["no_register"],
    )


def _instagram(business: Business, options: dict[str, Any]) -> Channel:
    return connect_instagram(
        business=business,
        flavour=options["flavour"],
        page_id=options["page_id"],
        **_meta(options),
    )


def _messenger(business: Business, options: dict[str, Any]) -> Channel:
    return connect_messenger(business=business, **_meta(options))


def _meta(options: dict[str, Any]) -> dict[str, Any]:
    if not options["account_id"] or not options["token"]:
        raise CommandError("Give the account: --account-id 17841400000000001 --token IGAA…")
    return {
        "account_id": options["account_id"],
        "token": options["token"],
        "app_secret": options["app_secret"],
        "register": not options["no_register"],
    }


def _webchat(business: Business, options: dict[str, Any]) -> Channel:
    return connect_without_account(business=business, kind="webchat")


CONNECT = {
    "telegram": _telegram,
    "instagram": _instagram,
    "messenger": _messenger,
    "webchat": _webchat,
}


def _form(channel: Channel) -> dict[str, str]:
    if channel.kind == Channel.Kind.WEBCHAT:
        return {"channel_id": channel.pk, "widget_path": f"/widget/{channel.pk}/widget.js"}
    form = {"channel_id": channel.pk, "webhook_path": webhook_path(channel)}
    if channel.kind == Channel.Kind.TELEGRAM:
        form["secret"] = channel.secrets["webhook_secret"]
    return form
