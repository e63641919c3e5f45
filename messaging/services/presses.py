"""Pressed buttons: what a press of an offer means by now; telling the platform that we noticed."""

from collections.abc import Iterable
from dataclasses import replace

from django.db.models import F, Q

from messaging.adapters.registry import adapter_for
from messaging.models import Channel, Conversation, Message
from messaging.offers import option_pressed, options_in
from messaging.services.arrivals import Arrival
from messaging.types import InboundMessage

OFFERS_LOOKED_AT = 50


def settle_presses(channel: Channel, arrivals: Iterable[Arrival]) -> list[Arrival]:
    """Presses of offers with the option's whole title as their words. What was offered before
    people took over is shown and not answered."""
    return [
        replace(arrival, event=_settled(channel, arrival.event))
        if option_pressed(arrival.event.details)
        else arrival
        for arrival in arrivals
    ]


def _settled(channel: Channel, press: InboundMessage) -> InboundMessage:
    option_id = option_pressed(press.details)
    title = offered_title(channel, press.conversation_key, option_id, still_good=True)
    if title:
        return replace(press, text=title)
    title = offered_title(channel, press.conversation_key, option_id)
    return replace(press, text=title or press.text, wants_answer=False)


def offered_title(
    channel: Channel, conversation_key: str, option_id: str, *, still_good: bool = False
) -> str:
    """The title under which this was offered in the thread; "" when it was not.

    `still_good`: nobody took over since, or the thread was closed and opens afresh now.
    """
    ours = Message.objects.filter(
        conversation__channel=channel,
        conversation__external_id=conversation_key,
        type=Message.Type.AI,
    )
    if still_good:
        closed = Q(conversation__status=Conversation.Status.CLOSED)
        ours = ours.filter(closed | Q(epoch=F("conversation__epoch")))
    latest = ours.exclude(details={}).order_by("-seq").values_list("details", flat=True)
    options = (o for details in latest[:OFFERS_LOOKED_AT] for o in options_in(details))
    return next((option["title"] for option in options if option["id"] == option_id), "")


def acknowledge_press(*, channel_id: str, callback: str) -> None:
    """Best effort: a press is good for minutes only, so nothing of it is kept."""
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is not None:
        adapter_for(channel.kind).acknowledge(channel.account(), callback)
