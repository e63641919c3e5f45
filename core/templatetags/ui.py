"""What every page draws: icons of the sprite, and times."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """An icon of _icons.html; `size` is "" (20 px) or "small" (16 px)."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="#i-{}"></use></svg>', size, name
    )


@register.simple_tag
def moment(at: datetime | None, style: str = "relative") -> SafeString:
    """A time for times.js, which writes it in the reader's zone in one of its styles."""
    if at is None:
        return SafeString("")
    stamp = at.astimezone(timezone.get_current_timezone())
    return format_html(
        '<time datetime="{}" data-time="{}">{}</time>',
        at.isoformat(timespec="seconds"),
        style,
        f"{stamp:%d %b, %H:%M}",
    )
