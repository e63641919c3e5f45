"""Whether the collected static files still match their sources."""

import hashlib

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders

STAMP = settings.DATA_DIR / "static.stamp"


def fingerprint() -> str:
    digest = hashlib.sha256(str(settings.STATIC_ROOT).encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            source = storage.path(path)
            status = storage.get_modified_time(path)
            digest.update(f"{source} {storage.size(path)} {status}\n".encode())
    return digest.hexdigest()


def static_is_current() -> bool:
    if not (settings.STATIC_ROOT / "staticfiles.json").exists() or not STAMP.exists():
        return False
    return bool(STAMP.read_text() == fingerprint())


def stamp_static() -> None:
    STAMP.write_text(fingerprint())
