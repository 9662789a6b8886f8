"""The examples as a newcomer would run them, command by command."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lockgate.cli.main import invoke
from lockgate.errors import ExitCode
from session_cases import people_of


@pytest.fixture(scope="module")
def clinic(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples") / "clinic"
    shutil.copytree(repository / "examples" / "clinic", folder)
    assert invoke(["init", str(folder), "--quiet"]) == 0
    assert invoke(["keys", "init", "-q", "-C", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def run(clinic: Path) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "lockgate", "run", "nightly", "--json", "--project", str(clinic)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for line in done.stderr.splitlines():
        record = json.loads(line)
        assert {"ts", "level", "logger", "event", "run_id", "batch_id"} <= set(record)
    return json.loads(done.stdout)


def answer(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict:
    capsys.readouterr()
    assert invoke([*words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_check_proves_and_explains(clinic: Path, capsys) -> None:
    found = answer(capsys, "check", "-C", str(clinic))
    assert found["ok"]
    columns = {
        (c["sink"], c["source"]): c["treatment"] for c in found["plans"]["nightly"]["columns"]
    }
    assert columns["billing", "full_name"] == "encrypt"
    assert columns["analytics", "full_name"] == "hash"
    assert columns["billing", "diagnosis"] == "drop"


def test_run_releases_and_keeps_the_bad_rows(run: dict, clinic: Path) -> None:
    assert run["status"] == "released"
    receipt = run["receipt"]
    assert (receipt["rows_read"], receipt["rows_accepted"], receipt["rows_rejected"]) == (12, 8, 4)
    table = pq.read_table(next(Path(run["sinks"]["analytics"]).glob("part-*.parquet")))
    assert table.num_rows == 8
    tokens = table.column("email").to_pylist()
    assert tokens[0] == tokens[3], "one person, written in two ways, is one token"
    clear = (clinic / "data" / "visits.csv").read_text().split("\n")[1].split(",")
    released = b"".join(p.read_bytes() for p in (clinic / "out").rglob("*") if p.is_file())
    for value in (clear[2], clear[3], clear[4], clear[5]):
        assert value.encode() not in released


def test_running_again_releases_nothing_new(run: dict, clinic: Path, capsys) -> None:
    again = answer(capsys, "run", "-C", str(clinic))
    assert again["status"] == "already-released"
    assert len(list((clinic / "out" / "analytics").iterdir())) == 1


def test_quarantine_says_where_and_why(run: dict, clinic: Path, capsys) -> None:
    shown = answer(capsys, "quarantine", "show", "-C", str(clinic))
    assert [row["line"] for row in shown["rows"]] == [6, 7, 9, 10]
    reasons = {r["column"] for row in shown["rows"] for r in row["reasons"]}
    assert reasons == {"birth_date", "email", "patient_no", "charge"}
    assert "values" not in shown["rows"][0]
    assert "olsen" not in json.dumps(shown).lower()
    listed = answer(capsys, "quarantine", "list", "-C", str(clinic))
    assert listed["quarantines"][0]["rows"] == 4


def test_quarantine_values_need_a_purpose(run: dict, clinic: Path, capsys) -> None:
    words = ["quarantine", "show", "--values", "-C", str(clinic)]
    assert answer(capsys, *words, code=ExitCode.USAGE)["error"]["code"] == "LG-100"
    shown = answer(capsys, *words, "--purpose", "mend")
    assert "freya.olsen" in json.dumps(shown)


def test_quarantine_on_a_terminal(run: dict, clinic: Path, capsys) -> None:
    for extra in ([], ["--values", "--purpose", "mend"]):
        capsys.readouterr()
        assert invoke(["quarantine", "show", "-C", str(clinic), *extra]) == 0
        text = capsys.readouterr().out
        assert "email: " in text
        assert ("freya.olsen" in text) is bool(extra)


def test_reveal_a_value_and_a_column(run: dict, clinic: Path, capsys, tmp_path) -> None:
    part = next(Path(run["sinks"]["billing"]).glob("part-*.csv"))
    with part.open() as file:
        frame = next(csv.DictReader(file))["email"]
    found = answer(capsys, "reveal", frame, "--purpose", "call back", "-C", str(clinic))
    assert found["values"] == ["ada.lindgren@example.com"]
    words = ["reveal", "--file", str(part), "--column", "full_name", "--purpose", "call back"]
    column = answer(capsys, *words, "-C", str(clinic))
    assert column["rows"] == 8
    assert column["values"][0] == "Ada Lindgren"
    out = clinic / "out" / "names.csv"
    written = answer(capsys, *words, "--to", str(out), "-C", str(clinic))
    assert written["values"] == []
    assert out.stat().st_mode & 0o077 == 0
    assert "Ada Lindgren" in out.read_text()


def test_reveal_needs_a_purpose(clinic: Path, capsys) -> None:
    assert answer(capsys, "reveal", "lkg1_x", code=ExitCode.USAGE)["error"]["code"] == "LG-100"


def test_damaged_frame_does_not_open(run: dict, clinic: Path, capsys) -> None:
    words = ["reveal", "lkg1_" + "A" * 40, "--purpose", "x", "-C", str(clinic)]
    capsys.readouterr()
    assert invoke(words) in (ExitCode.INTEGRITY, ExitCode.AUTHORISATION)
    assert "A" * 40 not in capsys.readouterr().err


def test_ledger_shows_and_verifies(run: dict, clinic: Path, capsys, tmp_path) -> None:
    capsys.readouterr()
    assert invoke(["ledger", "show", "--last", "500", "-C", str(clinic), "--json"]) == 0
    events = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    kinds = {event["kind"] for event in events}
    assert {
        "ledger.created",
        "key.created",
        "run.started",
        "release.intent",
        "release.done",
    } <= kinds
    assert all(event["principal"] and event["purpose"] for event in events)
    assert answer(capsys, "ledger", "verify", "-C", str(clinic))["ok"]
    assert invoke(["ledger", "checkpoint", "-C", str(clinic)]) == 0
    held = tmp_path / "checkpoint.txt"
    held.write_text(capsys.readouterr().out)
    found = answer(capsys, "ledger", "verify", "-C", str(clinic), "--held", str(held))
    assert found["held"] == 1


def test_keys_are_listed_without_material_and_rotate(clinic: Path, capsys) -> None:
    before = answer(capsys, "keys", "list", "-C", str(clinic))
    assert "email" in {domain["name"] for domain in before["domains"]}
    assert '"wrapped"' not in json.dumps(before)
    rotated = answer(capsys, "keys", "rotate", "email", "-C", str(clinic))
    assert (rotated["use"], rotated["version"]) == ("encryption", 2)
    assert answer(capsys, "keys", "init", "-C", str(clinic)) == {"created": []}


def test_contract_is_explained_and_written_as_code(clinic: Path, capsys) -> None:
    shown = answer(capsys, "contract", "show", "-C", str(clinic))
    by_name = {column["name"]: column for column in shown["columns"]}
    assert by_name["email"]["labels"] == ["pii.email"]
    assert by_name["charge"]["judged"] in ("exact", "accept-only", "fallback")
    capsys.readouterr()
    assert invoke(["contract", "code", "-C", str(clinic)]) == 0
    compile(capsys.readouterr().out, "model", "exec")


def test_doctor_finds_a_project_in_order(clinic: Path, capsys) -> None:
    found = answer(capsys, "doctor", "-C", str(clinic))
    assert found["ok"], found


def test_doctor_finds_open_permissions(clinic: Path, capsys) -> None:
    key = clinic / ".lockgate" / "ledger.key"
    key.chmod(0o644)
    try:
        found = answer(capsys, "doctor", "-C", str(clinic), code=ExitCode.ENVIRONMENT)
    finally:
        key.chmod(0o600)
    assert any("ledger.key" in item["found"] + item["advice"] for item in found["findings"])


@pytest.mark.parametrize(
    "words",
    [["check"], ["check", "--why"], ["check", "--fix"], ["run"], ["keys", "list"], ["doctor"],
     ["ledger", "show"], ["ledger", "verify"], ["contract", "show"], ["quarantine", "list"]],
    ids=" ".join,
)  # fmt: skip
def test_every_screen_is_drawn(words: list[str], run: dict, clinic: Path, capsys) -> None:
    capsys.readouterr()
    assert invoke([*words, "-C", str(clinic)]) == 0
    assert capsys.readouterr().out.strip()


def test_library_example_runs(repository: Path, tmp_path: Path) -> None:
    folder = tmp_path / "library"
    shutil.copytree(repository / "examples" / "library", folder)
    assert invoke(["init", str(folder), "-q"]) == 0
    readme = (folder / "README.md").read_text()
    added = readme.split("<<'YAML'\n")[1].split("YAML\n")[0]
    project = folder / "lockgate.yaml"
    project.write_text(project.read_text() + added)
    done = subprocess.run(
        [sys.executable, "protect_a_frame.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 released: patient_no, email, visited_on, charge")
    assert "rejected row 3" in done.stdout


def test_service_example_asks_at_every_request(repository: Path, tmp_path: Path) -> None:
    folder = tmp_path / "service"
    shutil.copytree(repository / "examples" / "service", folder)
    assert invoke(["init", str(folder), "-q"]) == 0
    with people_of(folder) as people:
        officer, eve = people.token("officer", "privacy_officer"), people.token("eve")
        asked = [
            f"/P-1001 {officer.reveal()}",
            f"/P-1001/Bergen {officer.reveal()}",
            f"/P-1001/x {officer.reveal()}",
            f"/P-1002 {eve.reveal()}",
            "/P-1002 not-a-token",
        ]
    done = subprocess.run(
        [sys.executable, "desk.py"],
        input="\n".join(asked),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = [line.split(" -> ")[1] for line in done.stdout.splitlines()]
    assert answers == [
        "200 OK: Oslo",
        "200 OK: Bergen",
        "403 Forbidden: LG-401",
        "403 Forbidden: LG-501",
        "403 Forbidden: LG-506",
    ]
    assert officer.reveal() not in done.stdout + done.stderr
    with people_of(folder) as people:
        calls = [(e.action, e.reason) for e in people.told("call.audited")]
        assert calls == [
            ("read-address", "returned"),
            ("change-address", "returned"),
            ("read-address", "returned"),
        ]
        assert people.denials() == [("user:eve", "no-role")]
