"""The demonstration, small: it must be true before it may be pleasant."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lockgate.cli.demo.tables import PATIENTS, Dirt, write_patients, write_visits
from lockgate.cli.main import invoke
from lockgate.errors import ExitCode

ROWS = 3_000


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder = tmp_path_factory.mktemp("demo") / "kept"
    words = ["demo", "--rows", str(ROWS), "--keep", str(folder), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "lockgate", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_every_scene_is_true(facts: dict) -> None:
    assert facts["proven"]
    assert facts["patients"]["rows_read"] == ROWS
    assert facts["revealed"]
    assert facts["ledger"]["verified"]
    assert facts["tampering_found"]


def test_an_analyst_is_refused_and_a_privacy_officer_allowed_and_both_are_on_record(
    facts: dict, capsys: pytest.CaptureFixture[str]
) -> None:
    assert facts["reveal_by_data_analyst"] == "LG-501"
    assert facts["reveal_by_privacy_officer"] == "allowed"
    capsys.readouterr()
    words = ["ledger", "show", "--last", "500", "--json", "-C", facts["folder"]]
    assert invoke(words) == 0
    events = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    (denied,) = [e for e in events if e["kind"] == "access.denied"]
    assert (denied["principal"], denied["resource"]) == ("user:ana", "pii.email")
    assert denied["reason"] == "no-permit"
    (granted,) = [
        e for e in events if e["kind"] == "access.granted" and e["principal"] == "user:petra"
    ]
    assert granted["policies"] == ["privacy_officer.values"]
    assert granted["purpose"] == "lab result to be explained"
    (shown,) = [e for e in events if e["kind"] == "data.revealed"]
    assert (shown["principal"], shown["count"]) == ("user:petra", 1)


def test_dirt_is_rejected_for_its_own_reasons(facts: dict) -> None:
    reasons = facts["patients"]["rejected_by_reason"]
    assert {name.split(":")[0] for name in reasons} >= {"email", "birth_date", "mrn", "cost"}
    assert 0.005 * ROWS < facts["patients"]["rows_rejected"] < 0.05 * ROWS
    assert facts["visits"]["rows_rejected"] == 0


def test_every_visit_of_a_released_patient_finds_it(facts: dict) -> None:
    share = facts["joined"]["met"] / facts["joined"]["visits"]
    kept = 1 - facts["patients"]["rows_rejected"] / ROWS
    assert share == pytest.approx(kept, abs=0.02)


def test_a_step_tells_the_groups_of_ten_patients_or_more_and_no_other(facts: dict) -> None:
    out = Path(facts["folder"]) / "out"
    diagnoses = dict(_cells(out / "analytics" / "patients", "mrn", "diagnosis"))
    seen: dict[str, list[str]] = {}
    for mrn, _ in _cells(out / "analytics" / "visits", "mrn", "charge"):
        if mrn in diagnoses:
            seen.setdefault(diagnoses[mrn], []).append(mrn)
    large = {name: len(rows) for name, rows in seen.items() if len(set(rows)) >= 10}
    told = dict(_cells(out / "analytics" / "spending", "diagnosis", "visits"))
    assert told == large
    assert facts["spending"]["proven"]
    assert facts["spending"]["groups"] == len(large)
    assert facts["spending"]["groups_held_back"] == len(seen) - len(large) > 0
    assert facts["spending"]["visits"] == sum(large.values())
    assert facts["spending"]["steps"] == {
        "joined": facts["joined"]["met"],
        "by_diagnosis": len(large),
    }
    with next((out / "research" / "spending").rglob("part-*.csv")).open() as file:
        assert {row["diagnosis"]: int(row["visits"]) for row in csv.DictReader(file)} == large


def _cells(folder: Path, *columns: str) -> Iterator[tuple]:
    for part in folder.rglob("part-*.parquet"):
        table = pq.read_table(part, columns=list(columns))
        yield from zip(*(table.column(name).to_pylist() for name in columns), strict=True)


def test_a_leak_in_a_step_is_refused_with_its_way_and_taken_out_again(facts: dict) -> None:
    assert facts["leak"]["refused"]
    (found,) = facts["leak"]["findings"]
    assert (found["rule"], found["zone"], found["label"]) == (
        "zone-denies-label",
        "partner",
        "phi.diagnosis",
    )
    assert found["path"] == [
        "patients.diagnosis",
        "billed.tariff",
        "feed.rate",
        "sink:partner.rate",
    ]
    text = (files("lockgate.cli.demo") / "leak.yaml").read_text().splitlines()
    for place, word in zip(found["places"][1:3], ("tariff", "rate"), strict=True):
        name, line, column = place.rsplit(":", 2)
        assert name == "pipelines/partner_feed.yaml"
        assert f"AS {word}" in text[int(line) - 1]
        assert int(column) > 1
    assert facts["leak"]["removed"]
    assert not (Path(facts["folder"]) / "pipelines" / "partner_feed.yaml").exists()


def test_the_kept_project_works_and_the_copy_does_not_verify(facts: dict, capsys) -> None:
    folder = Path(facts["folder"])
    assert invoke(["ledger", "verify", "-C", str(folder), "-q"]) == 0
    assert invoke(["check", "-C", str(folder), "-q"]) == 0
    capsys.readouterr()
    code = invoke(["ledger", "verify", "-C", str(folder / "tampered-copy")])
    assert code == ExitCode.INTEGRITY
    assert "LG-602" in capsys.readouterr().err


def test_nothing_protected_is_in_any_zone(facts: dict) -> None:
    folder = Path(facts["folder"])
    with (folder / "data" / "patients.csv").open() as file:
        rows = list(csv.DictReader(file))[:200]
    released = b"".join(p.read_bytes() for p in (folder / "out").rglob("part-*"))
    for row in rows:
        for name in ("mrn", "email", "ssn", "phone", "street", "note"):
            if len(row[name]) >= 8:
                assert row[name].encode() not in released


def test_zones_hold_the_same_rows_in_the_same_order(facts: dict) -> None:
    out = Path(facts["folder"]) / "out"
    costs = [
        pq.read_table(next((out / zone / "patients").rglob("part-*.parquet")))
        .column("cost")
        .to_pylist()
        for zone in ("analytics", "research")
    ]
    assert costs[0] == costs[1]


def test_the_same_seed_gives_the_same_table(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_patients(tmp_path / f"{name}.csv", 2_000)
        write_visits(tmp_path / f"{name}-visits.csv", 500, 2_000)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert (tmp_path / "a-visits.csv").read_bytes() == (tmp_path / "b-visits.csv").read_bytes()


def test_invented_people_cannot_be_real(tmp_path: Path) -> None:
    write_patients(tmp_path / "p.csv", 2_000, dirt=Dirt(0, 0, 0, 0, 0))
    with (tmp_path / "p.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == PATIENTS
    assert len({row["mrn"] for row in rows}) == len(rows)
    for row in rows:
        area, group, _ = row["ssn"].split("-")
        assert int(area) >= 900
        assert int(group) < 50
        assert row["phone"][3:11] == "-555-01" + row["phone"][10]
        assert (
            row["email"].rsplit("@", 1)[1].endswith(("example.com", "example.org", "example.net"))
        )


def test_it_does_not_touch_a_folder_in_use(tmp_path: Path, capsys) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert invoke(["demo", "--keep", str(tmp_path)]) == ExitCode.USAGE
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_scenes_fit_a_hundred_columns(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert invoke(["demo", "--rows", "1000", "--keep", str(tmp_path / "d")]) == 0
    lines = capsys.readouterr().out.splitlines()
    wide = [line for line in lines if len(line.rstrip()) > 100 and "reveal lkg1_" not in line]
    assert not [line for line in wide if str(tmp_path) not in line]
    text = "\n".join(lines)
    for part in (
        "as collected",
        "zone analytics",
        "zone research",
        "zone dev",
        "held back",
        "billed.tariff",
        "zone-denies-label",
        "LG-602",
        "Yours now",
    ):
        assert part in text
