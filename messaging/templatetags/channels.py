"""What pages say of channels."""

from django import template

from messaging.inbox.trouble import dead_mark, dead_ones
from messaging.models import Channel
from messaging.services.notices import notices_for

register = template.Library()
register.filter("dead_ones", dead_ones)
register.filter("dead_mark", dead_mark)
register.filter("notices", notices_for)


@register.filter
def troubles(channel: Channel) -> list[dict[str, str]]:
    """Findings of the last look that are not as they should be, the worst first."""
    found = [one for one in channel.checkup.get("findings", []) if one["severity"] != "ok"]
    return sorted(found, key=lambda one: one["severity"] != "bad")


@register.filter
def all_well(channel: Channel) -> list[dict[str, str]]:
    """Findings of the last look that are as they should be."""
    return [one for one in channel.checkup.get("findings", []) if one["severity"] == "ok"]
