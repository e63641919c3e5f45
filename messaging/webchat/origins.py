"""On which pages a business lets its chat run."""

from urllib.parse import urlsplit

from django.conf import settings

from messaging.models import Channel


def allowed_origins(channel: Channel) -> list[str]:
    """The owner's list; empty = any page, for a visitor's token is the only credential."""
    listed = channel.settings.get("allowed_origins")
    return (
        [str(origin).rstrip("/").lower() for origin in listed] if isinstance(listed, list) else []
    )


def origin_allowed(channel: Channel, origin: str | None) -> bool:
    """Scripts send no Origin; our own pages are always allowed."""
    allowed = allowed_origins(channel)
    if not allowed or origin is None:
        return True
    own = urlsplit(settings.PUBLIC_URL)
    return origin.lower() in {*allowed, f"{own.scheme}://{own.netloc}".lower()}
