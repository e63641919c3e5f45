"""An index as arrays and facts, and back."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from AI_model.retrieval.blob import Array, Blob, DamagedBlob
from AI_model.retrieval.index import Index, build
from AI_model.retrieval.sources import Source


def pack(index: Index) -> tuple[Mapping[str, Array], Any]:
    return {"vectors": index.vectors}, {
        "units": list(index.units),
        "sources": [asdict(source) for source in index.sources],
    }


def unpack(blob: Blob) -> Index:
    """DamagedBlob when it is none of ours."""
    try:
        sources = [_source(facts) for facts in blob.facts["sources"]]
        known = dict(zip(blob.facts["units"], blob.arrays["vectors"], strict=True))
        return build(sources, known)
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedBlob(f"The index can't be read: {error!r}") from error


def _source(facts: Mapping[str, Any]) -> Source:
    days = {name: _day(facts[name]) for name in ("valid_from", "valid_to")}
    return Source(**{**facts, **days, "phrasings": tuple(facts["phrasings"])})


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
