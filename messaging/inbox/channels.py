"""The channels' page: what works, what does not, and what to do about it."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from messaging.inbox.edge import InboxRequest, inbox_view
from messaging.inbox.selectors import channels_of
from messaging.inbox.trouble import dead_mark, dead_ones
from messaging.models import Channel
from messaging.services.channels import WEBHOOKS
from messaging.services.doctor import examine_channel
from messaging.services.notices import notices_for


@require_GET
@inbox_view
def channels(request: InboxRequest) -> HttpResponse:
    # The web chat and the API stand last: nothing of theirs can break by itself.
    shown = sorted(channels_of(request.user), key=_order)
    return render(request, "inbox/channels.html", {"channels": shown, "platforms": WEBHOOKS})


def _order(channel: Channel) -> tuple[bool, bool, bool, str]:
    working = channel.health != Channel.Health.DEAD
    return not channel.is_active, working, channel.kind not in WEBHOOKS, str(channel)


@require_POST
@inbox_view
def check(request: InboxRequest, channel_id: str) -> HttpResponse:
    """Look now and mend what can be mended."""
    channel = Channel.objects.defer("secrets").access(request.user, channel_id)
    examine_channel(channel=channel, fix=True)
    return redirect(f"{reverse('inbox:channels')}#channel-{channel.pk}")


@require_GET
@inbox_view
def alert(request: InboxRequest) -> HttpResponse:
    """What stands above the inbox; 204 while it is what the page has (`?seen=`)."""
    known, notices = channels_of(request.user), notices_for(request.user)
    if request.GET.get("seen") == dead_mark(dead_ones(known), notices):
        return HttpResponse(status=204)
    return render(request, "inbox/_channel_alert.html", {"channels": known})
