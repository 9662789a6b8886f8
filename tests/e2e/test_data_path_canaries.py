"""Planted values are found nowhere: not after good runs, refused runs, nor runs that were killed.

Each is in a protected column of a row that is released, or anywhere in a row that is rejected.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_path.both_paths import KERNELS, PATHS
from data_path.canaries import files_below, sightings, spellings
from data_path.projects import make_project, parts, pipeline, quarantined, run, sealed_sinks, twin
from kernels import named
from lockgate.errors import SourceError, TooManyRejected
from lockgate.kernel.choice import VARIABLE

KILLED_RUN = Path(__file__).parents[1] / "chaos" / "killed_run.py"
HEADER = "number,name,email,ssn,phone,balance,born,seen,segment,note"
GOOD = '{n},"{c}",{c}@example.org,123-45-6789,555-123-4567,1.50,1980-01-01,2024-01-01T00:00,gold,ok'
REJECTED = {
    "a bad value": "{n},{c},{c},{c},{c},{c},{c},{c},{c},{c}",
    "ragged": "{n},{c},{c}",
    "bad bytes": "{n},\xff{c},{c}",
    "quoted": '{n},"{c}\n{c}",{c}',
    "nul": "{n},\0{c}",
    "open": '{n},"{c}\n{c},',
}
GOOD_ROWS = 300
SINKS = {
    **sealed_sinks(),
    "still": "zone: still, format: csv",
    "parts": "zone: sealed, format: parquet, parts: 2",
}


def planted(folder: Path, share: float = 1.0) -> tuple[Path, list[str]]:
    """A project whose data holds canaries, and these."""
    lines = pipeline("people", "data/in.csv, format: csv", SINKS)
    project = make_project(folder / "project", lines, share=share)
    canaries: list[str] = []
    text = [HEADER]
    for number in range(1, GOOD_ROWS + 1):
        canaries.append(f"canary{secrets.token_hex(9)}")
        text.append(GOOD.format(n=number, c=canaries[-1]))
    for number, row in enumerate(REJECTED.values(), GOOD_ROWS + 1):
        canaries.append(f"canary{secrets.token_hex(9)}")
        text.append(row.format(n=number, c=canaries[-1]))
    data = "\n".join(text).encode("latin-1")
    (project / "data" / "in.csv").write_bytes(data)
    return project, canaries


@contextmanager
def logged() -> Iterator[StringIO]:
    """All that is logged meanwhile, at every level, with tracebacks."""
    log = StringIO()
    handler = logging.StreamHandler(log)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield log
    finally:
        root.setLevel(before)
        root.removeHandler(handler)


def nowhere(project: Path, canaries: list[str], **others: str) -> dict[str, bytes]:
    """Look everywhere but in the data; what was looked at."""
    haystacks = dict(files_below(project, but=project / "data"))
    for path in project.rglob("*.parquet"):
        if path.stat().st_size > 12 and path.read_bytes().endswith(b"PAR1"):
            columns = pq.read_table(path).combine_chunks().columns
            buffers = [b for column in columns for c in column.chunks for b in c.buffers() if b]
            haystacks[f"{path.relative_to(project)} unpacked"] = b"".join(map(bytes, buffers))
    haystacks |= {name: text.encode("utf-8", "replace") for name, text in others.items()}
    assert sightings(canaries, haystacks) == []
    return haystacks


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    return planted(tmp_path_factory.mktemp("canaries"))


@pytest.mark.parametrize("path", PATHS)
def test_after_a_good_run(
    project: tuple[Path, list[str]], path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    folder, canaries = project
    mine = twin(folder, f"good-{path}")
    with logged() as log:
        result = run(path, mine, "people")
        rejected = quarantined(mine, result)

    assert result.receipt.rows_accepted == GOOD_ROWS
    assert len(rejected) > len(REJECTED)
    assert canaries[-1].encode() in rejected[-1]["raw"]
    printed = "".join(capfd.readouterr())
    seen = nowhere(mine, canaries, log=log.getvalue(), printed=printed, result=repr(result))
    assert len(parts(result, "parts")) >= 1
    assert sum(".lockgate" in name for name in seen) >= 4
    assert sum("part-" in name for name in seen) >= 2 * len(SINKS) - 3


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("why", ["too many rejected", "broken file"])
def test_after_a_refused_run(
    project: tuple[Path, list[str]],
    path: str,
    why: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    if why == "broken file":
        mine, canaries = twin(project[0], f"refused-{path}"), project[1]
        with (mine / "data" / "in.csv").open("ab") as file:
            file.write(canaries[0].encode() * 60_000)  # all of it behind the open quote
        expected: type[Exception] = SourceError
    else:
        mine, canaries = planted(tmp_path, share=0.001)
        expected = TooManyRejected
    with logged() as log, pytest.raises(expected) as refused:
        run(path, mine, "people")

    assert not list(mine.glob("out/**/run-*"))
    said = repr(refused.value) + str(refused.value.__dict__) + str(refused.getrepr(style="native"))
    nowhere(mine, canaries, log=log.getvalue(), printed="".join(capfd.readouterr()), said=said)


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS)
def test_after_a_run_that_was_killed(project: tuple[Path, list[str]], path: str) -> None:
    folder, canaries = project
    named(KERNELS[path])
    whole = killed(path, twin(folder, f"whole-{path}"), 0)
    assert whole.returncode == 0
    left = 0
    for share in (0.3, 0.68, 0.75, 0.95):
        mine = twin(folder, f"killed-{path}-{share}")
        done = killed(path, mine, round(int(whole.stdout) * share))
        assert done.returncode == -signal.SIGKILL
        seen = nowhere(mine, canaries, printed=done.stdout, log=done.stderr)
        left += any(".staging-" in name for name in seen)
        assert run(path, mine, "people").receipt.rows_accepted == GOOD_ROWS
        nowhere(mine, canaries)
    assert left >= 2, "too few runs were killed with something staged"


def killed(path: str, folder: Path, step: int) -> subprocess.CompletedProcess[str]:
    """A run on that path in a process of its own, killed before that step."""
    return subprocess.run(
        [sys.executable, str(KILLED_RUN), str(folder), "people", str(step)],
        env={**os.environ, VARIABLE: KERNELS[path]},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("code", range(4))
def test_the_search_would_find_one(code: int, tmp_path: Path) -> None:
    canary = f"canary{secrets.token_hex(9)}"
    (tmp_path / "out").mkdir()
    written = [
        f"a,{canary}@example.org".encode(),
        json.dumps({"x": canary.encode().hex()}).encode(),
        ("€" + canary).encode("utf-16"),
        b"PAR1",
    ][code]
    (tmp_path / "out" / "leak").write_bytes(written)
    if code == 3:
        pq.write_table(pa.table({"a": [f"<{canary}>"] * 9}), tmp_path / "out" / "leak.parquet")

    with pytest.raises(AssertionError, match="canary 0 in"):
        nowhere(tmp_path, [canary])
    assert len(spellings(canary)) > 10
