"""What a person starts with: settings, a few personas, and a chat that says what one can do."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from ai_chat.models import AIChat, AIMessage, Persona, UserSettings

WELCOME_TITLE = "Welcome"
WELCOME = """\
Hello. This is your own chat with a language model; nobody else can read it.

- **Ask anything.** Write below, and choose the model beside the box. Answers come word by word, \
and you can stop them.
- **Change your mind.** Edit a message or ask again: the old version stays, and the arrows at a \
message walk between them.
- **Attach a customer conversation.** The model then reads it with you: have it summed up, checked \
or translated. *Insert as draft* puts an answer into that conversation's answer box; nothing is \
sent until you send it.
- **Talk to a persona.** *Difficult customer* rehearses with you on your own knowledge; write \
`/feedback` to hear how you did. *Second pair of eyes* looks at what you wrote before a customer \
does.
- **Keep order.** Put chats into folders, rename, search and export them, or delete them with a \
way back.

Your default model, instructions and temperature are in the chat settings. Try it: what would you \
like to know?"""

Relation = Persona.Relation
SAMPLES = (
    {
        "name": "Alex",
        "relation": Relation.FRIEND,
        "description": "Somebody to talk to between two customers.",
    },
    {
        "name": "Second pair of eyes",
        "relation": Relation.COLLEAGUE,
        "description": "Reads answers before customers do, and says what is unclear, wrong or "
        "unfriendly in them.",
        "manner": "Quotes the words in question and offers better ones.",
    },
    {
        "name": "Difficult customer",
        "relation": Relation.CUSTOMER,
        "description": "Has waited too long already and was promised something else.",
    },
)


def provision(*, user: User) -> bool:
    """Once in a person's life; False when they have it already, or belong to no business."""
    if user.business_id is None or _is_provisioned(user):
        return False
    with transaction.atomic():
        UserSettings.objects.get_or_create(
            user=user, defaults={"business_id": str(user.business_id)}
        )
        # Whoever sets the mark makes the rest; another one waits here and finds it set.
        mine = UserSettings.objects.filter(user=user, provisioned_at=None)
        if not mine.update(provisioned_at=timezone.now()):
            return False
        _make_personas(user)
        _make_welcome(user)
        return True


def _is_provisioned(user: User) -> bool:
    return UserSettings.objects.filter(user=user).exclude(provisioned_at=None).exists()


def _make_personas(user: User) -> None:
    for sample in SAMPLES:
        own = {"business_id": str(user.business_id), **sample}
        Persona.objects.get_or_create(user=user, name=own.pop("name"), defaults=own)


def _make_welcome(user: User) -> None:
    """None for somebody who chats already."""
    if AIChat.objects.filter(user=user).exists():
        return
    common = {"business_id": str(user.business_id)}
    chat = AIChat.objects.create(
        user=user, title=WELCOME_TITLE, titled=AIChat.Titled.PERSON, revision=1, **common
    )
    message = AIMessage.objects.create(
        chat=chat, position=1, role=AIMessage.Role.ASSISTANT, content=WELCOME, **common
    )
    AIChat.objects.filter(pk=chat.pk).update(active_leaf=message)
    UserSettings.objects.filter(user=user, last_chat=None).update(last_chat=chat)
