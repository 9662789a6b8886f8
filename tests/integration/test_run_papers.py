"""What a run leaves beside its rows: output contracts, subject handles, a receipt, its reasons."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from blake3 import blake3

from keys_at_hand import raw_keyring, with_any_key
from lockgate.assemble.workspace import Workspace
from lockgate.assemble.yaml_document import read_document
from lockgate.errors import KeyUnavailable, PlanRefused, SourceError, TooManyRejected
from lockgate.kernel import load
from lockgate.kernel.interface import HashAlgorithm, Normaliser
from lockgate.keys.ports import KeyUse
from lockgate.ledger.event import Event, RunRefused
from lockgate.run.runner import RunResult
from lockgate.run.sealed_file import read_sealed, sealed_key_number
from small_project import ROWS, change, make_project

SUBJECTS = "lockgate.subjects"
EMAILS = ROWS + "6,Ann@Example.org ,,\n7,,,\n"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("template") / "people")


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "people"))


def subject_is_email(project: Path) -> None:
    contract = project / "contracts/people.odcs.yaml"
    change(contract, "          - {property: lockgate.subject, value: true}\n", "")
    plain = "[{property: lockgate.label, value: pii.email}]"
    both = (
        "[{property: lockgate.label, value: pii.email}, {property: lockgate.subject, value: true}]"
    )
    change(contract, plain, both)
    (project / "data/people.csv").write_text(EMAILS)


def described(result: RunResult, sink: str) -> dict[str, dict[str, Any]]:
    """The custom properties of each column in a sink's output contract."""
    document = read_document(result.sinks[sink] / "_contract.odcs.yaml").data
    return {
        item["name"]: {
            "required": item["required"],
            **{
                p["property"].removeprefix("lockgate."): p["value"]
                for p in item["customProperties"]
            },
        }
        for item in document["schema"][0]["properties"]
    }


def manifest(workspace: Workspace, run_id: str) -> tuple[bytes, list[bytes]]:
    """A run's subject manifest: its bytes on the disk and the records inside."""
    path = workspace.context.sealed_path("subjects", run_id)
    key = (
        raw_keyring(workspace)
        .derive(SUBJECTS, KeyUse.ENCRYPTION, ("manifest",), 32, number=sealed_key_number(path))
        .key
    )
    return path.read_bytes(), list(read_sealed(path, lambda _: key, "subjects", run_id))


def handles(workspace: Workspace, values: list[Any], normaliser: Normaliser) -> list[bytes]:
    """The handles those subjects have in this project, in order."""
    key = raw_keyring(workspace).derive(SUBJECTS, KeyUse.INDEX, ("handle",), 32).key
    made = load().hash(pa.array(values), normaliser, key, HashAlgorithm.AES_CMAC, text=False)
    return sorted(set(made.to_pylist()))


def test_labels_do_not_die_at_a_sink(project: Path) -> None:
    change(project / "policy/zones.yaml", "pii: encrypt", "pii: {encrypt: {index: true}}")
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
        keys = {(v.domain, v.use): v.number for v in workspace.keyring.versions()}
    study = described(result, "study")
    token, born = keys["email", KeyUse.INDEX], study["born"]["domain"]
    encrypted, index = keys[born, KeyUse.ENCRYPTION], keys[born, KeyUse.INDEX]
    assert study["email"] == {
        "required": True,
        "label": f"pseudonym(pii.email; domain=email; key={token})",
        "id": "email",
        "source_contract": "people",
        "domain": "email",
        "key_number": token,
        "treatment": "tokenize",
    }
    assert study["born"]["label"] == f"encrypted(pii.birth_date; domain={born}; key={encrypted})"
    assert (study["born"]["required"], study["born"]["key_number"]) == (False, encrypted)
    assert study["born_index"]["key_number"] == index
    assert study["city"]["label"] == "public"
    assert described(result, "coarse")["born"]["label"] == "generalized(pii.birth_date)"
    assert set(result.receipt.key_numbers) == {
        keys["email", KeyUse.INDEX],
        keys[study["id"]["domain"], KeyUse.INDEX],
        encrypted,
        index,
    }


