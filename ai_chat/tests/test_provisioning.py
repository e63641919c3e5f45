"""What a new person finds: settings, personas, a chat with a welcome. Once."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services.businesses import create_business
from accounts.services.invitations import accept_invitation, invite_agent
from ai_chat.models import AIChat, AIMessage, Persona, UserSettings
from ai_chat.services.chats import delete_chat, start_chat
from ai_chat.services.provisioning import SAMPLES, provision

ApiFor = Callable[[User], APIClient]
NAMES = [str(sample["name"]) for sample in SAMPLES]


def check_start(user: User) -> None:
    chat = AIChat.objects.get(user=user)
    assert UserSettings.objects.get(user=user).last_chat == chat
    welcome = AIMessage.objects.get(chat=chat)
    assert (welcome.role, welcome.state, chat.active_leaf) == ("assistant", "done", welcome)
    assert "/feedback" in welcome.content and "Insert as draft" in welcome.content
    assert sorted(Persona.objects.filter(user=user).values_list("name", flat=True)) == sorted(NAMES)


@pytest.mark.django_db
def test_owners_and_invited_agents_start_with_a_chat() -> None:
    _, owner = create_business(name="Kite Bikes", username="kim", password="plain sailing 42")
    check_start(owner)
    _, token = invite_agent(owner=owner, email="new@example.com")
    check_start(accept_invitation(token=token, username="new", password="plain sailing 42"))


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/api/ai/chats/", "/chat/conversations", "/chat/"])
def test_whoever_was_there_before_gets_it_on_the_first_visit(owner: User, address: str) -> None:
    client = Client()
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    for _ in range(2):
        assert client.get(address).status_code in {200, 302}
        check_start(owner)


@pytest.mark.django_db
def test_what_was_deleted_does_not_come_back(owner: User) -> None:
    assert provision(user=owner)
    delete_chat(chat=AIChat.objects.get(user=owner))
    Persona.objects.filter(user=owner).delete()
    assert not provision(user=owner)
    assert not Persona.objects.filter(user=owner).exists()
    assert AIChat.objects.filter(user=owner).count() == 1


@pytest.mark.django_db
def test_who_chats_already_gets_no_welcome(owner: User, staff: User) -> None:
    start_chat(user=owner)
    assert provision(user=owner)
    assert AIChat.objects.get(user=owner).title != "Welcome"
    assert not provision(user=staff)


@pytest.mark.django_db(transaction=True)
def test_two_first_visits_at_once_make_one_start(owner: User) -> None:
    made: list[bool] = []

    def visit() -> None:
        try:
            made.append(provision(user=owner))
        finally:
            connection.close()

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False, False, False, True]
    check_start(owner)
