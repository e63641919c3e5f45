"""What a rehearsal's customer is upset about: a few entries of the business's own knowledge."""

from hashlib import sha256

from ai_chat.models import AIChat
from ai_chat.personas import Matter
from settings_app.models import KnowledgeEntry
from settings_app.selectors import active_entries

MATTERS = 3


def matters_of(chat: AIChat) -> list[Matter]:
    """The same ones for every turn of a chat, and others for another chat."""

    def drawn(pk: str) -> bytes:
        return sha256(f"{chat.pk}:{pk}".encode()).digest()

    known = active_entries(chat.business_id).values_list("pk", flat=True)
    chosen = sorted(known, key=drawn)[:MATTERS]
    entries = KnowledgeEntry.objects.for_business(chat.business_id).in_bulk(chosen)
    return [Matter(entries[pk].question, entries[pk].answer) for pk in chosen if pk in entries]