def test_subjects_are_kept_as_sealed_keyed_handles_of_accepted_rows(project: Path) -> None:
    subject_is_email(project)
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
        raw, records = manifest(workspace, result.run_id)
        accepted = ["ann@example.org", "bob@example.org", "dave@example.org"]
        expected = handles(workspace, accepted, Normaliser.EMAIL)
    assert result.receipt.rows_accepted == 4
    assert records == [b"".join(expected)]
    for handle in expected:
        assert handle not in raw
    assert b"example.org" not in raw


def test_the_same_subject_has_another_handle_in_another_project(
    project: Path, tmp_path: Path
) -> None:
    found = []
    for folder in (project, make_project(tmp_path / "other")):
        with Workspace.open(folder) as workspace:
            run_id = workspace.run("people").run_id
            found.append(manifest(workspace, run_id)[1])
            assert found[-1] == [b"".join(handles(workspace, [1, 2, 5], Normaliser.EXACT))]
    assert found[0] != found[1]


def test_a_receipt_names_every_file_by_a_keyed_digest(project: Path) -> None:
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
        key = with_any_key(workspace.context).digest_key()
        sealed = {
            record.name: (workspace.context.sealed_path(kind, result.run_id), record)
            for kind, record in (
                ("quarantine", result.receipt.quarantine),
                ("subjects", result.receipt.subject_manifest),
            )
            if record is not None
        }
    files = list(sealed.values())
    assert len(files) in (1, 2)
    assert {outcome.sink: outcome.zone for outcome in result.receipt.outcomes} == {
        "study": "study",
        "coarse": "coarse",
    }
    for outcome in result.receipt.outcomes:
        assert outcome.rows == 3
        names = {record.name for record in outcome.files}
        assert names == {path.name for path in result.sinks[outcome.sink].iterdir()}
        files += [(result.sinks[outcome.sink] / r.name, r) for r in outcome.files]
    for path, record in files:
        content = path.read_bytes()
        assert record.size == len(content)
        assert record.digest == blake3(content, key=key).hexdigest()


def test_digests_differ_between_projects(project: Path, tmp_path: Path) -> None:
    keys = set()
    for folder in (project, make_project(tmp_path / "other")):
        with Workspace.open(folder) as workspace:
            keys.add(with_any_key(workspace.context).digest_key())
    assert len(keys) == 2


def test_a_rule_about_the_whole_dataset_refuses_the_run(project: Path) -> None:
    change(
        project / "contracts/people.odcs.yaml",
        "      - name: id\n",
        "      - name: id\n        unique: true\n",
    )
    (project / "data/people.csv").write_text(ROWS + "5,eve@example.org,,\n")
    with Workspace.open(project) as workspace:
        with pytest.raises(SourceError, match="do not hold"):
            workspace.run("people")
    assert not list(project.glob("out/*/run-*"))
    (project / "data/people.csv").write_text(ROWS + "6,eve@example.org,,\n3,nobody,,\n")
    with Workspace.open(project) as workspace:
        assert workspace.run("people").receipt.rows_accepted == 4, "rejected rows do not count"


def test_exactly_as_many_rejected_rows_as_allowed_are_allowed(project: Path) -> None:
    change(project / "contracts/people.odcs.yaml", "value: 0.5", "value: 0.4")
    with Workspace.open(project) as workspace:
        assert workspace.run("people").receipt.rows_rejected == 2
    (project / "data/people.csv").write_text(ROWS + "x,nobody,,\n")
    with Workspace.open(project) as workspace, pytest.raises(TooManyRejected):
        workspace.run("people")


def test_a_replay_may_reject_more_than_the_contract_allows_a_run(project: Path) -> None:
    rows = ROWS + "x,nobody,,\ny,nobody,,\n7,eve@example.org,,\n"
    (project / "data/people.csv").write_text(rows)
    with Workspace.open(project) as workspace:
        first = workspace.run("people")
    change(project / "contracts/people.odcs.yaml", "maxLength: 20", "maxLength: 60")
    with Workspace.open(project) as workspace:
        again = workspace.quarantine_replay(first.run_id)
    assert (again.receipt.rows_accepted, again.receipt.rows_rejected) == (1, 3)
    assert again.receipt.replay_of == first.run_id


