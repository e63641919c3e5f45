"""Uploads on the disk, readable by nobody but us: MEDIA_ROOT/<business>/knowledge/<id>."""

from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from core.lib.ids import new_id


def store() -> FileSystemStorage:
    return FileSystemStorage(
        location=settings.MEDIA_ROOT,
        file_permissions_mode=0o600,
        directory_permissions_mode=0o700,
    )


def keep_file(business_id: str, upload: "File[bytes]") -> str:
    """Store it in parts, never whole in memory; its place."""
    return store().save(f"{business_id}/knowledge/{new_id()}", upload)


def path_of(place: str) -> Path:
    return Path(store().path(place))


def drop_file(place: str) -> None:
    """Gone afterwards, whether it was there or not."""
    if place:
        store().delete(place)
