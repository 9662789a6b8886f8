"""Keys at the command line: destroyed after a wait, and moved."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from keys_line import ROOT_WORDS, WHY, Line, project_with_copy_words, versions, versions_of
from lockgate.assemble import resources
from lockgate.assemble.workspace import Workspace
from lockgate.cli.face import PASSPHRASE_FILE
from lockgate.errors import ExitCode
from lockgate.keys.ports import KeyState
from small_project import change


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return project_with_copy_words(tmp_path / "people", tmp_path / "words", monkeypatch)


@pytest.fixture
def line(project: Path, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(project, capsys)


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