def test_a_replay_keeps_broken_rows_and_first_positions(project: Path) -> None:
    (project / "data/people.csv").write_text(ROWS + "6,only two\n")
    with Workspace.open(project) as workspace:
        first = workspace.run("people")
    change(project / "contracts/people.odcs.yaml", "maxLength: 20", "maxLength: 60")
    with Workspace.open(project) as workspace:
        again = workspace.quarantine_replay(first.run_id)
        rows = workspace.quarantine_rows(again.run_id, values=True, purpose="look", limit=None)
    assert again.receipt.rejected_by_reason == {
        "email: string_pattern_mismatch": 1,
        "wrong_column_count": 1,
    }
    assert rows.column("row").to_pylist() == [3, 6]
    assert rows.column("line").to_pylist() == [4, 7]
    assert [raw.strip() for raw in rows.column("raw").to_pylist() if raw] == [b"6,only two"]


def test_a_replay_judges_rows_in_the_mode_they_were_read_in(project: Path) -> None:
    lines = [
        {"id": 1, "email": "ann@example.org", "city": "a city with a name that is too long"},
        {"id": "2", "email": "bob@example.org", "city": "Oslo"},
        {"id": 3, "email": "carol@example.org", "city": "Rome"},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (project / "data/people.jsonl").write_text(text)
    change(
        project / "pipelines/people.yaml", "people.csv, format: csv", "people.jsonl, format: jsonl"
    )
    with Workspace.open(project) as workspace:
        first = workspace.run("people")
        assert first.receipt.rows_rejected == 1
    change(project / "contracts/people.odcs.yaml", "maxLength: 20", "maxLength: 60")
    with Workspace.open(project) as workspace:
        assert workspace.quarantine_replay(first.run_id).receipt.rows_accepted == 1


def test_columns_that_were_not_read_are_named(project: Path) -> None:
    change(
        project / "pipelines/people.yaml",
        "format: csv}\n    sinks",
        "format: csv, ignore: [born]}\n    sinks",
    )
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
    assert result.receipt.not_read == ("born",)
    assert "born" not in described(result, "study")


def test_a_refused_plan_is_recorded(project: Path) -> None:
    change(project / "policy/zones.yaml", "pii.email: tokenize", "pii.email: deny")
    with Workspace.open(project) as workspace:
        with pytest.raises(PlanRefused):
            workspace.run("people")
        refused: Event = [entry.event for entry in workspace.ledger.read()][-1]
    assert isinstance(refused, RunRefused)
    assert (refused.run_id, refused.pipeline, refused.code) == (None, "people", PlanRefused.code)


def test_a_witness_outside_the_database_holds_the_newest_checkpoint(project: Path) -> None:
    with Workspace.open(project) as workspace:
        workspace.run("people")
        assert workspace.ledger.verify().witnessed == workspace.ledger.verify().size > 0


def test_a_root_key_of_another_project_is_refused_when_the_project_is_opened(
    project: Path, tmp_path: Path
) -> None:
    other = make_project(tmp_path / "other")
    (project / ".lockgate/root.key").write_bytes((other / ".lockgate/root.key").read_bytes())
    with Workspace.open(project) as workspace, pytest.raises(KeyUnavailable, match="another root"):
        workspace.keys.check()


def test_log_records_of_a_run_hold_counts_and_names_only(
    project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="lockgate")
    with Workspace.open(project) as workspace:
        workspace.run("people")
    own = set(logging.LogRecord("", 0, "", 0, "", None, None).__dict__) | {"message"}
    extras = [
        (name, value)
        for record in caplog.records
        for name, value in record.__dict__.items()
        if name not in own and record.name != "lockgate.security"  # test_security_log.py
    ]
    assert {type(value) for name, value in extras if name != "pipeline"} == {int}
    assert {value for name, value in extras if name == "pipeline"} == {"people"}


def test_private_folders_and_sealed_files_are_the_owners_alone(project: Path) -> None:
    with Workspace.open(project) as workspace:
        workspace.run("people")
    home = project / ".lockgate"
    for path in (home, *home.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path.name
    for kind in ("quarantine", "subjects"):
        assert (home / kind).stat().st_mode & 0o777 == 0o700
