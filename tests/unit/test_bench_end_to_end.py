"""What the end-to-end benchmark must not get wrong: leaks, wrong outputs, unfair ratios."""

from __future__ import annotations

import base64
import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = 400
CLEAR = {
    "ssn": b"123-45-6789",
    "phone": b"555-123-4567",
    "email": b"ada17@mail.com",
    "last_name": b"Vorkelholm",
}


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(ROOT)
    return lambda name: importlib.import_module(f"bench.end_to_end.{name}")


def _noise(size: int) -> bytes:
    return np.random.default_rng(5).integers(0, 256, size, np.uint8).tobytes()


def _searched(bench: Any, data: bytes) -> dict[str, int]:
    return dict(bench("leaks").search(np.frombuffer(data, np.uint8)))


# ------------------------------------------------------------------ the search for clear values
@pytest.mark.parametrize("kind", CLEAR)
def test_a_planted_value_is_found_once_wherever_blocks_end(
    bench: Any, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(bench("leaks"), "BLOCK", 64)
    noise = _noise(400)
    for place in range(0, 300, 3):
        data = noise[:place] + b" " + CLEAR[kind] + b"," + noise[place:]
        assert _searched(bench, data) == {kind: 1}


@pytest.mark.parametrize("kind", CLEAR)
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_planted_value_is_found_in_base64_at_every_phase(
    bench: Any, kind: str, encode: Any
) -> None:
    for before in range(4):
        for inside in range(3):
            encoded = encode(b"\xff" * inside + CLEAR[kind]).rstrip(b"=")
            data = b"." * before + encoded + b"\n" + b"." * 80
            assert _searched(bench, data) == {f"{kind} in base64": 1}


def test_nothing_is_found_where_nothing_is(bench: Any) -> None:
    masked = b"***-***-4567,2021-05-06T07:08:09,1985-03-12,12 Oak Street,######@mail.com\n"
    assert _searched(bench, _noise(1 << 20) + masked * 1_000) == {}


def test_every_value_of_the_input_is_found(bench: Any, tmp_path: Path) -> None:
    bench("files").write_csv(tmp_path / "a.csv", ROWS, bad=False)
    found = bench("leaks").search_file(tmp_path / "a.csv")
    assert dict(found) == dict.fromkeys(CLEAR, ROWS)


def test_values_are_found_in_compressed_pages(bench: Any, tmp_path: Path) -> None:
    leaks, path = bench("leaks"), tmp_path / "part.parquet"
    rows = bench("outputs").all_rows(ROWS)
    plain = {"compression": "zstd", "use_dictionary": False, "write_statistics": False}
    pq.write_table(pa.table({"note": rows["ssn"]}), path, **plain)
    raw = np.frombuffer(path.read_bytes(), np.uint8)
    assert leaks.search(raw)["ssn"] < ROWS // 2
    assert leaks.search_file(path)["ssn"] >= ROWS


def test_a_leak_and_a_telling_footer_make_the_run_wrong(bench: Any, tmp_path: Path) -> None:
    (tmp_path / ".lockgate").mkdir()
    (tmp_path / ".lockgate" / "state.db").write_bytes(_noise(500) + CLEAR["email"])
    pq.write_table(pa.table({"email": [b"\x01", b"\x02"]}), tmp_path / "part.parquet")
    report = bench("report").Report(ROWS)

    bench("measure").search(tmp_path, report)

    assert ".lockgate/state.db holds 1 clear values: email" in report.wrong
    assert "part.parquet: email has statistics" in report.wrong
    assert "part.parquet: email has a dictionary" in report.wrong


def test_the_input_itself_is_not_searched(bench: Any, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(CLEAR["ssn"])
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "customers.csv").hardlink_to(tmp_path / "in.csv")
    report = bench("report").Report(ROWS)
    bench("measure").search(tmp_path / "run", report)
    assert (report.wrong, report.searched_mb) == ([], 0.0)


# ------------------------------------------------------------------ the customers
def test_a_prefix_is_the_same_and_one_in_a_hundred_is_bad(bench: Any, tmp_path: Path) -> None:
    files, damage = bench("files"), bench("damage")
    files.write_csv(tmp_path / "good.csv", 5_000, bad=False)
    files.write_csv(tmp_path / "bad.csv", 5_000, bad=True)
    good, bad = ((tmp_path / f"{name}.csv").read_bytes().splitlines() for name in ("good", "bad"))
    differ = [
        place - 1 for place, pair in enumerate(zip(good, bad, strict=True)) if len(set(pair)) > 1
    ]
    assert differ == damage.bad_places(5_000, 0)
    assert len(differ) == 50


# ------------------------------------------------------------------ wrong outputs
def _job(bench: Any, module: str) -> Any:
    return bench("job").Job("who", "", "csv_parquet_single", f"bench.end_to_end.{module}")


def _protected(bench: Any) -> pa.Table:
    table = bench("outputs").all_rows(ROWS)
    for name in CLEAR:
        place = table.column_names.index(name)
        table = table.set_column(place, name, pa.array([f"*{n}" for n in range(ROWS)]))
    return table


@pytest.mark.parametrize("module", ["floors.polars_copy", "peers.article"])
def test_an_output_that_is_right_passes(bench: Any, tmp_path: Path, module: str) -> None:
    table = bench("outputs").all_rows(ROWS) if "floors" in module else _protected(bench)
    pq.write_table(table, tmp_path / "out.parquet")
    bench("outputs").check(_job(bench, module), tmp_path / "out.parquet", ROWS)


@pytest.mark.parametrize("damage", ["row", "cell", "clear"])
def test_a_wrong_output_is_not_timed(bench: Any, tmp_path: Path, damage: str) -> None:
    table = _protected(bench)
    if damage == "row":
        table = table.slice(1)
    elif damage == "cell":
        table = table.set_column(8, "city", pc.utf8_upper(table["city"]))
    else:
        emails = bench("outputs").all_rows(ROWS)["email"].to_pylist()
        table = table.set_column(3, "email", pa.array(["*"] * (ROWS - 1) + emails[-1:]))
    pq.write_table(table, tmp_path / "out.parquet")
    with pytest.raises(importlib.import_module("bench.kernels.case").WrongOutput):
        bench("outputs").check(_job(bench, "peers.article"), tmp_path / "out.parquet", ROWS)


def test_our_own_output_is_turned_back_and_compared(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, outputs = bench("ours"), bench("outputs")
    ours.new_project(tmp_path / "project")
    bench("files").write_csv(tmp_path / "in.csv", ROWS, bad=True)
    job, target = ours.job("csv_parquet_single"), tmp_path / "run"
    ours.stage(tmp_path / "project", tmp_path / "in.csv", target)
    ours.run(tmp_path / "in.csv", target, pipeline=job.task)

    outputs.check(job, target, ROWS)
    report = bench("report").Report(ROWS)
    bench("measure").search(target, report)
    assert report.wrong == []

    good = outputs.good_rows(ROWS)
    wrong = good.set_column(5, "ssn", pa.array(["000-00-0000"] * len(good)))
    monkeypatch.setattr(outputs, "good_rows", lambda rows: wrong)
    with pytest.raises(importlib.import_module("bench.kernels.case").WrongOutput, match="ssn"):
        outputs.check(job, target, ROWS)


# ------------------------------------------------------------------ turns and figures
def test_jobs_run_in_turns_and_one_that_fails_is_named(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns, job = bench("turns"), bench("job")
    calls: list[str] = []

    def perform(one: Any, *_: object) -> Any:
        calls.append(one.who)
        if one.who == "C":
            raise job.JobFailed("out of paper")
        return job.Ran(1.0, 1.0, 1.0)

    monkeypatch.setattr(turns, "perform", perform)
    who = [job.Job(name, "", "csv_csv", "m") for name in "ACB"]
    contenders = [turns.Contender(one, tmp_path, 1) for one in who]
    track = turns.Track(tmp_path / "track", tmp_path)
    results, failed = turns.race(contenders, 3, track, lambda c, n: None)

    assert "".join(calls) == "ACB" + "AB" * 2
    assert [result.rounds for result in results] == [3, 3]
    assert failed == ["C, csv_csv: out of paper"]


def _result(bench: Any, job: Any, seconds: float, rows: int = 1_000) -> Any:
    contender = bench("turns").Contender(job, Path("in"), rows)
    return bench("turns").Result(contender, seconds, seconds, seconds, 0.0, 50.0, rows * 100, 1, 3)


def _copy(bench: Any, task: str, setting: str, **options: Any) -> Any:
    module = "bench.end_to_end.floors.polars_copy"
    return bench("job").Job("polars", setting, task, module, options)


def test_a_ratio_is_to_the_quickest_copy_at_any_setting(bench: Any) -> None:
    report, job = bench("report").Report(1_000), bench("ours").job
    report.results = [
        _result(bench, job("csv_parquet"), 3.0),
        _result(bench, job("csv_parquet", {"LOCKGATE_KERNEL": "portable"}), 3.0, rows=100),
        _result(bench, _copy(bench, "csv_parquet", "text", typed=False), 1.5),
        _result(bench, _copy(bench, "csv_parquet", "typed", typed=True, compression="zstd"), 2.0),
        _result(bench, _copy(bench, "csv_csv", "text"), 0.1),
    ]
    found = bench("report").figures(report)
    assert found["end_to_end.csv_parquet.ratio"] == 2.0
    assert found["end_to_end.csv_parquet.floor"] == "polars: text"
    assert found["end_to_end.csv_parquet.ratio_to_typed_compressed"] == 1.5
    assert found["end_to_end.portable.ratio"] == 20.0
    assert found["notes"] == ["lockgate_portable was timed on 100 rows and scaled"]


def test_every_promised_figure_of_these_parts_comes_out(bench: Any) -> None:
    promised = importlib.import_module("bench.figures").PROMISED
    job, growth = bench("job"), bench("memory").Growth(10, 80)
    report = bench("report").Report(1_000)
    for task in job.TASKS:
        report.results += [
            _result(bench, bench("ours").job(task), 1.0),
            _result(bench, _copy(bench, task, "text"), 1.0),
        ]
    portable = {"LOCKGATE_KERNEL": "portable"}
    report.results.append(_result(bench, bench("ours").job("csv_parquet", portable), 1.0))
    for task, rows in (("csv_parquet", 10), ("csv_parquet", 80), ("csv_csv", 80)):
        growth.ran[task, rows] = job.Ran(1.0, 1.0, float(rows))

    found = bench("report").figures(report)
    grown = bench("memory").figures(growth)

    assert [key for key in promised["end_to_end"] if key not in found] == []
    assert [key for key in promised["memory"] if key not in grown] == []
    assert grown["memory.ratio_8m_to_1m"] == 8.0


def test_copies_have_as_many_files_as_ours_and_names_of_their_own(bench: Any) -> None:
    floors = bench("floors.settings").floors
    for task in bench("job").TASKS:
        names = [job.name for job in floors(task, 100)]
        assert len(names) == len(set(names)) >= 8
        two = [job for job in floors(task, 100) if job.options.get("files", 1) == 2]
        assert len(two) == (len(names) if task == "csv_parquet" else 0)


# ------------------------------------------------------------------ what is shown
def test_only_whole_and_right_figures_are_published(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = importlib.import_module("bench.publish")
    readme, drawn = tmp_path / "README.md", tmp_path / "drawn.svg"
    drawn.write_text("<svg/>")
    readme.write_text(f"before\n{publish.START}\nold\n{publish.END}\nafter\n")
    monkeypatch.setattr(publish, "README", readme)
    monkeypatch.setattr(publish, "PICTURE", tmp_path / "picture.svg")
    found: dict[str, Any] = dict.fromkeys(publish.REACHES, 1.25)
    found |= {"end_to_end.rows": 7, "machine.cores": 2, "machine.cpu": "a processor"}
    for task in ("csv_parquet", "csv_parquet_single", "csv_csv", "parquet_parquet"):
        found[f"end_to_end.{task}.floor"] = "polars: text"
        found[f"end_to_end.{task}.settings_tried"] = 9
    found["end_to_end.csv_parquet.ratio_to_typed_compressed"] = 0.8

    with pytest.raises(publish.NotFit):
        publish.publish({**found, "wrong": ["a leak"]}, drawn)
    with pytest.raises(publish.NotFit):
        publish.publish({k: v for k, v in found.items() if k != "startup.help_ms"}, drawn)
    assert "old" in readme.read_text()

    publish.publish(json.loads(json.dumps(found)), drawn)
    text = readme.read_text()
    assert "old" not in text
    assert "| CSV to Parquet, two files | 1.25× (missed) | 1.1× | 0.80× |" in text
    assert "the quickest of 36 unprotected copies (Polars copy, text)" in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")


def test_the_readme_has_the_place_for_figures(bench: Any) -> None:
    publish = importlib.import_module("bench.publish")
    text = (ROOT / "README.md").read_text()
    assert text.count(publish.START) == text.count(publish.END) == 1
