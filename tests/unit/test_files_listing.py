"""Which files a path means, in which order, and within which limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockgate.adapters.connectors.files.listing import list_inputs
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.errors import LimitExceeded, SourceError
from lockgate.limits import Limits
from lockgate.pipeline.model import FileFormat

FILES = [
    "a.csv",
    "b.CSV.gz",
    "b.txt",
    "c.jsonl",
    "d.parquet",
    "deep/e.tsv.zst",
    "deep/er/f.csv",
    "g[1].csv",
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "format", "expected"),
    [
        ("", "csv", ["a.csv", "b.CSV.gz", "deep/e.tsv.zst", "deep/er/f.csv", "g[1].csv"]),
        ("deep", "csv", ["deep/e.tsv.zst", "deep/er/f.csv"]),
        ("*.csv", "csv", ["a.csv", "g[1].csv"]),
        ("?.*", "csv", ["a.csv", "b.CSV.gz", "b.txt", "c.jsonl", "d.parquet"]),
        ("**/*.csv", "csv", ["a.csv", "deep/er/f.csv", "g[1].csv"]),
        ("deep/**", "csv", ["deep/e.tsv.zst", "deep/er/f.csv"]),
        ("*/*/f.csv", "csv", ["deep/er/f.csv"]),
        ("g[1].csv", "csv", ["g[1].csv"]),
        ("b.txt", "csv", ["b.txt"]),
        ("", "jsonl", ["c.jsonl"]),
        ("", "parquet", ["d.parquet"]),
    ],
)
def test_files_of_a_pattern(root: Path, pattern: str, format: str, expected: list[str]) -> None:
    path = f"{root}/{pattern}".rstrip("/")
    found = list_inputs(Roots((root,), ()), path, FileFormat(format))

    assert ["/".join(place.names) for place in found] == expected
    assert [place.shown for place in found] == [f"{root}/{name}" for name in expected]


def test_relative_paths_keep_the_declared_form(root: Path) -> None:
    roots = Roots((Path(),), (), base=root)

    assert [p.shown for p in list_inputs(roots, "deep", FileFormat.CSV)] == [
        "deep/e.tsv.zst",
        "deep/er/f.csv",
    ]
    assert [p.shown for p in list_inputs(roots, "d*/*.zst", FileFormat.CSV)] == ["deep/e.tsv.zst"]
    assert [p.shown for p in list_inputs(roots, "*.csv", FileFormat.CSV)] == ["a.csv", "g[1].csv"]


@pytest.mark.parametrize("pattern", ["none.csv", "none/*.csv", "deep/*.parquet", "none/x.csv"])
def test_nothing_found_says_so(root: Path, pattern: str) -> None:
    roots = Roots((root,), ())

    with pytest.raises(SourceError) as caught:
        list_inputs(roots, str(root / pattern), FileFormat.CSV)
    assert pattern in str(caught.value)


def test_more_files_than_the_limit(root: Path) -> None:
    with pytest.raises(LimitExceeded, match="input_files"):
        list_inputs(Roots((root,), ()), str(root), FileFormat.CSV, Limits(input_files=2))


def test_folders_deeper_than_the_limit(root: Path) -> None:
    with pytest.raises(LimitExceeded, match="path_depth"):
        list_inputs(Roots((root,), ()), str(root), FileFormat.CSV, Limits(path_depth=1))
