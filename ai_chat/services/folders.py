"""A person's folders."""

from django.db import IntegrityError, transaction

from accounts.models import User
from ai_chat.models import AIChat, Folder
from core.lib.errors import Conflict
from core.lib.rest import refuse

MOST_FOLDERS = 200


def create_folder(*, user: User, name: str) -> Folder:
    """Conflict when the person has a folder of this name."""
    if Folder.objects.for_user(user).count() >= MOST_FOLDERS:
        raise Conflict(f"You have {MOST_FOLDERS} folders already; delete one first.", code="full")
    return _save(Folder(business_id=str(user.business_id), user=user, name=_checked(name)))


def rename_folder(*, folder: Folder, name: str) -> Folder:
    """Conflict when the person has another folder of this name."""
    folder.name = _checked(name)
    return _save(folder)


def delete_folder(*, folder: Folder) -> None:
    """Its chats lie outside of any folder then."""
    with transaction.atomic():
        AIChat.objects.filter(folder=folder).update(folder=None)
        folder.delete()


def _checked(name: str) -> str:
    plain = " ".join(name.split())
    if not plain or len(plain) > 80:
        refuse("name", "Give a name of at most 80 characters.")
    return plain


def _save(folder: Folder) -> Folder:
    try:
        with transaction.atomic():
            folder.save()
    except IntegrityError as error:
        raise Conflict("You have a folder of this name.", code="name_taken") from error
    return folder
