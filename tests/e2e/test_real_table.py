"""A real table with realistic errors, in three formats, through the whole product."""

from __future__ import annotations

import base64
import io
import json
import logging
import secrets
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from figures import CONTRACT, FORMATS, ROWS, ZONES, Figure, pipelines, source_rows, write_source
from pydantic import ValidationError

from lockgate.assemble.create import create_project
from lockgate.assemble.workspace import Workspace
from lockgate.run.runner import RunResult

CLEAR = {"gender"}
OWN_WORDS = {b"principal"}  # an occupation in the table, and a column of the state's own tables
TOKENS = ("unique_id", "cluster", "first_name", "surname")
CIPHERTEXTS = ("full_name", "first_and_surname", "dob", "birth_place", "occupation")
Verdicts = tuple[list[dict[str, Any]], dict[int, set[tuple[str, str]]]]


def pydantic_loop(rows: list[dict[str, Any]], kind: str) -> Verdicts:
    """What a plain loop over the hand-written model says: accepted values, reasons by row."""
    accepted, rejected = [], {}
    for number, row in enumerate(rows, 1):
        try:
            if kind == "csv":
                cells = {name: value for name, value in row.items() if value is not None}
                model = Figure.model_validate_strings(cells)
            elif kind == "jsonl":
                model = Figure.model_validate_json(json.dumps(row))
            else:
                model = Figure.model_validate(row)
        except ValidationError as error:
            found = error.errors(include_input=False, include_context=False, include_url=False)
            rejected[number] = {(str(e["loc"][0]), e["type"]) for e in found}
        else:
            accepted.append(model.model_dump())
    return accepted, rejected


CANARIES = [secrets.token_hex(12) for _ in range(300)]


@pytest.fixture(scope="session")
def table(real_table: Path) -> pa.Table:
    """The real table with canaries in some cells, of rows that are accepted and of others."""
    clear = pq.read_table(real_table)
    canaries = iter(CANARIES)
    for column in ("full_name", "surname", "birth_place"):
        values = clear.column(column).to_pylist()
        values[50::500] = [next(canaries, None) for _ in values[50::500]]
        index = clear.column_names.index(column)
        clear = clear.set_column(index, column, pa.array(values, pa.string()))
    assert clear.num_rows == ROWS
    return clear


@pytest.fixture(scope="session", params=FORMATS)
def ran(
    request: pytest.FixtureRequest, table: pa.Table, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path, RunResult, str]:
    """One run of the project: format, folder, result, everything that was logged."""
    kind = str(request.param)
    folder = tmp_path_factory.mktemp(f"figures-{kind}")
    create_project(folder, "figures")
    for name, text in (
        ("contracts/figures.odcs.yaml", CONTRACT),
        ("policy/zones.yaml", ZONES),
        ("pipelines/figures.yaml", pipelines(kind)),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "data").mkdir(exist_ok=True)
    write_source(table, folder / "data", kind)
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)
    try:
        with Workspace.open(folder) as workspace:
            workspace.create_domains()
            result = workspace.run("figures")
    finally:
        logging.getLogger().removeHandler(handler)
    return kind, folder, result, log.getvalue()


def released(result: RunResult, sink: str, suffix: str) -> pa.Table:
    files = sorted(result.sinks[sink].glob(f"part-*.{suffix}"))
    assert files
    if suffix == "parquet":
        return pa.concat_tables([pq.read_table(file) for file in files])
    return pa.concat_tables([pacsv.read_csv(file) for file in files])


def test_every_row_is_accepted_or_rejected_as_a_plain_pydantic_loop_says(
    ran: tuple[str, Path, RunResult, str], table: pa.Table
) -> None:
    kind, folder, result, _ = ran
    accepted, rejected = pydantic_loop(source_rows(table), kind)
    receipt = result.receipt
    assert receipt.rows_accepted + receipt.rows_rejected == ROWS
    assert receipt.rows_accepted == len(accepted)
    with Workspace.open(folder) as workspace:
        rows = workspace.quarantine_rows(
            result.run_id, values=True, purpose="test", limit=None
        ).to_pylist()
    found = {row["row"]: {(r["column"], r["type"]) for r in row["reasons"]} for row in rows}
    assert found == rejected
    reasons = Counter(f"{c}: {t}" for pairs in rejected.values() for c, t in pairs)
    assert receipt.rejected_by_reason == reasons


def test_every_reversible_column_reveals_to_the_judges_value(
    ran: tuple[str, Path, RunResult, str], table: pa.Table, tmp_path: Path
) -> None:
    kind, folder, result, _ = ran
    accepted, _ = pydantic_loop(source_rows(table), kind)
    with Workspace.open(folder) as workspace:
        for file_kind, sink in (("parquet", "study"), ("text", "partner")):
            file = next(iter(sorted(result.sinks[sink].glob("part-*"))))
            for column in (*CIPHERTEXTS, *TOKENS):
                revealed = workspace.reveal_file(
                    file, column, purpose="test", to=tmp_path / f"{file_kind}-{column}.parquet"
                )
                values = pq.read_table(revealed.path).column(0).to_pylist()
                expected = [row[column] for row in accepted]
                if column in ("first_name", "surname"):
                    expected = [None if v is None else canonical_name(v) for v in expected]
                assert values == expected, (file_kind, column)


