"""A person's personas: made, changed, deleted, and found by id or by number."""

from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from ai_chat.models import Persona
from core.lib.errors import Conflict, NotFound
from core.lib.rest import refuse

MOST_PERSONAS = 200
CHANGEABLE = ("name", "relation", "description", "manner")


def create_persona(
    *, user: User, name: str, relation: str = "other", description: str = "", manner: str = ""
) -> Persona:
    """Conflict when there is one of this name already."""
    if Persona.objects.for_user(user).count() >= MOST_PERSONAS:
        raise Conflict(f"At most {MOST_PERSONAS} personas; delete one first.", code="full")
    persona = Persona(
        business_id=str(user.business_id),
        user=user,
        name=_name(name),
        relation=relation,
        description=description,
        manner=manner,
    )
    _save(persona, force_insert=True)
    return persona


def change_persona(*, persona: Persona, **changes: str) -> Persona:
    """Some of CHANGEABLE; Conflict when another has the name."""
    for field, value in changes.items():
        setattr(persona, field, _name(value) if field == "name" else value)
    _save(persona, update_fields=[*changes, "updated_at"])
    return persona


def delete_persona(*, persona: Persona) -> None:
    """Its chats stay, and go on without it."""
    persona.delete()


def access_persona(user: User, persona_id: str) -> Persona:
    """By its id, or by its number among the person's own, the oldest being 1. NotFound."""
    if persona_id.isdecimal() and len(persona_id) < 6:
        rows = Persona.objects.for_user(user).order_by("created_at", "id")
        number = int(persona_id)
        found = rows[number - 1 : number].first() if number else None
        if found is None:
            raise NotFound("There is no persona with this id.")
        return found
    return Persona.objects.access(user, persona_id)


def _name(name: str) -> str:
    plain = " ".join(name.split())
    if not plain or len(plain) > 80:
        refuse("name", "Give a name of at most 80 characters.")
    return plain


def _save(persona: Persona, **how: Any) -> None:
    try:
        with transaction.atomic():
            persona.save(**how)
    except IntegrityError as error:
        raise Conflict(
            f"You have a persona named {persona.name} already; choose another name.",
            code="name_taken",
        ) from error
