"""Who asks."""

from dataclasses import dataclass

from axes.models import AccessAttempt

from accounts.models import Business, User
from accounts.services import issue_tokens
from core.lib.ids import new_id
from core.testing.world import World, make_world


@dataclass(frozen=True, slots=True)
class People:
    """Whose tokens are used, and the objects that are theirs."""

    world: World
    tokens: dict[str, str]


def people_headers(people: People, role: str) -> dict[str, str]:
    token = people.tokens.get(role)
    return {"Authorization": f"Bearer {token}"} if token else {}


def fresh_people() -> People:
    """A business with one of everything; its owner's and its agent's tokens."""
    AccessAttempt.objects.all().delete()
    word = new_id()
    business = Business.objects.create(name=word)
    owner = User.objects.create_user(word, f"{word}@example.org", "x" * 12, business=business)
    User.objects.filter(pk=owner.pk).update(role="owner")
    owner.refresh_from_db()
    world = make_world(business, owner, f"w{word}")
    agent = User.objects.get(pk=world.ids["member_id"])
    tokens = {"owner": issue_tokens(user=owner).access, "agent": issue_tokens(user=agent).access}
    return People(world, tokens)
