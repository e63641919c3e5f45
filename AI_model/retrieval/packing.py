"""An index as arrays and facts, and back."""

from collections.abc import Mapping
from typing import Any

from AI_model.retrieval.blob import Array, Blob, DamagedBlob
from AI_model.retrieval.index import Index


def pack(index: Index) -> tuple[Mapping[str, Array], Any]:
    return index.arrays(), index.facts()


def unpack(blob: Blob) -> Index:
    """DamagedBlob when it is none of ours."""
    try:
        return Index.restore(blob.arrays, blob.facts)
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedBlob(f"The index can't be read: {error!r}") from error
