"""One of every object that a business owns. A route with a new kind of id needs its object here."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import ApiKey, Business, Invitation, User
from ai_chat.models import AIChat, AIMessage, Folder, Persona, UserSettings
from AI_model.models import (
    AIModelConfig,
    AIRun,
    Endpoint,
    LanguageModel,
    ProposalPart,
    ProposedEntry,
    Replay,
    ReplayTurn,
)
from messaging.media.store import place_of, write_file
from messaging.models import (
    Channel,
    Conversation,
    Customer,
    MediaFile,
    Message,
    OutboundChunk,
    WebhookDelivery,
    WebhookEndpoint,
)
from settings_app.models import (
    AIPrompts,
    AIPromptsVersion,
    KnowledgeChange,
    KnowledgeDraft,
    KnowledgeEntry,
    KnowledgeJob,
    KnowledgeSource,
    KnowledgeVersion,
    SourceContent,
    SourceDocument,
)
from settings_app.versions import entry_state

WORLD_PARAMETERS = {
    "conversation_id",
    "session_id",
    "message_id",
    "channel_id",
    "customer_id",
    "member_id",
    "invitation_id",
    "media_id",
    "entry_id",
    "job_id",
    "source_id",
    "position",
    "replay_id",
    "proposal_id",
    "version",
    "number",
    "key_id",
    "endpoint_id",
    "delivery_id",
    "ai_chat_id",
    "ai_message_id",
    "folder_id",
    "persona_id",
    "ai_endpoint_id",
    "language_model_id",
}


@dataclass(frozen=True, slots=True)
class World:
    """One of every object that a business owns, and its ids by the name of their place."""

    owner: User
    ids: dict[str, str]


def make_world(business: Business, owner: User, word: str) -> World:
    """Every text in it holds `word`."""
    common: dict[str, Any] = {"business": business}
    member = User.objects.create_user(f"{word}-agent", f"{word}@example.com", "x" * 12, **common)
    channel = Channel.objects.create(
        kind="webchat", name=word, settings={"greeting": word}, **common
    )
    customer = Customer.objects.create(channel=channel, external_id=word, name=word, **common)
    conversation = Conversation.objects.create(
        channel=channel,
        customer=customer,
        external_id=word,
        status="active",
        unread=1,
        last_text=word,
        last_type="customer",
        revision=2,
        last_customer_seq=1,
        **common,
    )
    said = Message.objects.create(
        conversation=conversation, seq=1, revision=1, type="customer", text=word, **common
    )
    message = Message.objects.create(
        conversation=conversation,
        seq=2,
        revision=2,
        type="AI",
        text=word,
        delivery="failed",
        failure={"code": word, "detail": word},
        **common,
    )
    media = MediaFile.objects.create(
        message=said, position=0, kind="document", name=word, state="stored", size=4, **common
    )
    media.file.name = place_of(business.pk, media.pk)
    media.save()
    write_file(media.file.name, b"file")
    OutboundChunk.objects.create(
        conversation=conversation,
        message=message,
        seq=2,
        number=1,
        text=word,
        state="failed",
        **common,
    )
    AIRun.objects.create(
        conversation=conversation,
        message=message,
        upto_seq=1,
        epoch=0,
        model=word,
        outcome="answered",
        **common,
    )
    replay = Replay.objects.create(against="draft", state="done", problem=word, **common)
    ReplayTurn.objects.create(
        replay=replay,
        position=0,
        message=said,
        question=word,
        before={"outcome": "answered", "text": word},
        after={"outcome": "answered", "text": f"{word} again"},
        verdict="changed",
        **common,
    )
    AIModelConfig.objects.create(handover_text=word, **common)
    AIPrompts.objects.create(manual_prompt=word, **common)
    entry = KnowledgeEntry.objects.create(question=word, answer=word, **common)
    job = KnowledgeJob.objects.create(kind="import", state="done", file_name=word, **common)
    source = make_source(business, word)
    # Versions are counted within a business: the words' lengths make the two differ.
    kept = AIPromptsVersion.objects.create(
        version=1000 + len(word), texts={"manual_prompt": word}, **common
    )
    state = entry_state(entry) | {"answer": f"{word}, drafted"}
    KnowledgeDraft.objects.create(kind="entry", object_id=entry.pk, state=state, **common)
    known = KnowledgeVersion.objects.create(number=1000 + len(word), summary=word, **common)
    KnowledgeChange.objects.create(
        version=known.number, kind="entry", object_id=entry.pk, state=entry_state(entry), **common
    )
    invitation = Invitation.objects.create(
        email=f"{word}@example.com",
        token_hash=word,
        invited_by=owner,
        expires_at=timezone.now() + timedelta(days=1),
        **common,
    )
    key = ApiKey.objects.create(user=owner, name=word, start="dk_", digest=word, **common)
    place = Endpoint.objects.create(
        name=word, kind="openai", base_url=f"https://127.0.0.1/{word}", **common
    )
    own_model = LanguageModel.objects.create(
        endpoint=place, name=f"{word}-model", model_id=word, **common
    )
    endpoint = WebhookEndpoint.objects.create(
        url=f"https://{word}.example/hook",
        description=word,
        secrets={"current": "whsec_"},  # type: ignore[misc]  # text only inside the database
        **common,
    )
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint, event="test.ping", body=word, state="failed", **common
    )
    proposal = ProposedEntry.objects.create(question=f"{word}?", answer=word, **common)
    ProposalPart.objects.create(
        proposal=proposal,
        conversation=conversation,
        answer=message,
        question=f"{word}?",
        reply=word,
        **common,
    )
    rows = make_chat(owner, conversation, word) | {
        "conversation_id": conversation,
        "message_id": message,
        "channel_id": channel,
        "customer_id": customer,
        "member_id": member,
        "invitation_id": invitation,
        "media_id": media,
        "entry_id": entry,
        "job_id": job,
        "source_id": source,
        "replay_id": replay,
        "proposal_id": proposal,
        "key_id": key,
        "endpoint_id": endpoint,
        "ai_endpoint_id": place,
        "language_model_id": own_model,
        "delivery_id": delivery,
    }
    ids = {name: str(row.pk) for name, row in rows.items()}
    ids["session_id"] = f"msg_{conversation.pk}"
    numbers = {"version": str(kept.version), "number": str(known.number)}
    return World(owner, ids | numbers | {"position": str(1000 + len(word))})


def make_chat(owner: User, conversation: Conversation, word: str) -> dict[str, Any]:
    """A person's chat in a folder, about a conversation, with a turn."""
    common: dict[str, Any] = {"business_id": conversation.business_id}
    folder = Folder.objects.create(user=owner, name=word, **common)
    chat = AIChat.objects.create(
        user=owner,
        title=word,
        folder=folder,
        related_conversation=conversation,
        system_prompt=word,
        model_name="embedded",
        revision=2,
        **common,
    )
    asked = AIMessage.objects.create(chat=chat, position=1, role="user", content=word, **common)
    answer = AIMessage.objects.create(
        chat=chat, parent=asked, position=2, role="assistant", content=word, **common
    )
    AIMessage.objects.filter(pk=asked.pk).update(active_child=answer)
    AIChat.objects.filter(pk=chat.pk).update(active_leaf=answer)
    UserSettings.objects.update_or_create(
        user=owner, defaults={"last_chat": chat, "system_prompt": word, **common}
    )
    persona = Persona.objects.create(user=owner, name=word, description=word, **common)
    rows = {"ai_chat_id": chat, "ai_message_id": answer, "folder_id": folder}
    return rows | {"persona_id": persona}


def make_source(business: Business, word: str) -> KnowledgeSource:
    """A site with a reading that counts, and a newer one that waits."""
    source = KnowledgeSource.objects.create(
        business=business, kind="web", title=word, url=f"https://{word}.example/", state="ready"
    )
    for number in (1, 2):
        content = SourceContent.objects.create(
            business=business, source=source, number=number, digest=f"{word}{number}"
        )
        SourceDocument.objects.create(
            business=business,
            content=content,
            position=1000 + len(word),
            place=source.url,
            title=word,
            text=f"{word} {number}",
        )
    KnowledgeSource.objects.filter(pk=source.pk).update(live=1, pending=2)
    return source
