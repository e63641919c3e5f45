"""What we start because of what happened elsewhere."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import member_created
from ai_chat.models import AIMessage
from ai_chat.services.provisioning import provision
from ai_chat.signals import messages_created
from ai_chat.tasks import write_answer
from core.lib.on_commit import delay_on_commit


@receiver(messages_created)
def start_answers(messages: list[AIMessage], **kwargs: Any) -> None:
    for message in messages:
        if message.state == AIMessage.State.PENDING:
            delay_on_commit(write_answer, message.pk)


@receiver(member_created, dispatch_uid="ai_chat.provision")
def greet(user: User, **kwargs: Any) -> None:
    provision(user=user)
