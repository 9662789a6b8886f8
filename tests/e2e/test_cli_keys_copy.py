"""Sealed copies of keys, from the command line: made, brought back, refused."""

from __future__ import annotations

import json
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from keys_at_hand import raw_keyring
from keys_line import WHY, WORDS, Line, project_with_copy_words
from lockgate.assemble import resources
from lockgate.assemble.workspace import Workspace
from lockgate.cli.commands.keys_move import COPY_PASSPHRASE_FILE
from lockgate.cli.main import invoke
from small_project import change


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return project_with_copy_words(tmp_path / "people", tmp_path / "words", monkeypatch)


@pytest.fixture
def line(project: Path, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(project, capsys)


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
