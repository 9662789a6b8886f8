"""``lockgate protect`` on a file of one's own, as the tutorial tells it."""

from __future__ import annotations

import csv
import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lockgate.cli.main import invoke
from lockgate.errors import ExitCode

SENSITIVE = ("customer_no", "first_name", "last_name", "email", "ssn", "phone", "birth_date")


@pytest.fixture(scope="module")
def people(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("first-hour")
    shutil.copy(repository / "examples" / "people.csv", folder)
    return folder / "people.csv"


@pytest.fixture(scope="module")
def protected(people: Path) -> tuple[Path, dict]:
    out = people.parent / "out"
    words = ["protect", str(people), "--to", str(out), "--yes", "--label", "plan=public", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "lockgate", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out, json.loads(done.stdout)


def test_proposals_are_right_for_the_obvious_columns(protected: tuple[Path, dict]) -> None:
    columns = {name: c["label"] for name, c in protected[1]["columns"].items()}
    assert columns["email"] == "pii.email"
    assert columns["ssn"] == "pii.ssn"
    assert columns["first_name"] == "pii.name.first"
    assert columns["birth_date"] == "pii.birth_date"
    assert columns["phone"] == "pii.phone"
    assert columns["last_login_ip"] == "pii.ip"
    assert columns["plan"] == "public", "the command line's label wins"


def test_nothing_sensitive_leaves_clear(people: Path, protected: tuple[Path, dict]) -> None:
    out, document = protected
    folder = Path(document["sinks"]["analytics"])
    released = b"".join(path.read_bytes() for path in folder.iterdir())
    state = b"".join(path.read_bytes() for path in (out / ".lockgate").rglob("*") if path.is_file())
    with people.open() as file:
        for row in csv.DictReader(file):
            for name in SENSITIVE:
                if len(row[name]) >= 8:
                    assert row[name].encode() not in released
                    assert row[name].encode() not in state
            assert row["last_name"].encode() not in released


def test_files_are_private(protected: tuple[Path, dict]) -> None:
    out, document = protected
    for path in [*(out / ".lockgate").rglob("*"), *Path(document["sinks"]["analytics"]).iterdir()]:
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_the_original_is_untouched(repository: Path, people: Path, protected) -> None:
    assert people.read_bytes() == (repository / "examples" / "people.csv").read_bytes()


def test_the_bad_row_is_kept_with_its_place(protected: tuple[Path, dict], capsys) -> None:
    out, document = protected
    assert document["receipt"]["rejected_by_reason"] == {"wrong_column_count": 1}
    capsys.readouterr()
    assert invoke(["quarantine", "show", "-C", str(out), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert (row["row"], row["line"]) == (21, 22)


def test_a_token_is_revealed(protected: tuple[Path, dict], capsys) -> None:
    out, document = protected
    part = next(Path(document["sinks"]["analytics"]).glob("part-*.csv"))
    with part.open() as file:
        first = next(csv.DictReader(file))
    assert first["plan"] == "gold"
    capsys.readouterr()
    assert invoke(["reveal", first["email"], first["ssn"], "--purpose", "x", "-C", str(out)]) == 0
    assert capsys.readouterr().out.split() == ["ada.lindgren@example.com", "912-41-0031"]


def test_the_project_grows_from_there(protected: tuple[Path, dict], capsys) -> None:
    out, _ = protected
    assert invoke(["check", "-C", str(out), "-q"]) == 0
    assert invoke(["run", "people", "-C", str(out), "-q"]) == 0
    assert invoke(["ledger", "verify", "-C", str(out), "-q"]) == 0
    assert invoke(["doctor", "-C", str(out)]) == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], ExitCode.USAGE),
        (["--yes", "--label", "nobody=public"], ExitCode.USAGE),
        (["--yes", "--label", "plan=pii.emial"], ExitCode.CONFIGURATION),
        (["--yes", "--zone", "analitics"], ExitCode.CONFIGURATION),
        (["--yes", "--zone", "partner", "--label", "plan=phi.note"], ExitCode.REFUSED),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_made(
    words: list[str], code: ExitCode, people: Path, tmp_path: Path, capsys
) -> None:
    out = tmp_path / "out"
    assert invoke(["protect", str(people), "--to", str(out), *words]) == code
    assert capsys.readouterr().err
    assert not out.exists()


def test_a_file_that_is_not_there(tmp_path: Path, capsys) -> None:
    words = ["protect", str(tmp_path / "none.csv"), "--to", str(tmp_path / "out"), "--yes"]
    assert invoke(words) == ExitCode.FILES
    assert "LG-301" in capsys.readouterr().err


def converse(
    command: list[str], replies: list[tuple[str, str]], seconds: float = 60
) -> tuple[str, int]:
    """Run a command on a pseudo-terminal; answer each prompt when its words appear."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm", COLUMNS="110", LINES="50")
        os.execv(command[0], command)
    seen, waiting, end = "", list(replies), time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                chunk = os.read(terminal, 65536)
            except OSError:
                break
            if not chunk:
                break
            seen += chunk.decode("utf-8", "replace")
        if waiting and waiting[0][0] in seen:
            os.write(terminal, waiting.pop(0)[1].encode())
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    return seen, os.waitstatus_to_exitcode(status)


def test_on_a_terminal_one_changes_a_label_and_accepts(people: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "lockgate", "protect", str(people), "--to", str(out)]
    seen, code = converse(command, [("q leaves", "9 public\r"), ("your choice", "\r")])
    assert code == 0, seen
    assert "Released." in seen
    assert "ada.lindgren" not in seen
    assert (out / "lockgate.yaml").exists()


def test_leaving_the_screen_makes_nothing(people: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "lockgate", "protect", str(people), "--to", str(out)]
    seen, code = converse(command, [("q leaves", "q\r")])
    assert code == 130
    assert "Stopped" in seen
    assert not out.exists()
