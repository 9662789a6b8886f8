"""Keys at the command line: destroyed after a wait, moved, copied, and restored on the day."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from keys_at_hand import raw_keyring
from lockgate.assemble import resources
from lockgate.assemble.workspace import Workspace
from lockgate.cli.commands.keys_move import COPY_PASSPHRASE_FILE
from lockgate.cli.face import PASSPHRASE_FILE
from lockgate.cli.main import invoke
from lockgate.errors import ExitCode
from lockgate.keys.ports import KeyState, KeyVersion
from small_project import change, make_project

WORDS = "a passphrase for the safe"
ROOT_WORDS = "another passphrase"
WHY = ("--purpose", "test")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    secret = tmp_path / "words"
    secret.write_text(WORDS + "\n")
    secret.chmod(0o600)
    monkeypatch.setenv(COPY_PASSPHRASE_FILE, str(secret))
    folder = make_project(tmp_path / "people")
    change(folder / "policy" / "zones.yaml", "pii.email: tokenize", "pii.email: encrypt")
    return folder


class Line:
    """One command line after the other, on one project."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def __call__(self, *words: str, code: int = 0) -> str:
        self.capsys.readouterr()
        assert invoke([*words, "-C", str(self.folder)]) == code
        captured = self.capsys.readouterr()
        assert WORDS not in captured.out + captured.err
        assert "Traceback" not in captured.err
        return " ".join(captured.err.split()) if code else captured.out  # errors are folded

    def answer(self, *words: str) -> dict:
        return json.loads(self(*words, "--json"))

    def released(self) -> Path:
        folder = Path(self.answer("run", "people")["sinks"]["study"])
        return folder / "part-00000.csv"

    def emails(self, file: Path) -> str:
        return self("reveal", "--file", str(file), "--column", "email", *WHY)


