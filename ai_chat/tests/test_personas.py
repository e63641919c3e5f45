"""Whom the model plays: what it is told, and what a rehearsal is about."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from ai_chat.models import Persona
from ai_chat.personas import (
    MANNERS,
    RELATIONS,
    Character,
    Matter,
    persona_prompt,
    rehearsal_prompt,
    wants_feedback,
)
from ai_chat.services.chats import start_chat
from ai_chat.services.personas import create_persona
from ai_chat.services.rehearsing import MATTERS, matters_of
from AI_model.testing.model_server import ModelServer
from core.lib.errors import Conflict
from settings_app.services import save_entry

ApiFor = Callable[[User], APIClient]


@pytest.mark.parametrize("relation", RELATIONS)
def test_each_relation_has_a_manner_of_its_own(relation: str) -> None:
    told = persona_prompt(Character("Alex", relation, "Plays chess.", "Short sentences."))
    assert [MANNERS[one] in told for one in RELATIONS].count(True) == 1
    assert MANNERS[relation] in told and RELATIONS[relation] in told
    assert "Plays chess." in told and "Short sentences." in told


def test_a_rehearsal_stays_in_its_role_until_feedback_is_asked_for() -> None:
    matters = [Matter("Do you ship to Norway?", "Yes, for 9 euros.")]
    customer = Character("Jo", "customer", "Is in a hurry.")

    def told(asked: str) -> str:
        return rehearsal_prompt(customer, business="Kite Bikes", matters=matters, asked=asked)

    playing, judging = told("Hello, how can I help?"), told(" /Feedback please")
    assert "Never leave this role" in playing and "Is in a hurry." in playing
    assert "leave that role now" in judging and "leave that role now" not in playing
    for prompt in (playing, judging):
        assert "Kite Bikes" in prompt and "Do you ship to Norway?" in prompt
        assert "Right: Yes, for 9 euros." in prompt
    assert not wants_feedback("I gave feedback")


def knows(owner: User, count: int) -> None:
    for number in range(count):
        assert owner.business is not None
        save_entry(
            business=owner.business, question=f"Question {number}?", answer=f"Answer {number}."
        )


@pytest.mark.django_db
def test_a_rehearsal_is_about_the_same_entries_in_every_turn(
    owner: User, other_owner: User
) -> None:
    knows(owner, 8)
    knows(other_owner, 3)
    first = start_chat(user=owner)
    assert len(matters_of(first)) == MATTERS
    assert matters_of(first) == matters_of(first)
    others = [tuple(matters_of(start_chat(user=owner))) for _ in range(6)]
    assert len(set(others)) > 1
    assert matters_of(start_chat(user=other_owner)) != matters_of(first)


@pytest.mark.django_db
def test_the_model_is_told_to_play_and_then_to_judge(
    api_for: ApiFor, owner: User, model: ModelServer
) -> None:
    knows(owner, 1)
    customer = create_persona(user=owner, name="Jo", relation="customer")
    api = api_for(owner)
    chat = api.post("/api/ai/chats/", {"persona": customer.pk}, format="json").json()["id"]

    def told(words: str) -> str:
        address = f"/api/ai/chats/{chat}/send_message/"
        assert api.post(address, {"content": words}, format="json").status_code == 200
        return str(model.calls[-1].body)

    assert "Never leave this role" in (playing := told("Hello")) and "Question 0?" in playing
    assert "leave that role now" in told("/feedback")
    assert "Never leave this role" in told("Again, please")


@pytest.mark.django_db
def test_a_name_is_given_once_and_other_peoples_personas_are_missing(
    api_for: ApiFor, owner: User, agent: User
) -> None:
    mine = create_persona(user=owner, name="Jo")
    with pytest.raises(Conflict):
        create_persona(user=owner, name=" Jo ")
    theirs: Any = api_for(agent)
    for address in (f"/personas/{mine.pk}", f"/api/ai/personas/{mine.pk}/"):
        assert theirs.get(address).status_code == theirs.delete(address).status_code == 404
        assert theirs.put(address, {"name": "Mine"}, format="json").status_code == 404
    made = theirs.post("/chat/conversations", {"persona_id": mine.pk}, format="json")
    assert made.status_code == 404
    assert Persona.objects.get(pk=mine.pk).name == "Jo"
