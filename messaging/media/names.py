"""Names of files as people may read them: no paths, no controls, nothing that reads backwards."""

import unicodedata

LONGEST = 120
ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/wav": ".wav",
    "audio/webm": ".webm",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "application/pdf": ".pdf",
}


def clean_name(name: str) -> str:
    """The last part of a path without what a name can't show; a long one keeps its ending."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(" " if char.isspace() else char for char in last if _fit(char))
    tidy = " ".join(shown.split()).strip(". ")
    if len(tidy) <= LONGEST:
        return tidy
    stem, dot, ending = tidy.rpartition(".")
    if not dot or len(ending) > 10:
        return tidy[:LONGEST]
    return f"{stem[: LONGEST - len(ending) - 1]}.{ending}"


def _fit(char: str) -> bool:
    """Letters, signs and blanks; no controls, directions, surrogates or private signs."""
    return char.isspace() or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}


def download_name(name: str, *, kind: str, mime: str) -> str:
    """What a file is saved as; one without a name is called after its kind."""
    return clean_name(name) or kind + ENDINGS.get(mime, "")
