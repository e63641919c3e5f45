"""Chats as such: search, folders, settings, deletion with a way back, and erasing."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from accounts.models import Business, User
from ai_chat.maintenance import purge_deleted_chats
from ai_chat.models import AIChat, AIMessage, Folder, UserSettings
from ai_chat.selectors import NO_FOLDER, access_any_chat, access_chat, list_chats
from ai_chat.services.chats import KEPT_DAYS, change_chat, delete_chat, restore_chat, start_chat
from ai_chat.services.folders import create_folder, delete_folder, rename_folder
from ai_chat.services.messages import say
from ai_chat.services.personal import ERASED
from ai_chat.services.settings import change_settings, remember_chat, settings_of
from ai_chat.signals import chat_changed
from core.lib.errors import Conflict, DomainError, NotFound
from messaging.models import Channel, Conversation, Customer
from messaging.services.erasing import erase_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(business: Business, webchat_channel: Channel) -> Conversation:
    customer = Customer.objects.create(
        business=business, channel=webchat_channel, external_id="v1", name="Ada Verne"
    )
    return Conversation.objects.create(
        business=business, channel=webchat_channel, customer=customer, external_id="v1"
    )


def told(chat: AIChat, words: str, answer: str, **fields: Any) -> AIMessage:
    turn = say(chat=chat, content=words)
    AIMessage.objects.filter(pk=turn.answer.pk).update(state="done", content=answer, **fields)
    return AIMessage.objects.get(pk=turn.answer.pk)


def titles(rows: Any) -> list[str]:
    return sorted(rows.values_list("title", flat=True))


def test_each_word_of_a_search_stands_in_the_title_or_in_a_message_of_any_branch(
    owner: User, agent: User
) -> None:
    for user in (owner, agent):
        spokes = start_chat(user=user, title="Spokes")
        told(spokes, "How long is a SPOKE?", "About 260 mm.")
        told(start_chat(user=user, title="Über Größe"), "Welche Größe?", "ÖL hilft, 100% sicher.")
    assert titles(list_chats(owner, search="spoke 260")) == ["Spokes"]
    assert titles(list_chats(owner, search="spokes LONG")) == ["Spokes"]
    assert titles(list_chats(owner, search="spoke tandem")) == []
    assert titles(list_chats(owner, search="größe")) == ["Über Größe"]
    assert titles(list_chats(owner, search="öl über")) == ["Über Größe"]
    assert titles(list_chats(owner, search="100%")) == ["Über Größe"]
    assert titles(list_chats(owner, search="2_0")) == []
    assert titles(list_chats(owner, search="ÜBER")) == ["Über Größe"]


def test_lists_are_narrowed_by_folder_and_by_conversation(
    owner: User, conversation: Conversation
) -> None:
    folder = create_folder(user=owner, name=" Drafts ")
    start_chat(user=owner, title="in", folder=folder)
    start_chat(user=owner, title="about", related_id=conversation.pk)
    assert titles(list_chats(owner, folder=folder.pk)) == ["in"]
    assert titles(list_chats(owner, folder=NO_FOLDER)) == ["about"]
    assert titles(list_chats(owner, related_id=conversation.pk)) == ["about"]


def test_folders_have_names_of_their_own_and_leave_their_chats(owner: User, agent: User) -> None:
    folder = create_folder(user=owner, name="Drafts")
    create_folder(user=agent, name="Drafts")
    other = create_folder(user=owner, name="Done")
    with pytest.raises(Conflict):
        create_folder(user=owner, name="Drafts")
    with pytest.raises(Conflict):
        rename_folder(folder=other, name="Drafts")
    with pytest.raises(DomainError):
        create_folder(user=owner, name="  ")
    chat = start_chat(user=owner, folder=folder)
    delete_folder(folder=folder)
    chat.refresh_from_db()
    assert chat.folder_id is None


def test_a_chat_is_moved_without_changing_its_place_in_the_list(owner: User) -> None:
    folder = create_folder(user=owner, name="Drafts")
    chat = start_chat(user=owner, title="one")
    before = chat.updated_at
    moved = change_chat(chat=chat, user=owner, folder=folder)
    assert (moved.folder_id, moved.updated_at) == (folder.pk, before)
    renamed = change_chat(chat=moved, user=owner, title=" Two  words ")
    assert (renamed.title, renamed.titled) == ("Two words", "person")
    assert renamed.updated_at > before
    assert renamed.revision == 2
    with pytest.raises(DomainError):
        change_chat(chat=chat, user=owner, title=" ")
    with pytest.raises(DomainError):
        change_chat(chat=chat, user=owner, model_name="no-such-model")


def test_a_conversation_is_attached_only_by_who_may_read_it(
    owner: User, stranger: User, conversation: Conversation
) -> None:
    chat = start_chat(user=owner)
    assert change_chat(
        chat=chat, user=owner, related_id=conversation.pk
    ).related_conversation_id == (conversation.pk)
    assert change_chat(chat=chat, user=owner, related_id="").related_conversation_id is None
    with pytest.raises(NotFound):
        start_chat(user=stranger, related_id=conversation.pk)


def test_a_chat_is_its_users_alone(owner: User, agent: User, staff: User) -> None:
    chat = start_chat(user=agent)
    for other in (owner, staff):
        with pytest.raises(NotFound):
            access_any_chat(other, chat.pk)


def test_a_deleted_chat_is_out_of_sight_and_comes_back(owner: User) -> None:
    chat = start_chat(user=owner, title="one")
    told(chat, "hello", "hi")
    seen: list[AIChat] = []

    def note(chat: AIChat, **kwargs: Any) -> None:
        seen.append(chat)

    chat_changed.connect(note)
    gone = delete_chat(chat=chat)
    with pytest.raises(NotFound):
        access_chat(owner, chat.pk)
    with pytest.raises(NotFound):
        say(chat=chat, content="more")
    assert titles(list_chats(owner)) == []
    back = restore_chat(chat=gone)
    assert restore_chat(chat=back).deleted_at is None
    chat_changed.disconnect(note)
    assert [one.deleted_at is None for one in seen] == [False, True, True]
    assert access_chat(owner, chat.pk).messages.count() == 2


def test_what_was_deleted_long_ago_is_gone_for_good_and_nothing_else(owner: User) -> None:
    old, lately, kept = (start_chat(user=owner, title=name) for name in ("old", "lately", "kept"))
    for chat in (old, lately, kept):
        told(chat, "hello", "hi")
    for chat, days in ((old, KEPT_DAYS + 1), (lately, KEPT_DAYS - 1)):
        delete_chat(chat=chat)
        at = timezone.now() - timedelta(days=days)
        AIChat.objects.filter(pk=chat.pk).update(deleted_at=at)
    purge_deleted_chats()
    assert titles(AIChat.objects.all()) == ["kept", "lately"]
    assert AIMessage.objects.count() == 4


def test_beat_deletes_them_every_night() -> None:
    task = PeriodicTask.objects.get(task=purge_deleted_chats.name)
    assert (task.crontab.minute, task.crontab.hour) == ("10", "2")


def test_a_person_who_goes_takes_their_chats_along_in_few_statements(
    agent: User, owner: User
) -> None:
    for user in (agent, owner):
        folder = create_folder(user=user, name="Drafts")
        chat = start_chat(user=user, folder=folder)
        for number in range(12):
            told(chat, f"words {number}", "answer")
    with CaptureQueriesContext(connection) as queries:
        agent.delete()
    assert len(queries) < 60
    assert set(AIChat.objects.values_list("user_id", flat=True)) == {owner.pk}
    assert AIMessage.objects.count() == 24
    owner.business.delete()  # type: ignore[union-attr]
    left = [model.objects.count() for model in (AIChat, AIMessage, Folder, UserSettings)]
    assert left == [0, 0, 0, 0]


def test_settings_are_made_on_first_use_and_remember_the_last_chat(owner: User) -> None:
    assert settings_of(user=owner).auto_title
    changed = change_settings(user=owner, system_prompt="Be brief.", temperature=0.5)
    assert (changed.system_prompt, changed.temperature) == ("Be brief.", 0.5)
    with pytest.raises(DomainError):
        change_settings(user=owner, default_model="no-such-model")
    first, second = start_chat(user=owner), start_chat(user=owner)
    assert settings_of(user=owner).last_chat_id == second.pk
    remember_chat(user=owner, chat=first)
    assert settings_of(user=owner).last_chat_id == first.pk


def test_of_an_erased_customer_a_chat_keeps_what_its_user_said_and_no_answer_about_them(
    owner: User, conversation: Conversation
) -> None:
    about = start_chat(user=owner, related_id=conversation.pk)
    given = {"related": 3, "related_id": conversation.pk}
    plain = told(about, "What is a spoke?", "A part of a wheel.", context={"related": 0})
    named = told(about, "Who writes?", "Ada Verne does.", context=given)
    again = told(about, "Who?", "Ada, as I said.", context={"related": 0})
    AIChat.objects.filter(pk=about.pk).update(
        title="Ada Verne", titled="model", summary="Ada writes.", summary_upto=named
    )
    other = start_chat(user=owner)
    elsewhere = told(other, "Who?", "Somebody.", context=given | {"related_id": "another"})
    dry = erase_customer(customer=conversation.customer, dry_run=True)
    assert dry["chat_answers"] == 2
    assert AIMessage.objects.get(pk=named.pk).content == "Ada Verne does."
    erase_customer(customer=conversation.customer)
    words = dict(AIMessage.objects.values_list("pk", "content"))
    assert [words[one.pk] for one in (plain, named, again)] == [
        "A part of a wheel.",
        ERASED,
        ERASED,
    ]
    assert words[elsewhere.pk] == "Somebody."
    about.refresh_from_db()
    assert (about.title, about.summary, about.related_conversation_id) == ("New chat", "", None)
    assert AIMessage.objects.filter(chat=about).count() == 6
