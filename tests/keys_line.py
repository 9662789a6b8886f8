"""Commands about keys, one after the other, on one project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lockgate.assemble.workspace import Workspace
from lockgate.cli.commands.keys_move import COPY_PASSPHRASE_FILE
from lockgate.cli.main import invoke
from lockgate.keys.ports import KeyVersion
from small_project import change, make_project

WORDS = "a passphrase for the safe"
ROOT_WORDS = "another passphrase"
WHY = ("--purpose", "test")


def project_with_copy_words(folder: Path, secret: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, and the passphrase of copies where commands look for it."""
    secret.write_text(WORDS + "\n")
    secret.chmod(0o600)
    monkeypatch.setenv(COPY_PASSPHRASE_FILE, str(secret))
    made = make_project(folder)
    change(made / "policy" / "zones.yaml", "pii.email: tokenize", "pii.email: encrypt")
    return made


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


def versions(folder: Path) -> list[KeyVersion]:
    with Workspace.open(folder, passphrase=lambda: ROOT_WORDS) as workspace:
        return list(workspace.keyring.versions("email"))


def versions_of(folder: Path) -> list[KeyVersion]:
    with Workspace.open(folder, passphrase=lambda: ROOT_WORDS) as workspace:
        return [v for v in workspace.keyring.versions() if v.wrapped]
