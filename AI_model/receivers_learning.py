"""Proposals follow the words that they rest on."""

from typing import Any

from django.db.models import QuerySet
from django.db.models.signals import post_delete
from django.dispatch import receiver

from AI_model.models import ProposalPart, ProposedEntry
from messaging.models import Message
from messaging.signals import message_changed


@receiver(post_delete, sender=ProposalPart)
def renew_after_deletion(instance: ProposalPart, origin: Any = None, **kwargs: object) -> None:
    """Erased words leave an open proposal, and one without any words left goes."""
    model = origin.model if isinstance(origin, QuerySet) else type(origin)
    if model is ProposedEntry:
        return
    from AI_model.services.proposing import renew_proposals

    renew_proposals([instance.proposal_id])


@receiver(message_changed, sender=Message)
def forget_redacted(message: Message, **kwargs: object) -> None:
    """What was taken back is no part of a proposal any more. What else was learnt from the words
    after it is looked for again."""
    if message.redacted_at is not None:
        parts = ProposalPart.objects.for_business(message.business_id)
        parts.filter(conversation=message.conversation_id, answer__seq__gte=message.seq).delete()