@pytest.fixture
def line(project: Path, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(project, capsys)


def versions(folder: Path) -> list[KeyVersion]:
    with Workspace.open(folder, passphrase=lambda: ROOT_WORDS) as workspace:
        return list(workspace.keyring.versions("email"))


class TestDestroy:
    def test_waits_is_cancelled_waits_again_and_is_destroyed(
        self, line: Line, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = line.released()
        assert "rotate" in line("keys", "destroy", "email", "--version", "1", *WHY, "--yes", code=2)
        line("keys", "rotate", "email")
        told = line("keys", "destroy", "email", "--version", "1", *WHY, "--yes")
        assert "Opens nothing" in told
        assert "cancel-destruction" in told
        assert "to-be-destroyed" in line("keys", "list", "email")
        refused = line("reveal", "--file", str(file), "--column", "email", *WHY, code=7)
        assert "cancel-destruction" in refused
        line("keys", "cancel-destruction", "email", *WHY)
        assert "ann@example.org" in line.emails(file)

        line("keys", "destroy", "email", "--version", "1", *WHY, "--yes")
        nothing = {"destroyed": [], "erased_bytes_remain": False}
        assert line.answer("keys", "destroy", "--due", *WHY) == nothing
        real = resources.now
        monkeypatch.setattr(resources, "now", lambda: real() + timedelta(days=30, minutes=1))
        assert "destruction" in line("doctor")
        (gone,) = line.answer("keys", "destroy", "--due", *WHY)["destroyed"]
        assert (gone["domain"], gone["version"]) == ("email", 1)
        line("reveal", "--file", str(file), "--column", "email", *WHY, code=7)
        kinds = [
            json.loads(one)["event"]["kind"]
            for one in line("ledger", "show", "--json").splitlines()
        ]
        assert [kind for kind in kinds if kind.startswith("key.des")] == [
            "key.destruction-scheduled",
            "key.destruction-cancelled",
            "key.destruction-scheduled",
            "key.destroyed",
        ]

    def test_a_reader_that_keeps_the_erased_key_on_disk_is_told(
        self, line: Line, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        line("keys", "rotate", "email")
        line("keys", "destroy", "email", "--version", "1", *WHY, "--yes")
        real = resources.now
        monkeypatch.setattr(resources, "now", lambda: real() + timedelta(days=30, minutes=1))
        with closing(sqlite3.connect(project / ".lockgate/state.db", isolation_level=None)) as one:
            one.execute("BEGIN")
            one.execute("SELECT count(*) FROM key_versions").fetchone()
            assert "Erased bytes remain" in line("keys", "destroy", "--due", *WHY)
        line("keys", "list")
        log = project / ".lockgate/state.db-wal"
        assert not log.exists() or not log.stat().st_size

    def test_nobody_to_confirm_is_a_no(self, line: Line, project: Path) -> None:
        line("keys", "rotate", "email")
        assert "--yes" in line("keys", "destroy", "email", "--version", "1", *WHY, code=2)
        assert versions(project)[1].state is KeyState.DECRYPT_ONLY

    @pytest.mark.parametrize(
        "words",
        [
            ["email"],
            ["--version", "1"],
            ["email", "--version", "1", "--all"],
            ["email", "--due"],
            ["email", "--version", "7"],
            ["lockgate.subjects", "--all"],
            ["nothing", "--all"],
        ],
    )
    def test_words_that_name_no_key_are_refused(self, line: Line, words: list[str]) -> None:
        assert line("keys", "destroy", *words, *WHY, "--yes", code=7 if "nothing" in words else 2)

    def test_a_purpose_is_required(self, line: Line) -> None:
        assert "--purpose" in line("keys", "destroy", "email", "--all", "--yes", code=2)
        blank = line("keys", "destroy", "email", "--all", "--yes", "--purpose", " ", code=7)
        assert "purpose" in blank


class TestMove:
    def test_from_a_file_to_a_passphrase_with_the_project_working_meanwhile(
        self, line: Line, project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        file = line.released()
        before = versions(project)
        change(
            project / "lockgate.yaml",
            "  protection: file",
            "  protection: passphrase\n  root: sealed.key\n"
            "  previous: {service: local, protection: file}",
        )
        secret = tmp_path / "root words"
        secret.write_text(ROOT_WORDS)
        secret.chmod(0o600)
        monkeypatch.setenv(PASSPHRASE_FILE, str(secret))
        line("keys", "list", code=7)  # the new root key is not there yet, and no run makes it
        assert line.answer("keys", "move", *WHY)["moved"] == len(versions_of(project))
        assert line.answer("keys", "move", *WHY)["moved"] == 0
        told = line("keys", "move", *WHY)
        assert "none left" in told
        assert "take `previous:` out" in told
        after = versions(project)
        assert [v.number for v in after] == [v.number for v in before]
        assert not {v.service for v in after} & {v.service for v in before}

        change(project / "lockgate.yaml", "  previous: {service: local, protection: file}\n", "")
        (project / ".lockgate" / "root.key").unlink()
        assert "ann@example.org" in line.emails(file)
        again = line.answer("keys", "move", "--again", *WHY)
        assert again["moved"] == len(versions_of(project))
        assert "ann@example.org" in line.emails(file)

    def test_one_that_was_interrupted_goes_on(
        self, line: Line, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = line.released()
        text = "  root: next.key\n  previous: {service: local}\n  service: local"
        change(project / "lockgate.yaml", "  service: local", text)
        with Workspace.open(project) as workspace:
            workspace.make_root()

            def stop(done: int, total: int) -> None:
                if done == 3:
                    raise KeyboardInterrupt

            with pytest.raises(KeyboardInterrupt):
                workspace.keys.move("test", moved=stop)
        assert len({v.service for v in versions_of(project)}) == 2
        assert "ann@example.org" in line.emails(file)  # with some here and some there
        total = len(versions_of(project))
        assert line.answer("keys", "move", *WHY)["moved"] == total - 3
        assert len({v.service for v in versions_of(project)}) == 1
        assert "ann@example.org" in line.emails(file)

    def test_a_lost_root_key_is_not_replaced_by_a_new_one(self, line: Line, project: Path) -> None:
        (project / ".lockgate" / "root.key").unlink()
        line("keys", "move", *WHY, code=ExitCode.AUTHORISATION)
        assert not (project / ".lockgate" / "root.key").exists()


class TestCopy:
    def test_state_and_root_key_lost_and_old_files_open_again(
        self, line: Line, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The guide's restore: a new project of the same name, the copy, the old files."""
        first = line.released()
        line("keys", "rotate", "email")
        change(project / "data" / "people.csv", "dave@", "eve@")
        second = line.released()
        copy = tmp_path / "safe.keys"
        line("keys", "export", str(copy), *WHY)
        assert copy.stat().st_mode & 0o777 == 0o600
        shutil.rmtree(project / ".lockgate")  # the disk is gone, not what is under version control
        kept = (project / "lockgate.yaml").read_text()

        fresh = tmp_path / "fresh"
        assert invoke(["init", str(fresh), "--name", "people", "-q"]) == 0
        pin = next(
            one for one in (fresh / "lockgate.yaml").read_text().splitlines() if "public_key" in one
        )
        (fresh / ".lockgate").rename(project / ".lockgate")
        old_pin = next(one for one in kept.splitlines() if "public_key" in one)
        (project / "lockgate.yaml").write_text(kept.replace(old_pin, pin))
        assert line.answer("keys", "import", str(copy), *WHY)["resurrected"] == []

        assert "ann@example.org" in line.emails(first)
        assert "eve@example.org" in line.emails(second)
        line("ledger", "verify")
        line("doctor")
        change(project / "data" / "people.csv", "eve@", "fay@")
        assert "fay@example.org" in line.emails(line.released())

    def test_a_lost_root_key_with_the_state_still_there(
        self, line: Line, project: Path, tmp_path: Path
    ) -> None:
        """The ledger goes on, what the copy holds opens, what it lacks is listed as destroyed."""
        file = line.released()
        copy = tmp_path / "safe.keys"
        line("keys", "export", str(copy), *WHY)
        line("keys", "rotate", "email")
        (project / ".lockgate" / "root.key").unlink()
        line("keys", "import", str(copy), *WHY, code=7)
        assert not (project / ".lockgate" / "root.key").exists()
        words = ("keys", "import", str(copy), "--lost-root", *WHY)
        assert "--yes" in line(*words, code=2)
        line("keys", "list", code=7)
        done = line.answer(*words, "--yes")

        assert len(done["given_up"]) == 1
        assert "ann@example.org" in line.emails(file)
        line("doctor")
        line("ledger", "verify")
        change(project / "data" / "people.csv", "dave@", "fay@")
        assert "destroyed" in line("run", "people", code=7)
        line("keys", "rotate", "email")
        assert "fay@example.org" in line.emails(line.released())

    def test_a_lost_root_key_gets_no_successor_before_all_that_is_asked_is_answered(
        self, line: Line, project: Path, tmp_path: Path
    ) -> None:
        copy, root = tmp_path / "safe.keys", project / ".lockgate" / "root.key"
        line("keys", "export", str(copy), *WHY)
        line("keys", "rotate", "email")
        root.unlink()
        words = ("keys", "import", str(copy), "--lost-root", "--yes")
        line(*words, "--purpose", " ", code=7)
        assert not root.exists()
        line(*words[:-1], *WHY, code=2)  # nobody says yes to what is given up
        assert not root.exists()
        (tmp_path / "words").write_text("something else entirely")
        line(*words, *WHY, code=7)
        assert not root.exists()
        (tmp_path / "words").write_text(WORDS)
        line(*words, *WHY)
        assert root.stat().st_mode & 0o777 == 0o600
        line("keys", "list")

    def test_a_key_that_waits_in_the_copy_only_is_not_destroyed_by_the_next_run(
        self, line: Line, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = line.released()
        line("keys", "rotate", "email")
        line("keys", "destroy", "email", "--version", "1", *WHY, "--yes")
        copy = tmp_path / "safe.keys"
        line("keys", "export", str(copy), *WHY)
        line("keys", "cancel-destruction", "email", *WHY)
        with sqlite3.connect(project / ".lockgate" / "state.db") as connection:
            connection.execute("DELETE FROM key_versions")
            connection.execute("DELETE FROM key_domains")
        told = " ".join(line("keys", "import", str(copy), *WHY).split())
        assert "they open now: email encryption v1" in told
        event = json.loads(line("ledger", "show", "--kind", "keys.imported", "--json"))["event"]
        assert len(event["spared"]) == 1

        real = resources.now
        monkeypatch.setattr(resources, "now", lambda: real() + timedelta(days=40))
        line.released()
        assert "ann@example.org" in line.emails(file)

    def test_a_destroyed_key_comes_back_only_when_it_is_called_unsafe(
        self, line: Line, project: Path, tmp_path: Path
    ) -> None:
        file = line.released()
        line("keys", "rotate", "email")
        copy = tmp_path / "safe.keys"
        line("keys", "export", str(copy), *WHY)
        with Workspace.open(project) as workspace:
            (number,) = (
                v.number
                for v in workspace.keyring.versions("email")
                if v.version == 1 and v.use.value == "encryption"
            )
            raw_keyring(workspace).destroy(number)
        assert "was destroyed here" in line("keys", "import", str(copy), *WHY, code=2)
        line("reveal", "--file", str(file), "--column", "email", *WHY, code=7)
        done = line.answer("keys", "import", str(copy), "--unsafe-resurrect", *WHY)
        assert done["resurrected"] == [number]
        assert "ann@example.org" in line.emails(file)
        line("doctor")  # the ledger knows that it was called back
        event = json.loads(line("ledger", "show", "--kind", "keys.imported", "--json"))["event"]
        assert event["resurrected"] == [number]

    def test_a_wrong_passphrase_and_a_copy_that_is_there(
        self, line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        copy = tmp_path / "safe.keys"
        line("keys", "export", str(copy), *WHY)
        line("keys", "export", str(copy), *WHY, code=9)
        line("keys", "export", str(tmp_path / "missing" / "x.keys"), *WHY, code=9)
        assert line("ledger", "show", "--kind", "keys.exported", "--json").count("copy_id") == 1
        (tmp_path / "words").write_text("something else entirely")
        line("keys", "import", str(copy), *WHY, code=7)
        (tmp_path / "words").write_text("short")
        line("keys", "export", str(tmp_path / "second.keys"), *WHY, code=2)
        assert not (tmp_path / "second.keys").exists()
        monkeypatch.delenv(COPY_PASSPHRASE_FILE)
        assert COPY_PASSPHRASE_FILE in line("keys", "import", str(copy), *WHY, code=7)


def versions_of(folder: Path) -> list[KeyVersion]:
    with Workspace.open(folder, passphrase=lambda: ROOT_WORDS) as workspace:
        return [v for v in workspace.keyring.versions() if v.wrapped]