def canonical_name(text: str) -> str:
    """The ``text`` normaliser of the person-name domain, written a second time."""
    return " ".join(unicodedata.normalize("NFC", text).split()).lower()


def test_equal_tokens_if_and_only_if_equal_canonical_values(
    ran: tuple[str, Path, RunResult, str], table: pa.Table
) -> None:
    kind, _, result, _ = ran
    accepted, _ = pydantic_loop(source_rows(table), kind)
    study = released(result, "study", "parquet")
    pairs = set()
    for column in ("first_name", "surname"):
        for row, token in zip(accepted, study.column(column).to_pylist(), strict=True):
            assert (row[column] is None) == (token is None)
            if token is not None:
                pairs.add((canonical_name(row[column]), token))
    assert len(pairs) > 5_000
    assert len({value for value, _ in pairs}) == len(pairs) == len({token for _, token in pairs})


def test_no_protected_value_is_found_anywhere(
    ran: tuple[str, Path, RunResult, str],
    table: pa.Table,
    capfd: pytest.CaptureFixture[str],
) -> None:
    _, folder, result, log = ran
    values: set[bytes] = set()
    for column in table.column_names:
        if column in CLEAR:
            continue
        for value in table.column(column).unique().drop_null().to_pylist():
            values.add(value.encode())
    long = {value for value in values if len(value) >= 8} - OWN_WORDS
    canaries = {canary.encode() for canary in CANARIES}
    assert len(canaries & long) == len(canaries)
    long |= {base64.b64encode(canary)[:28] for canary in canaries}
    long |= {bytes.fromhex(canary.decode()) for canary in canaries}
    haystacks = {"log": log.encode(), "terminal": "".join(capfd.readouterr()).encode()}
    haystacks["result"] = repr(result).encode() + result.receipt.model_dump_json().encode()
    source = folder / "data"
    for path in folder.rglob("*"):
        if path.is_file() and source not in path.parents:
            haystacks[str(path.relative_to(folder))] = path.read_bytes()
    for path in folder.glob("out/study/run-*/*.parquet"):
        file = pq.ParquetFile(path)
        haystacks[f"{path.name} metadata"] = repr((file.metadata.to_dict(), file.schema)).encode()
        for column in file.read().combine_chunks().columns:
            buffers = [buffer for chunk in column.chunks for buffer in chunk.buffers() if buffer]
            haystacks[f"{path.name} {len(haystacks)}"] = b"".join(map(bytes, buffers))
    assert len(haystacks) > 8
    for where, haystack in haystacks.items():
        assert not contained(haystack, long), where


def contained(haystack: bytes, needles: set[bytes]) -> bool:
    """Whether any needle (8 bytes or longer) is in the haystack.

    Every offset is sieved by its first three bytes, what is left by eight, then compared whole.
    """
    if len(haystack) < 8:
        return False
    data = np.frombuffer(haystack, np.uint8)
    heads = np.frombuffer(b"".join(needle[:8] for needle in needles), np.uint8).reshape(-1, 8)
    sieve = np.zeros(1 << 24, np.bool_)
    sieve[_three(heads[:, 0], heads[:, 1], heads[:, 2])] = True
    places = np.flatnonzero(sieve[_three(data[:-7], data[1:-6], data[2:-5])])
    found = np.lib.stride_tricks.sliding_window_view(data, 8)[places].copy().view(np.uint64).ravel()
    places = places[np.isin(found, heads.copy().view(np.uint64).ravel())]
    by_head: dict[bytes, list[bytes]] = {}
    for needle in needles:
        by_head.setdefault(needle[:8], []).append(needle)
    return any(
        haystack.startswith(needle, at)
        for at in places.tolist()
        for needle in by_head[haystack[at : at + 8]]
    )


def _three(first: Any, second: Any, third: Any) -> Any:
    return first.astype(np.uint32) << 16 | second.astype(np.uint32) << 8 | third


def test_the_search_for_leaks_would_find_one() -> None:
    assert contained(b"....thomas clifford....", {b"thomas clifford"})
    assert not contained(b"....thomas cliffort....", {b"thomas clifford"})


def test_nobody_else_may_read_what_was_written(ran: tuple[str, Path, RunResult, str]) -> None:
    _, folder, _, _ = ran
    for top in (folder / "out", folder / ".lockgate"):
        for path in top.rglob("*"):
            expected = 0o700 if path.is_dir() else 0o600
            assert path.stat().st_mode & 0o777 == expected, path


def test_running_again_releases_nothing_twice(ran: tuple[str, Path, RunResult, str]) -> None:
    _, folder, result, _ = ran
    with Workspace.open(folder) as workspace:
        again = workspace.run("figures")
        workspace.ledger.verify()
    assert (again.status, again.run_id) == ("already-released", result.run_id)
    assert len(list((folder / "out/study").glob("run-*"))) == 1
