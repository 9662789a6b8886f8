"""Sealed sinks through runs: what lies there, who opens it, and every way it must not open."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from deny import deny
from lockgate.access.action import Action
from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from lockgate.errors import (
    AuthorisationDenied,
    ConfigurationError,
    EnvironmentFailed,
    IntegrityError,
    UsageError,
)
from lockgate.keys.ports import KeyUse
from lockgate.ledger.event import ReleaseIntent, RevealRefused, Unsealed
from small_project import change, make_project

CANARY = "Zanzibar"
PEOPLE = "id,email,born,city\n" + "".join(
    f"{n},p{n}@example.org,19{50 + n % 40}-01-01,{CANARY}\n" for n in range(1, 300)
)
SEALED = """
pipelines:
  people:
    purpose: test
    source: {contract: people, path: data/people.csv, format: csv}
    sinks:
      table: {zone: study, path: out/table, format: parquet, seal: true}
      text: {zone: study, path: out/text, format: csv, seal: true}
      lines: {zone: study, path: out/lines, format: jsonl, seal: true}
      plain: {zone: study, path: out/plain, format: csv}
"""
DOMAIN = "lockgate.seal.people.study"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("template") / "people", PEOPLE)
    (folder / "pipelines/people.yaml").write_text(SEALED)
    with Workspace.open(folder) as workspace:
        workspace.run("people")
    return folder


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "people"))


@pytest.fixture
def workspace(project: Path) -> Iterator[Workspace]:
    with Workspace.open(project) as opened:
        yield opened


def part(project: Path, sink: str) -> Path:
    return max(project.glob(f"out/{sink}/run-*/part-00000.*"), key=lambda p: p.stat().st_mtime_ns)


SINKS = ("table", "text", "lines")


@pytest.mark.parametrize("sink", SINKS)
def test_nothing_that_was_released_stands_in_a_sealed_file(project: Path, sink: str) -> None:
    plain = pacsv.read_csv(part(project, "plain"))
    content = part(project, sink).read_bytes()
    for words in (CANARY, "email", "city", plain["email"][0].as_py(), plain["born"][7].as_py()):
        assert words.encode() not in content
    start = {"table": b"PARE"}.get(sink, b"age-encryption.org/v1\n")
    assert content.startswith(start)


def test_a_sealed_file_comes_back_as_the_plain_one(
    workspace: Workspace, project: Path, tmp_path: Path
) -> None:
    plain = part(project, "plain").read_bytes()
    workspace.unseal(part(project, "text"), purpose="x", to=tmp_path / "a.csv")
    opened = pacsv.read_csv(tmp_path / "a.csv")
    assert len((tmp_path / "a.csv").read_bytes()) == len(plain)
    assert opened["city"].to_pylist() == [CANARY] * 299
    assert (
        opened["email"].to_pylist() == pacsv.read_csv(part(project, "plain"))["email"].to_pylist()
    )

    done = workspace.unseal(part(project, "table"), purpose="x", to=tmp_path / "b.parquet")
    table = pq.read_table(tmp_path / "b.parquet")
    assert done.rows == table.num_rows == 299
    assert table["city"].to_pylist() == [CANARY] * 299
    assert (tmp_path / "b.parquet").stat().st_mode & 0o777 == 0o600

    workspace.unseal(part(project, "lines"), purpose="x", to=tmp_path / "c.jsonl")
    lines = (tmp_path / "c.jsonl").read_text().splitlines()
    assert [json.loads(line)["city"] for line in lines] == [CANARY] * 299


@pytest.mark.parametrize("sink", ["table", "text"])
def test_where_the_contract_cannot_go_along_nothing_is_opened(
    project: Path, workspace: Workspace, tmp_path: Path, sink: str
) -> None:
    (away := tmp_path / "away").mkdir()
    (away / "_contract.odcs.yaml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(EnvironmentFailed, match="the contract cannot be put beside"):
        workspace.unseal(part(project, sink), purpose="x", to=away / "opened")

    assert [one.name for one in away.iterdir()] == ["_contract.odcs.yaml"]
    assert not [e for e in workspace.ledger.read() if isinstance(e.event, Unsealed)]


def test_where_the_plain_file_cannot_be_made_no_contract_is_left(
    project: Path, workspace: Workspace, tmp_path: Path
) -> None:
    (away := tmp_path / "away").mkdir()
    (away / "o.csv").symlink_to(tmp_path / "nowhere")
    with pytest.raises(EnvironmentFailed):
        workspace.unseal(part(project, "text"), purpose="x", to=away / "o.csv")

    assert [one.name for one in away.iterdir()] == ["o.csv"]


@pytest.mark.parametrize(("sink", "name"), [("table", "a.parquet"), ("text", "a.csv")])
def test_what_was_unsealed_can_be_revealed_and_what_is_sealed_says_so(
    workspace: Workspace, project: Path, tmp_path: Path, sink: str, name: str
) -> None:
    if sink == "text":
        with pytest.raises(UsageError, match="sealed"):
            workspace.reveal_file(part(project, sink), "email", purpose="x")
    workspace.unseal(part(project, sink), purpose="x", to=tmp_path / name)
    shown = workspace.reveal_file(tmp_path / name, "email", purpose="x", rows=(1, 2)).values
    assert shown is not None
    assert shown.to_pylist() == ["p1@example.org", "p2@example.org"]


def test_columns_of_sealed_parquet_are_revealed_without_a_plain_file(
    workspace: Workspace, project: Path
) -> None:
    file = part(project, "table")
    before = sorted(file.parent.iterdir())
    shown = workspace.reveal_file(file, ["born", "email"], purpose="x", rows=(298, 400)).table
    assert shown is not None
    assert shown["email"].to_pylist() == ["p298@example.org", "p299@example.org"]
    assert str(shown["born"][0].as_py()) == "1968-01-01"
    assert sorted(file.parent.iterdir()) == before


def test_any_reader_of_arrow_reads_sealed_parquet_with_what_is_released_on_record(
    workspace: Workspace, project: Path
) -> None:
    file = part(project, "table")
    with pytest.raises(OSError, match="decrypt"):
        pq.read_table(file)
    properties = workspace.reveals.decryption_properties(file, purpose="notebook")
    assert pq.read_table(file, decryption_properties=properties)["city"][0].as_py() == CANARY
    last = [entry.event for entry in workspace.ledger.read()][-1]
    assert isinstance(last, Unsealed)
    assert last.purpose == "notebook"
    with pytest.raises(UsageError):
        workspace.reveals.decryption_properties(part(project, "text"), purpose="notebook")


def test_contract_ledger_and_receipt_say_how_it_is_sealed(
    workspace: Workspace, project: Path, tmp_path: Path
) -> None:
    (number,) = [v.number for v in workspace.keyring.versions(DOMAIN) if v.use is KeyUse.ENCRYPTION]
    contract = (part(project, "table").parent / "_contract.odcs.yaml").read_text()
    assert "lockgate.sealed" in contract
    assert DOMAIN in contract
    workspace.unseal(part(project, "text"), purpose="why not", to=tmp_path / "a.csv")
    found = [entry.event for entry in workspace.ledger.read()]
    (intent,) = [event for event in found if isinstance(event, ReleaseIntent)]
    (unsealed,) = [event for event in found if isinstance(event, Unsealed)]
    assert number in intent.receipt.key_numbers
    released = {file.digest for out in intent.receipt.outcomes for file in out.files}
    assert unsealed.file.digest in released
    assert (unsealed.domain, unsealed.purpose) == (DOMAIN, "why not")
    assert unsealed.file.name == "part-00000.csv.age"


def test_the_contract_of_a_sealed_output_is_a_contract(project: Path) -> None:
    beside = part(project, "table").parent / "_contract.odcs.yaml"
    (project / "contracts/output.odcs.yaml").write_text(beside.read_text())
    with Workspace.open(project) as workspace:
        assert workspace.project.contracts["output"].names == ("id", "email", "born", "city")


class TestRotation:
    def test_new_files_take_the_new_version_and_old_ones_open_until_it_is_destroyed(
        self, workspace: Workspace, project: Path, tmp_path: Path
    ) -> None:
        old = {sink: part(project, sink) for sink in SINKS}
        new_version = workspace.keys.rotate(DOMAIN, "x")
        with (project / "data/people.csv").open("a") as more:
            more.write("999,zoe@example.org,1980-01-01,Oslo\n")
        workspace.run("people")
        new = {sink: part(project, sink) for sink in SINKS}
        assert set(old.values()).isdisjoint(new.values())
        for number, file in enumerate([*old.values(), *new.values()]):
            workspace.unseal(file, purpose="x", to=tmp_path / str(number))
        first = min(
            v.number for v in workspace.keyring.versions(DOMAIN) if v.use is KeyUse.ENCRYPTION
        )
        assert first != new_version.number
        (scheduled,) = workspace.keys.schedule_destruction(DOMAIN, 1, "x")
        assert scheduled.number == first
        for number, file in enumerate(old.values()):
            with pytest.raises(IntegrityError, match="does not open"):
                workspace.unseal(file, purpose="x", to=tmp_path / f"gone-{number}")
            assert not (tmp_path / f"gone-{number}").exists()
        for number, file in enumerate(new.values()):
            workspace.unseal(file, purpose="x", to=tmp_path / f"still-{number}")


class TestAttacks:
    """One error for all of them, and no plain file is left."""

    def refused(self, workspace: Workspace, file: Path, to: Path) -> None:
        with pytest.raises(IntegrityError) as error:
            workspace.unseal(file, purpose="x", to=to)
        assert error.value.message == "the sealed file does not open"
        assert not to.exists()
        last = [entry.event for entry in workspace.ledger.read()][-1]
        assert isinstance(last, RevealRefused)
        assert last.code == "LG-601"

    @pytest.mark.parametrize("sink", SINKS)
    @pytest.mark.parametrize("damage", ["cut", "grown", "turned", "empty"])
    def test_a_damaged_file(
        self, workspace: Workspace, project: Path, tmp_path: Path, sink: str, damage: str
    ) -> None:
        file = part(project, sink)
        content = file.read_bytes()
        middle = len(content) // 2
        file.write_bytes(
            {
                "cut": content[:-40],
                "grown": content + b"\0",
                "turned": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
                "empty": b"",
            }[damage]
        )
        self.refused(workspace, file, tmp_path / "out")

    @pytest.mark.parametrize("sink", SINKS)
    def test_files_of_two_runs_exchanged(
        self, workspace: Workspace, project: Path, tmp_path: Path, sink: str
    ) -> None:
        old = part(project, sink)
        change(project / "data/people.csv", "1,p1@", "1,q1@")
        workspace.run("people")
        new = part(project, sink)
        assert new != old
        if sink == "table":  # an age header has chaff of random length
            assert new.stat().st_size == old.stat().st_size
        old.write_bytes(new.read_bytes())
        self.refused(workspace, old, tmp_path / "out")

    def test_a_forged_manifest_that_lists_a_file_under_another_name(
        self, workspace: Workspace, project: Path, tmp_path: Path
    ) -> None:
        file = part(project, "table")
        manifest = file.parent / "_manifest.json"
        renamed = file.with_name("part-00001.parquet")
        manifest.write_text(manifest.read_text().replace(file.name, renamed.name))
        file.rename(renamed)
        self.refused(workspace, renamed, tmp_path / "out")

    def test_a_sealed_file_of_another_project(
        self, workspace: Workspace, project: Path, tmp_path: Path
    ) -> None:
        other = make_project(tmp_path / "other", PEOPLE)
        (other / "pipelines/people.yaml").write_text(SEALED)
        with Workspace.open(other) as theirs:
            theirs.run("people")
        for sink in ("table", "text"):
            self.refused(workspace, part(other, sink), tmp_path / "out")

    def test_a_contract_that_names_another_domain(
        self, workspace: Workspace, project: Path, tmp_path: Path
    ) -> None:
        for sink in ("table", "text"):
            file = part(project, sink)
            contract = file.parent / "_contract.odcs.yaml"
            said = contract.read_text()
            for forged in ("lockgate.digests", "email", "lockgate.seal.people.coarse"):
                contract.write_text(said.replace(DOMAIN, forged))
                with pytest.raises(IntegrityError, match="does not open"):
                    workspace.unseal(file, purpose="x", to=tmp_path / "out")
                assert not (tmp_path / "out").exists()
        assert not [e for e in workspace.ledger.read() if isinstance(e.event, Unsealed)]

    def test_another_runs_file_with_a_manifest_that_agrees(
        self,
        workspace: Workspace,
        project: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Even if the keyed digest did not tell: Parquet's key knows its run."""
        from lockgate.adapters.connectors.files import unseal

        monkeypatch.setattr(unseal, "same_digest", lambda *_: True)
        old = part(project, "table")
        change(project / "data/people.csv", "1,p1@", "1,q1@")
        workspace.run("people")
        old.write_bytes(part(project, "table").read_bytes())
        self.refused(workspace, old, tmp_path / "out")

    @pytest.mark.parametrize("sink", ["table", "text"])
    def test_a_genuine_file_cut_short_with_a_manifest_that_agrees(
        self,
        workspace: Workspace,
        project: Path,
        tmp_path: Path,
        sink: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Even if the keyed digest did not tell: the format's own seal does."""
        from lockgate.adapters.connectors.files import unseal

        monkeypatch.setattr(unseal, "same_digest", lambda *_: True)
        file = part(project, sink)
        content = file.read_bytes()
        file.write_bytes(content[:-64] + bytes(64))
        self.refused(workspace, file, tmp_path / "out")
        if sink == "table":
            with pytest.raises(IntegrityError, match="does not open"):
                workspace.reveal_file(file, "email", purpose="x")


def test_without_permission_nothing_is_opened(
    workspace: Workspace, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def everything(action: Action, what: str) -> bool:
        asked.append((action.value, what))
        return True

    deny(monkeypatch, everything)
    with pytest.raises(AuthorisationDenied):
        workspace.unseal(part(project, "text"), purpose="x", to=tmp_path / "a.csv")
    with pytest.raises(AuthorisationDenied):
        workspace.reveal_file(part(project, "table"), "email", purpose="x")
    with pytest.raises(AuthorisationDenied):
        workspace.reveals.decryption_properties(part(project, "table"), purpose="x")
    assert asked == [("unseal", "people.study")] * 3
    assert not (tmp_path / "a.csv").exists()


def test_a_file_that_is_there_is_not_written_over(
    workspace: Workspace, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("mine")
    with pytest.raises(EnvironmentFailed):
        workspace.unseal(part(project, "text"), purpose="x", to=tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "mine"
    with pytest.raises(UsageError, match="not sealed"):
        workspace.unseal(part(project, "plain"), purpose="x", to=tmp_path / "b.csv")


def test_the_age_program_opens_what_was_sealed_to_its_recipient(
    project: Path, tmp_path: Path
) -> None:
    pyrage = pytest.importorskip("pyrage")
    identity = pyrage.x25519.Identity.generate()
    change(
        project / "pipelines/people.yaml",
        "path: out/text, format: csv, seal: true",
        f"path: out/text, format: csv, seal: {{recipients: [{identity.to_public()}]}}",
    )
    with Workspace.open(project) as workspace:
        workspace.run("people")
        file = part(project, "text")
        workspace.unseal(file, purpose="x", to=tmp_path / "ours.csv")
    ours = (tmp_path / "ours.csv").read_bytes()
    assert pyrage.decrypt(file.read_bytes(), [identity]) == ours
    program = os.environ.get("AGE") or shutil.which("age")
    if program is None:
        pytest.skip("the program age is not installed (Debian: age)")
    (tmp_path / "key").write_text(f"{identity}\n")
    command = [program, "--decrypt", "-i", str(tmp_path / "key"), str(file)]
    assert subprocess.run(command, capture_output=True, check=True).stdout == ours


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("format: csv, seal: true", "format: csv, seal: {recipients: [age1x]}", "not written as"),
        ("format: csv, seal: true", "format: csv, seal: {recipients: []}", "recipients is empty"),
        ("format: csv, seal: true", "format: csv, seal: maybe", ""),
        (
            "format: parquet, seal: true",
            "format: parquet, seal: {recipients: [age1" + "q" * 58 + "]}",
            "recipients are for sealed csv",
        ),
    ],
)
def test_a_seal_that_is_not_understood_is_refused(
    project: Path, old: str, new: str, problem: str
) -> None:
    change(project / "pipelines/people.yaml", old, new)
    with pytest.raises(ConfigurationError) as refused:
        Workspace.open(project)
    assert any(problem in one.message for one in refused.value.problems)


def test_sealing_is_part_of_the_plan(project: Path) -> None:
    with Workspace.open(project) as workspace:
        before = workspace.check().plans["people"].digest
    change(
        project / "pipelines/people.yaml",
        "path: out/text, format: csv, seal: true",
        "path: out/text, format: csv",
    )
    with Workspace.open(project) as workspace:
        assert workspace.check().plans["people"].digest != before


def test_several_parts_are_sealed_each_for_itself(project: Path, tmp_path: Path) -> None:
    text = (project / "pipelines/people.yaml").read_text()
    (project / "pipelines/people.yaml").write_text(
        text.replace("seal: true", "seal: true, parts: 4")
    )
    rows = "".join(f"{n},p{n}@example.org,1980-01-01,{CANARY}\n" for n in range(1_000, 150_000))
    with (project / "data/people.csv").open("a") as more:
        more.write(rows)
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
        for sink in SINKS:
            files = sorted(result.sinks[sink].glob("part-*"))
            opened = [
                workspace.unseal(file, purpose="x", to=tmp_path / f"{sink}-{file.name}").rows
                for file in files
            ]
            assert sum(opened) == 299 + 149_000
            assert all(CANARY.encode() not in file.read_bytes() for file in files)
        first = pq.ParquetFile(tmp_path / "table-part-00000.parquet")
        assert first.metadata.row_group(0).column(0).statistics is None


def test_a_command_unseals(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["unseal", str(part(project, "table")), "--to", str(tmp_path / "a.parquet")]
    assert invoke([*words, "--purpose", "x", "--json", "-C", str(project)]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 299
    assert pa.types.is_binary(pq.read_table(tmp_path / "a.parquet").schema.field("email").type)
    assert invoke([*words, "--purpose", "x", "-C", str(project)]) == 9
