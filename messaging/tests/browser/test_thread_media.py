"""Customers' files in a real browser: shown, played, and jumped about in."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from messaging.media.store import place_of
from messaging.models import Channel, MediaFile, Message
from messaging.testing.files import png, wav
from messaging.tests.browser.conftest import Complaints, Site
from messaging.tests.inbox_data import customer_says

# Resolves with the position once there is sound to play there.
SEEK = """(audio, at) => new Promise((done) => {
  audio.addEventListener("seeked", () => done(audio.currentTime));
  const jump = () => { audio.currentTime = at; };
  if (audio.readyState) jump(); else audio.addEventListener("loadedmetadata", jump);
})"""

pytestmark = pytest.mark.django_db(transaction=True)


def stored(site: Site, message: Message, kind: str, mime: str, content: bytes) -> dict[str, object]:
    """An attachment as it is mirrored, its file where the server looks for it."""
    media = MediaFile.objects.create(
        business=message.business,
        message=message,
        position=MediaFile.objects.count(),
        kind=kind,
        mime=mime,
        size=len(content),
        state="stored",
    )
    media.file.name = place_of(media.business_id, media.pk)
    media.save()
    site.keep_file(media.file.name, content)
    return {"kind": kind, "media_id": media.pk, "state": "stored", "mime": mime}


def test_pictures_load_and_a_voice_note_plays_from_its_middle(
    open_inbox: Callable[..., Page],
    context: BrowserContext,
    site: Site,
    owner: User,
    agent: User,
    webchat_channel: Channel,
    complaints: Complaints,
) -> None:
    conversation = customer_says(webchat_channel, "See and hear")
    message = Message.objects.get(conversation=conversation)
    message.attachments = [
        stored(site, message, "photo", "image/png", png(64, 48)),
        stored(site, message, "voice", "audio/wav", wav(90)),
    ]
    message.save()

    parts: list[str] = []
    context.on("response", lambda got: parts.append(got.headers.get("content-range", "")))
    page = open_inbox(agent, f"/inbox/{conversation.pk}/")
    picture = page.locator("#messages .picture img")
    expect(picture).to_be_visible()
    assert picture.evaluate("img => img.decode().then(() => img.naturalWidth)") == 64
    assert page.locator("#messages audio").evaluate(SEEK, 80) >= 80
    # The first part does not reach that far: the player asked for more of them.
    assert len([part for part in parts if part]) > 1
    assert complaints == []
