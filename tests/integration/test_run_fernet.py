"""Fernet through runs, key versions, imports, both forms and every way to reveal."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from cryptography.fernet import Fernet, InvalidToken

from keys_at_hand import raw_keyring
from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from lockgate.errors import IntegrityError, KeyUnavailable, UsageError
from lockgate.keys.ports import KeyState, KeyUse
from lockgate.ledger.event import Revealed
from lockgate.secret import SecretBytes, SecretText
from small_project import change, make_project

EMAILS = ["ann@example.org", "BOB@example.org", "dave@example.org"]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("template") / "people")
    change(
        folder / "policy/zones.yaml",
        "pii.email: tokenize, public: allow",
        "pii.email: fernet, public: allow",
    )
    return folder


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "people"))


@pytest.fixture
def workspace(project: Path) -> Iterator[Workspace]:
    with Workspace.open(project) as opened:
        yield opened


def run(workspace: Workspace) -> Path:
    return next(workspace.run("people").sinks["study"].glob("part-*"))


def tokens(file: Path) -> list[str]:
    values: list[str] = pacsv.read_csv(file).column("email").to_pylist()
    return values


def another_input(workspace: Workspace) -> None:
    """A run of the same input is not repeated."""
    with (workspace.project.folder / "data/people.csv").open("a") as more:
        more.write("9,dave@example.org,2001-05-05,\n")


def secret() -> tuple[str, SecretText]:
    key = Fernet.generate_key().decode()
    return key, SecretText(key)


def test_values_come_back_exactly_and_tokens_tell_the_day_only(workspace: Workspace) -> None:
    file = run(workspace)
    shown = workspace.reveal_file(file, "email", purpose="x").values
    assert shown is not None
    assert shown.to_pylist() == EMAILS
    assert workspace.reveal_values(tokens(file)[1:2], purpose="x") == ["BOB@example.org"]
    key = raw_keyring(workspace).fernet_keys("email")[0]
    library = Fernet(base64.urlsafe_b64encode(key.key.reveal()))
    told = {library.extract_timestamp(token) for token in tokens(file)}
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert told <= {int(today.timestamp()), int(today.timestamp()) - 86_400}


def test_parquet_holds_the_same_characters_as_bytes(project: Path) -> None:
    pipeline = project / "pipelines/people.yaml"
    change(pipeline, "out/study, format: csv", "out/study, format: parquet")
    with Workspace.open(project) as workspace:
        file = run(workspace)
        column = pq.read_table(file).column("email")
        assert column.type == pa.binary()
        assert all(token.startswith(b"gAAAAA") for token in column.to_pylist())
        shown = workspace.reveal_file(file, "email", purpose="x").values
        assert shown is not None
        assert shown.to_pylist() == EMAILS
        assert workspace.reveal_values([column[0].as_py()], purpose="x") == EMAILS[:1]


def test_the_outputs_contract_says_what_it_became(workspace: Workspace) -> None:
    file = run(workspace)
    contract = (file.parent / "_contract.odcs.yaml").read_text()
    number = raw_keyring(workspace).fernet_keys("email")[0].number
    assert f"encrypted(pii.email; domain=email; key={number})" in contract


def test_three_versions_live_in_one_file_and_a_destroyed_one_opens_nothing(
    workspace: Workspace,
) -> None:
    files = [run(workspace)]
    for _ in range(2):
        another_input(workspace)
        workspace.rotate("email")
        files.append(run(workspace))
    mixed = files[0]
    table = pacsv.read_csv(mixed)
    column = [tokens(file)[row] for row, file in enumerate(files)]
    pacsv.write_csv(table.set_column(1, "email", pa.array(column)), mixed)

    shown = workspace.reveal_file(mixed, "email", purpose="x").values
    assert shown is not None
    assert shown.to_pylist() == EMAILS
    last = [e.event for e in workspace.ledger.read() if isinstance(e.event, Revealed)][-1]
    assert len(last.key_numbers) == 3

    raw_keyring(workspace).destroy(min(last.key_numbers))
    with pytest.raises(IntegrityError, match="1 of 3 values"):
        workspace.reveal_file(mixed, "email", purpose="x")
    with pytest.raises(IntegrityError, match="value 1 opens at no column"):
        workspace.reveal_values(column[:1], purpose="x")
    assert workspace.reveal_values(column[1:], purpose="x") == EMAILS[1:]


def test_an_imported_key_opens_what_a_program_wrote_and_writes_only_if_told(
    workspace: Workspace, tmp_path: Path
) -> None:
    text, key = secret()
    program = Fernet(text)
    theirs = tmp_path / "theirs.csv"
    cells = [program.encrypt(email.encode()).decode() for email in EMAILS]
    theirs.write_text("who;mail\n" + "".join(f"{n};{c}\n" for n, c in enumerate(cells)))
    with pytest.raises(IntegrityError, match="3 of 3 values"):
        workspace.reveal_file(theirs, "mail", purpose="x", fernet_of="people.email")

    opens = workspace.keys.import_fernet("email", key, "migration")
    assert (opens.use, opens.state) == (KeyUse.FERNET, KeyState.DECRYPT_ONLY)
    shown = workspace.reveal_file(theirs, "mail", purpose="x", fernet_of="people.email").values
    assert shown is not None
    assert shown.to_pylist() == EMAILS
    assert workspace.reveal_values(cells, purpose="x") == EMAILS
    with pytest.raises(InvalidToken):
        program.decrypt(tokens(run(workspace))[0])

    other, writing = secret()
    assert workspace.keys.import_fernet("email", writing, "shared", writes=True).state == "primary"
    another_input(workspace)
    assert Fernet(other).decrypt(tokens(run(workspace))[0]) == b"ann@example.org"
    workspace.rotate("email")  # of the domain: what programs hold goes on writing
    assert raw_keyring(workspace).fernet_keys("email")[0].key.reveal() == base64.urlsafe_b64decode(
        other
    )


def test_a_second_key_that_writes_takes_over_and_the_first_still_opens(
    workspace: Workspace,
) -> None:
    (one, first), (two, second) = secret(), secret()
    workspace.keys.import_fernet("email", first, "x", writes=True)
    workspace.keys.import_fernet("email", second, "x", writes=True)
    frames = [Fernet(one).encrypt(b"a").decode(), Fernet(two).encrypt(b"b").decode()]

    assert workspace.reveal_values(frames, purpose="x") == ["a", "b"]
    states = [v.state for v in workspace.keyring.versions("email") if v.use is KeyUse.FERNET]
    assert states == [KeyState.DECRYPT_ONLY, KeyState.PRIMARY]


def test_what_cannot_be_imported_is_refused_and_not_repeated(workspace: Workspace) -> None:
    text, key = secret()
    workspace.keys.import_fernet("email", key, "x")
    with pytest.raises(UsageError, match="already") as again:
        workspace.keys.import_fernet("email", key, "x")
    with pytest.raises(UsageError, match="no Fernet key") as short:
        workspace.keys.import_fernet("email", SecretText(text[:-3]), "x")
    with pytest.raises(KeyUnavailable):
        workspace.keys.import_fernet("nowhere", secret()[1], "x")
    with pytest.raises(UsageError):
        workspace.keys.import_fernet("lockgate.digests", secret()[1], "x")
    for part in (b"\x00", b"A", b"\xff", b"ab", b"0123456789abcdef"):
        repeated = SecretText(base64.urlsafe_b64encode(part * (32 // len(part))).decode())
        with pytest.raises(UsageError, match="repeats itself"):
            workspace.keys.import_fernet("email", repeated, "x", writes=True)
    assert text[:10] not in str(again.value) + str(short.value)


def test_no_key_that_writes_comes_into_a_domain_that_waits_to_be_destroyed(
    workspace: Workspace,
) -> None:
    workspace.keys.schedule_destruction("email", None, "x")
    with pytest.raises(KeyUnavailable, match="opens nothing"):
        workspace.keys.import_fernet("email", secret()[1], "x", writes=True)
    workspace.keys.import_fernet("email", secret()[1], "x")  # to open what is left


def test_an_imported_key_that_was_to_be_destroyed_comes_back_to_open_only(
    workspace: Workspace,
) -> None:
    workspace.keys.import_fernet("email", secret()[1], "x", writes=True)
    workspace.keys.schedule_destruction("email", None, "x")
    workspace.keys.cancel_destruction("email", None, "x")
    (imported,) = [v for v in workspace.keyring.versions("email") if v.use is KeyUse.FERNET]
    assert imported.state is KeyState.DECRYPT_ONLY


def test_an_imported_key_is_in_a_sealed_copy_and_comes_back_from_it(
    project: Path, tmp_path: Path
) -> None:
    before = Path(shutil.copytree(project, tmp_path / "before"))
    text, key = secret()
    cell, copy = Fernet(text).encrypt(b"ann@example.org").decode(), tmp_path / "copy"
    passphrase = SecretBytes(b"a long enough passphrase")
    with Workspace.open(project) as workspace:
        workspace.keys.import_fernet("email", key, "x", writes=True)
        workspace.keys.export(copy, passphrase, "backup")
    with Workspace.open(before) as workspace:
        with pytest.raises(IntegrityError):
            workspace.reveal_values([cell], purpose="x")
        workspace.keys.restore(copy, passphrase, "state lost")
        assert workspace.reveal_values([cell], purpose="x") == ["ann@example.org"]
        assert raw_keyring(workspace).fernet_keys("email")[0].key.reveal() == (
            base64.urlsafe_b64decode(text)
        )


def test_tokens_of_another_domain_or_altered_ones_are_refused(workspace: Workspace) -> None:
    file = run(workspace)
    contract = file.parent / "_contract.odcs.yaml"
    said = contract.read_text()
    forged = re.sub(r"(lockgate.domain\W+value: )email", r"\1person-id", said)
    assert forged != said
    contract.write_text(forged)
    (file.parent / "_manifest.json").unlink()
    with pytest.raises(IntegrityError, match="other keys"):
        workspace.reveal_file(file, "email", purpose="x")
    contract.write_text(said)
    table = pacsv.read_csv(file)
    cells = tokens(file)
    cells[1] = cells[1][:60] + ("A" if cells[1][60] != "A" else "B") + cells[1][61:]
    pacsv.write_csv(table.set_column(1, "email", pa.array(cells)), file)
    with pytest.raises(IntegrityError, match="1 of 3 values"):
        workspace.reveal_file(file, "email", purpose="x")


def test_what_passed_on_as_encrypted_may_be_a_fernet_token_but_no_raw_value(
    workspace: Workspace,
) -> None:
    from lockgate.labels.label import StateKind
    from lockgate.protect.shapes import looks_like

    cells = tokens(run(workspace))
    for kind in (pa.string(), pa.binary()):
        assert looks_like(pa.array(cells).cast(kind), StateKind.ENCRYPTED) is None
        raw = pa.array([cells[0], cells[0][:90], "ann@example.org"]).cast(kind)
        shaped = looks_like(raw, StateKind.ENCRYPTED)
        assert shaped is not None
        assert shaped.to_pylist() == [True, False, False]


class TestCommand:
    def test_a_key_comes_from_standard_input_and_is_not_shown(
        self,
        project: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        text, _ = secret()
        monkeypatch.setattr("sys.stdin", io.StringIO(text + "\n"))
        words = ["keys", "import-fernet", "email", "--purpose", "x", "--json", "-C", str(project)]
        assert invoke(words) == 0
        shown = capsys.readouterr()
        assert json.loads(shown.out)["use"] == "fernet"
        assert text not in shown.out + shown.err

    def test_a_key_comes_from_a_secret_store(
        self,
        project: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        tmp_path: Path,
    ) -> None:
        text, _ = secret()
        monkeypatch.setenv("TEAM_FERNET", text)
        words = ["keys", "import-fernet", "email", "--from", "secret://env/TEAM_FERNET"]
        assert invoke([*words, "--write", "--purpose", "x", "-C", str(project)]) == 0
        theirs = tmp_path / "theirs.jsonl"
        cell = Fernet(text).encrypt(b"ann@example.org").decode()
        theirs.write_text(json.dumps({"mail": cell}) + "\n")
        words = ["reveal", "--file", str(theirs), "--column", "mail", "--purpose", "x"]
        capsys.readouterr()
        assert invoke([*words, "--fernet-of", "people.email", "-C", str(project)]) == 0
        assert capsys.readouterr().out == "ann@example.org\n"
        assert invoke([*words, "--fernet-of", "people.mail", "-C", str(project)]) == 2
