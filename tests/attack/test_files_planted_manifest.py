"""A manifest that somebody laid beside a file changes nothing about how it is read."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3

from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.sample import sample_file
from lockgate.adapters.connectors.files.source import FileSource
from lockgate.limits import DEFAULT_LIMITS
from lockgate.pipeline.model import FileFormat

KEY = b"k" * 32
CONTENT = b"a\n'=1\n"


def keyed(key: bytes, content: bytes = CONTENT) -> str:
    return blake3(content, key=key).hexdigest()


def plant(folder: Path, size: Any, digest: Any) -> None:
    (folder / "in.csv").write_bytes(CONTENT)
    document = {
        "format": "lockgate.run-folder/2",
        "run": "r",
        "plan": "p",
        "sink": "s",
        "data": "csv",
        "csv": {"formulas": "neutralised", "delimiter": ","},
        "files": [{"name": "in.csv", "size": size, "rows": 1, "digest": digest}],
    }
    (folder / "_manifest.json").write_text(json.dumps(document))


def read(folder: Path) -> list[object]:
    source = FileSource(str(folder), FileFormat.CSV, ["a"], Roots((folder,), ()))
    source.freeze(KEY)
    return [row for batch in source.batches() for row in batch.rows.to_pylist()]


@pytest.mark.parametrize(
    ("size", "digest"),
    [
        (1, ""),
        (len(CONTENT), ""),
        (len(CONTENT), "0" * 64),
        (len(CONTENT), "\u00e9" * 64),
        (len(CONTENT), "\ud800"),
        (len(CONTENT), hashlib.sha256(CONTENT).hexdigest()),
        (len(CONTENT), keyed(b"x" * 32)),
        (len(CONTENT), keyed(KEY, b"another file")),
        (len(CONTENT) + 1, keyed(KEY)),
        (float("inf"), keyed(KEY)),
        (float("nan"), keyed(KEY)),
        ([], keyed(KEY)),
    ],
)
def test_a_planted_manifest_takes_no_apostrophe(tmp_path: Path, size: Any, digest: Any) -> None:
    plant(tmp_path, size, digest)

    assert read(tmp_path) == [{"a": "'=1"}]


def test_a_manifest_made_with_the_projects_key_is_believed(tmp_path: Path) -> None:
    plant(tmp_path, len(CONTENT), keyed(KEY))

    assert read(tmp_path) == [{"a": "=1"}]


def test_a_manifest_does_not_outlive_a_change_of_its_file(tmp_path: Path) -> None:
    plant(tmp_path, len(CONTENT), keyed(KEY))
    (tmp_path / "in.csv").write_bytes(b"a\n'=2\n")

    assert read(tmp_path) == [{"a": "'=2"}]


def test_a_sample_believes_no_manifest(tmp_path: Path) -> None:
    """Who samples a file has no project yet, so no key to tell a planted manifest by."""
    plant(tmp_path, len(CONTENT), keyed(KEY))
    roots = Roots((tmp_path,), ())
    sample = sample_file(str(tmp_path / "in.csv"), FileFormat.CSV, roots, DEFAULT_LIMITS)

    assert sample.table.to_pylist() == [{"a": "'=1"}]
