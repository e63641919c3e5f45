"""Turns of a chat: said, edited, asked again, looked at, deleted.

Each write first raises the chat's revision, which holds its row; what it finds in the tree after
that nobody changes before its commit.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from ai_chat.models import AIChat, AIMessage
from ai_chat.selectors import Skeleton, read_skeleton
from ai_chat.services.revisions import advance
from ai_chat.services.words import checked_words
from ai_chat.signals import chat_changed, messages_created
from ai_chat.tree import Below, Tree, deletion
from core.lib.errors import Conflict, DomainError, NotFound

ACTIVE_LEAF: Final = "active"
MOST_MESSAGES = 20_000
NO_SUMMARY: Final[Mapping[str, Any]] = {"summary": "", "summary_upto_id": None}
ANSWERING = "An answer is still being written; stop it first, or wait for its end."


@dataclass(frozen=True, slots=True)
class Turn:
    """What was said, the answer to it, and the chat as it is with both."""

    asked: AIMessage
    answer: AIMessage
    chat: AIChat


@dataclass(frozen=True, slots=True)
class Deleted:
    """Ids of what is gone and of what hangs elsewhere now; None = the chat is empty."""

    deleted: list[str]
    moved: list[str]
    active_leaf_id: str | None


def say(
    *,
    chat: AIChat,
    content: str,
    parent_id: str | None = ACTIVE_LEAF,
    include_related: bool | None = None,
    context_limit: int | None = None,
    model_name: str = "",
    client_key: str | None = None,
) -> Turn:
    """Add a turn below `parent_id` (None = as a new beginning). The same `client_key` adds once.

    Conflict ("answering", "key_reused"), NotFound.
    """

    def place(skeleton: Skeleton) -> str | None:
        return skeleton.active_leaf_id if parent_id == ACTIVE_LEAF else parent_id

    options = _options(
        include_related=include_related, context_limit=context_limit, model_name=model_name
    )
    return _say(chat, checked_words(content), place, options, client_key or None)


def edit_message(
    *,
    message: AIMessage,
    content: str,
    include_related: bool | None = None,
    context_limit: int | None = None,
    model_name: str = "",
    client_key: str | None = None,
) -> Turn:
    """Say it in other words: a new turn beside the old one, which stays as it is."""
    if message.role != AIMessage.Role.USER:
        raise DomainError("Only what a person said is asked in other words.", code="not_yours")
    options = _options(
        include_related=include_related, context_limit=context_limit, model_name=model_name
    )

    def place(skeleton: Skeleton) -> str | None:
        return _present(skeleton, message).parent_id

    return _say(message.chat, checked_words(content), place, options, client_key or None)


def edit_answer(*, message: AIMessage, content: str) -> AIMessage:
    """An answer in a person's words, beside the model's; no model is asked."""
    words = checked_words(content)
    with transaction.atomic():
        moved, skeleton = _hold(message.chat, steps=1)
        place = _present(skeleton, message)
        _check_place(skeleton, place.parent_id)
        edited = _message(
            moved,
            moved.revision,
            parent_id=place.parent_id,
            role=AIMessage.Role.ASSISTANT,
            content=words,
            options={"edited_from": message.pk},
        )
        _put_in(moved, skeleton, [edited])
        return edited


def ask_again(*, message: AIMessage, model_name: str = "") -> AIMessage:
    """Another answer to the same words, beside the others. `message`: an answer, or the words."""
    with transaction.atomic():
        moved, skeleton = _hold(message.chat, steps=1)
        place = _present(skeleton, message)
        asked_id = place.pk if place.role == AIMessage.Role.USER else place.parent_id
        _check_asked(skeleton.tree, asked_id)
        _check_place(skeleton, asked_id)
        answer = _message(
            moved,
            moved.revision,
            parent_id=asked_id,
            role=AIMessage.Role.ASSISTANT,
            state=AIMessage.State.PENDING,
            options=_options_again(place, model_name),
        )
        _put_in(moved, skeleton, [answer])
        return answer


def activate(*, message: AIMessage) -> AIChat:
    """Make the branch of this message the active one, down to where one last stood in it."""
    with transaction.atomic():
        moved, skeleton = _hold(message.chat, steps=1, quiet=True)
        _present(skeleton, message)
        leaf_id = skeleton.tree.leaf_below(message.pk)
        _write_marks(skeleton.tree.marks(leaf_id))
        return _point_at(moved, leaf_id)


def delete_message(*, message: AIMessage, below: Below = "keep") -> Deleted:
    """Delete one message. What hangs below it moves up in its place ("keep"), or goes with it.

    Conflict ("answering") while an answer below it is still being written.
    """
    with transaction.atomic():
        moved, skeleton = _hold(message.chat, steps=1)
        _present(skeleton, message)
        tree = skeleton.tree
        if any(tree.nodes[one].unfinished for one in tree.subtree(message.pk)):
            raise Conflict(ANSWERING, code="answering")
        plan = deletion(tree, message.pk, below=below, active_leaf_id=skeleton.active_leaf_id)
        AIMessage.objects.filter(pk__in=plan.moved).update(parent_id=plan.parent_id)
        _write_marks(plan.marks)
        _remove(plan.deleted)
        # A summary that tells of what was deleted would keep it.
        told = set(plan.deleted) & set(tree.path(moved.summary_upto_id))
        _point_at(moved, plan.active_leaf_id, **(NO_SUMMARY if told else {}))
        return Deleted(plan.deleted, plan.moved, plan.active_leaf_id)


def _hold(chat: AIChat, *, steps: int, quiet: bool = False) -> tuple[AIChat, Skeleton]:
    """The chat and its tree, which nobody else changes until the transaction ends."""
    moved = advance(chat, steps=steps, quiet=quiet)
    return moved, read_skeleton(chat.pk)


def _present(skeleton: Skeleton, message: AIMessage) -> AIMessage:
    """The message as it is now; NotFound when it was deleted meanwhile."""
    if message.pk not in skeleton.tree:
        raise NotFound("There is no AI message with this id.")
    message.parent_id = skeleton.tree.parent(message.pk)
    return message


def _check_place(skeleton: Skeleton, parent_id: str | None) -> None:
    tree = skeleton.tree
    if parent_id is not None and parent_id not in tree:
        raise NotFound("There is no message with this id in this chat.")
    for one in (skeleton.active_leaf_id, parent_id):
        if one is not None and tree.nodes[one].unfinished:
            raise Conflict(ANSWERING, code="answering")
    if len(tree) >= MOST_MESSAGES:
        raise Conflict(f"A chat holds {MOST_MESSAGES} messages; start a new one.", code="full")


def _check_asked(tree: Tree, asked_id: str | None) -> None:
    if asked_id is None or tree.nodes[asked_id].role != AIMessage.Role.USER:
        raise Conflict(
            "What this answered was deleted; say it again instead.", code="nothing_to_answer"
        )


def _said_before(chat: AIChat, key: str | None, words: str) -> Turn | None:
    """The turn that was added with this key; Conflict when the words are others."""
    asked = AIMessage.objects.filter(chat=chat, client_key=key).first() if key else None
    if asked is None:
        return None
    if asked.content != words:
        raise Conflict("This key belongs to other words; use a new one.", code="key_reused")
    answers = AIMessage.objects.filter(parent=asked, role=AIMessage.Role.ASSISTANT)
    answer = answers.order_by("position").first()
    if answer is None:
        raise Conflict("The answer to this was deleted; ask again.", code="nothing_to_answer")
    return Turn(asked, answer, chat)


def _say(
    chat: AIChat,
    words: str,
    place: Callable[[Skeleton], str | None],
    options: Mapping[str, Any],
    client_key: str | None,
) -> Turn:
    if twin := _said_before(chat, client_key, words):
        return twin
    with transaction.atomic():
        moved, skeleton = _hold(chat, steps=2)
        if twin := _said_before(moved, client_key, words):
            return twin
        parent_id = place(skeleton)
        _check_place(skeleton, parent_id)
        return _add_turn(moved, skeleton, parent_id, words, options, client_key)


def _options(**given: Any) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value not in (None, "")}


def _options_again(before: AIMessage, model_name: str) -> dict[str, Any]:
    names = ("include_related", "context_limit", "model_name", "temperature")
    kept = {name: before.options[name] for name in names if name in before.options}
    return kept | _options(model_name=model_name)


def _add_turn(
    chat: AIChat,
    skeleton: Skeleton,
    parent_id: str | None,
    words: str,
    options: Mapping[str, Any],
    client_key: str | None,
) -> Turn:
    asked = _message(
        chat,
        chat.revision - 1,
        parent_id=parent_id,
        role=AIMessage.Role.USER,
        content=words,
        client_key=client_key,
    )
    answer = _message(
        chat,
        chat.revision,
        parent_id=asked.pk,
        role=AIMessage.Role.ASSISTANT,
        state=AIMessage.State.PENDING,
        options=dict(options),
    )
    asked.active_child_id = answer.pk
    return Turn(asked, answer, _put_in(chat, skeleton, [asked, answer]))


def _message(chat: AIChat, position: int, **fields: Any) -> AIMessage:
    return AIMessage(business_id=chat.business_id, chat=chat, position=position, **fields)


def _put_in(chat: AIChat, skeleton: Skeleton, messages: list[AIMessage]) -> AIChat:
    """Store a chain of new messages, and make its end the active leaf."""
    parent_id, branched = messages[0].parent_id, messages[0].parent_id != skeleton.active_leaf_id
    AIMessage.objects.bulk_create(messages)
    marks: dict[str, str | None] = dict(skeleton.tree.marks(parent_id))
    if parent_id is not None:
        marks[parent_id] = messages[0].pk
    _write_marks(marks)
    chat.active_leaf_id = messages[-1].pk
    AIChat.objects.filter(pk=chat.pk).update(active_leaf=chat.active_leaf_id)
    messages_created.send(sender=AIMessage, chat=chat, messages=messages)
    if branched:
        chat_changed.send(sender=AIChat, chat=chat)
    return chat


def _point_at(chat: AIChat, leaf_id: str | None, **changes: Any) -> AIChat:
    changes["active_leaf_id"] = leaf_id
    AIChat.objects.filter(pk=chat.pk).update(**changes)
    for name, value in changes.items():
        setattr(chat, name, value)
    chat_changed.send(sender=AIChat, chat=chat)
    return chat


def _write_marks(marks: Mapping[str, str | None]) -> None:
    """One statement for one mark, which is the rule; few for many."""
    if len(marks) == 1:
        [(up, down)] = marks.items()
        AIMessage.objects.filter(pk=up).update(active_child=down)
    elif marks:
        rows = [AIMessage(pk=up, active_child_id=down) for up, down in marks.items()]
        AIMessage.objects.bulk_update(rows, ["active_child"], batch_size=500)


def _remove(ids: list[str]) -> None:
    """Loosened first: a cascade would go down the tree with a statement for each level."""
    rows = AIMessage.objects.filter(pk__in=ids)
    rows.update(parent=None, active_child=None)
    rows.delete()
