"""What a message says beside its small talk: “Hello! Do you ship to Oslo? Thanks.”"""

import re

from AI_model.replies.phrases import small_talk

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？؟])\s*|\n+")


def without_small_talk(text: str) -> str:
    """The sentences that are more than a greeting or thanks; all of them where none is more."""
    parts = [part.strip() for part in _SENTENCE_END.split(text) if part and part.strip()]
    if len(parts) < 2:
        return text
    return " ".join(part for part in parts if small_talk(part) is None) or text
