"""An index as bytes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from AI_model.retrieval.blob import ALIGNMENT, Array, DamagedBlob, read_blob, write_blob
from AI_model.retrieval.parts import LEAST, MOST, cut

ARRAYS: dict[str, Array] = {
    "vectors": np.arange(24, dtype=np.float32).reshape(8, 3),
    "starts": np.array([0, 3, 5], dtype=np.int64),
    "is_text": np.array([True, False, True]),
    "none": np.zeros((0, 512), dtype=np.float32),
}
FACTS = {"units": ["Größe?", "営業時間"], "days": None}


def write(path: Path, arrays: Any = ARRAYS, facts: Any = FACTS) -> str:
    with path.open("wb") as file:
        digest, size = write_blob(file, arrays, facts)
    assert path.stat().st_size == size
    return digest


def test_what_was_written_is_read_back_without_a_copy(tmp_path: Path) -> None:
    blob = read_blob(tmp_path / "a", digest=write(tmp_path / "a"))

    assert blob.facts == FACTS
    assert blob.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        read = blob.arrays[name]
        assert (read.dtype, read.shape) == (array.dtype, array.shape)
        assert np.array_equal(read, array)
        assert not read.flags.writeable and not read.flags.owndata
        assert read.ctypes.data % ALIGNMENT == 0


def test_the_same_index_has_the_same_digest(tmp_path: Path) -> None:
    other = {**ARRAYS, "starts": np.array([0, 3, 6], dtype=np.int64)}
    assert write(tmp_path / "a") == write(tmp_path / "b")
    assert write(tmp_path / "a") != write(tmp_path / "b", other)


def test_columns_of_an_array_are_written_in_order(tmp_path: Path) -> None:
    column = {"column": ARRAYS["vectors"][:, 1]}
    blob = read_blob(tmp_path / "a", digest=write(tmp_path / "a", column))
    assert blob.arrays["column"].tolist() == [1, 4, 7, 10, 13, 16, 19, 22]


@pytest.mark.parametrize("at", [0, 9, 40, -1])
def test_a_changed_byte_is_refused(tmp_path: Path, at: int) -> None:
    digest = write(tmp_path / "a")
    content = bytearray((tmp_path / "a").read_bytes())
    content[at] ^= 1
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(DamagedBlob):
        read_blob(tmp_path / "a", digest=digest)


@pytest.mark.parametrize("length", [0, 5, 100])
def test_a_file_cut_short_is_refused(tmp_path: Path, length: int) -> None:
    digest = write(tmp_path / "a")
    (tmp_path / "a").write_bytes((tmp_path / "a").read_bytes()[:length])
    with pytest.raises(DamagedBlob):
        read_blob(tmp_path / "a", digest=digest)


def test_an_array_of_objects_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="not a number"):
        write(tmp_path / "a", {"objects": np.array([{}], dtype=object)})


def random_bytes(length: int) -> bytes:
    return np.random.default_rng(5).bytes(length)


def test_parts_are_the_whole_in_order_and_of_bearable_size() -> None:
    for content in (b"", b"x", random_bytes(20 * LEAST), bytes(9 * LEAST)):
        pieces = [content[span] for span in cut(content)]
        assert b"".join(pieces) == content
        assert all(LEAST <= len(piece) <= MOST for piece in pieces[:-1])


def test_what_is_put_in_moves_the_rest_but_changes_few_parts() -> None:
    before = random_bytes(30 * LEAST)
    at = 17 * ALIGNMENT
    after = before[:at] + random_bytes(3 * ALIGNMENT) + before[at:]
    known = {before[span] for span in cut(before)}
    fresh = [span for span in cut(after) if after[span] not in known]
    assert len(fresh) <= 2 < len(known)
