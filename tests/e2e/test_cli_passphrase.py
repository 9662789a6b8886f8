"""A project whose root key is sealed by a passphrase, with nobody there to type it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lockgate.cli.face import PASSPHRASE_FILE
from lockgate.cli.main import invoke
from lockgate.errors import ExitCode

WORDS = "correct horse battery staple"


@pytest.fixture
def sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    secret = tmp_path / "passphrase"
    secret.write_text(WORDS + "\n")
    secret.chmod(0o600)
    monkeypatch.setenv(PASSPHRASE_FILE, str(secret))
    assert invoke(["init", str(tmp_path / "p"), "--passphrase", "-q"]) == 0
    return tmp_path / "p"


def test_the_right_passphrase_opens_the_keys(sealed: Path, capsys) -> None:
    assert invoke(["keys", "init", "email", "-C", str(sealed)]) == 0
    assert invoke(["keys", "list", "-C", str(sealed)]) == 0
    captured = capsys.readouterr()
    assert "email" in captured.out
    assert WORDS not in captured.out + captured.err


def test_a_wrong_passphrase_is_refused(sealed: Path, monkeypatch, tmp_path, capsys) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("another")
    wrong.chmod(0o600)
    monkeypatch.setenv(PASSPHRASE_FILE, str(wrong))
    assert invoke(["keys", "init", "email", "-C", str(sealed)]) == ExitCode.AUTHORISATION
    assert "another" not in capsys.readouterr().err


def test_no_passphrase_and_nobody_to_ask_is_refused_with_the_way_out(
    sealed: Path, monkeypatch, capsys
) -> None:
    monkeypatch.delenv(PASSPHRASE_FILE)
    assert invoke(["keys", "init", "email", "-C", str(sealed)]) == ExitCode.AUTHORISATION
    assert PASSPHRASE_FILE in capsys.readouterr().err


def test_an_unreadable_passphrase_file_is_refused(sealed: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv(PASSPHRASE_FILE, str(sealed / "none"))
    assert invoke(["keys", "init", "email", "-C", str(sealed)]) == ExitCode.AUTHORISATION


def test_the_passphrase_is_nowhere_in_the_project(sealed: Path) -> None:
    for path in sealed.rglob("*"):
        if path.is_file():
            assert WORDS.encode() not in path.read_bytes()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_passphrase_file_that_others_can_reach_is_refused_with_the_way_out(
    sealed: Path, tmp_path: Path, capsys, mode: int
) -> None:
    (tmp_path / "passphrase").chmod(mode)
    assert invoke(["keys", "init", "email", "-C", str(sealed)]) == ExitCode.AUTHORISATION
    err = capsys.readouterr().err
    assert PASSPHRASE_FILE in err
    assert "chmod 600" in err
    assert WORDS not in err


def test_a_passphrase_in_a_variables_value_is_not_taken(sealed: Path, monkeypatch, capsys) -> None:
    monkeypatch.delenv(PASSPHRASE_FILE)
    monkeypatch.setenv("LOCKGATE_PASSPHRASE", WORDS)
    assert invoke(["keys", "init", "email", "-C", str(sealed)]) == ExitCode.AUTHORISATION
    assert WORDS not in capsys.readouterr().err


def test_a_passphrase_comes_through_a_descriptor(sealed: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv(PASSPHRASE_FILE)
    handle = os.open(tmp_path / "passphrase", os.O_RDONLY)
    monkeypatch.setenv("LOCKGATE_PASSPHRASE_FD", str(handle))
    assert invoke(["keys", "init", "email", "-C", str(sealed)]) == 0


@pytest.mark.parametrize("pasted", ["canary-Passphrase7", "canary/Passphrase7", "canary" * 60])
def test_a_passphrase_in_place_of_the_files_path_is_not_repeated(
    sealed: Path, monkeypatch, capsys, pasted: str
) -> None:
    monkeypatch.setenv(PASSPHRASE_FILE, pasted)
    assert invoke(["keys", "init", "email", "-C", str(sealed)]) == ExitCode.AUTHORISATION
    captured = capsys.readouterr()

    assert "canary" not in captured.out + captured.err
    assert PASSPHRASE_FILE in captured.err


def test_a_passphrase_file_that_others_can_read_is_refused_with_the_fix(
    sealed: Path, monkeypatch, tmp_path, capsys
) -> None:
    (tmp_path / "passphrase").chmod(0o644)
    assert invoke(["keys", "init", "email", "-C", str(sealed)]) == ExitCode.AUTHORISATION
    told = " ".join(capsys.readouterr().err.split())

    assert "it can be reached by other users" in told
    assert f'chmod 600 "${PASSPHRASE_FILE}"' in told
