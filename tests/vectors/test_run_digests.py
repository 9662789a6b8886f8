"""Content digests are keyed BLAKE3, to its published vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from vector_files import load

from lockgate.run.digests import KeyedDigest, file_record, same_digest

PUBLISHED = load("blake3_keyed")
KEY = bytes.fromhex(PUBLISHED["key"])


def message(length: int) -> bytes:
    return bytes(number % 251 for number in range(length))


@pytest.mark.parametrize("vector", PUBLISHED["vectors"], ids=lambda v: v["name"])
@pytest.mark.parametrize("all_cores", [False, True])
@pytest.mark.parametrize("step", [1, 64, 1000, 1024, 1 << 20])
def test_published_vectors(vector: dict[str, Any], all_cores: bool, step: int) -> None:
    content = memoryview(message(vector["length"]))
    digest = KeyedDigest(KEY, all_cores=all_cores)

    for start in range(0, len(content), step):
        digest.update(content[start : start + step])
    assert digest.hexdigest() == digest.digest().hex() == vector["digest"]


def test_a_file_of_many_chunks(tmp_path: Path) -> None:
    content = message(3 << 20) + b"end"
    (tmp_path / "f").write_bytes(content)
    whole = KeyedDigest(KEY, all_cores=True)
    whole.update(content)

    record = file_record(tmp_path / "f", 7, KEY)
    assert (record.size, record.rows, record.digest) == (len(content), 7, whole.hexdigest())


@pytest.mark.parametrize("length", [0, 1, 31, 33, 64])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="key"):
        KeyedDigest(bytes(length))


def test_same_digest_takes_whatever_text_a_manifest_holds() -> None:
    assert same_digest("ab" * 32, "ab" * 32)
    assert not same_digest("ab" * 32, "AB" * 32)
    assert not same_digest("\ud800é", "ab" * 32)
