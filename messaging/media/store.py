"""Files on the disk, readable by nobody but us: MEDIA_ROOT/<business>/<media id>."""

from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage


def store() -> FileSystemStorage:
    """A second try of the same file takes the place of the first."""
    return FileSystemStorage(
        location=settings.MEDIA_ROOT,
        file_permissions_mode=0o600,
        directory_permissions_mode=0o700,
        allow_overwrite=True,
    )


def place_of(business_id: str, media_id: str) -> str:
    return f"{business_id}/{media_id}"


def write_file(place: str, content: bytes) -> None:
    store().save(place, ContentFile(content))


def read_file(place: str) -> BinaryIO:
    """Open for reading. Raises FileNotFoundError."""
    return Path(store().path(place)).open("rb")


def delete_file(place: str) -> None:
    """Gone afterwards, whether it was there or not."""
    store().delete(place)
