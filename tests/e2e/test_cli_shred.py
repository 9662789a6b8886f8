"""``lockgate keys shred`` as somebody types it: asked, told, and never told too much."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from lockgate.cli.face import Face
from lockgate.cli.main import invoke
from lockgate.errors import ExitCode
from small_project import make_project

WHO = "1987650431"
ROWS = f"""id,email,born,city
{WHO},ann@example.org,1980-02-29,Oslo
2,bob@example.org,1981-03-01,Rome
"""
WHY = ("--purpose", "request 4711")


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = make_project(tmp_path / "people", ROWS)
    zones = folder / "policy/zones.yaml"
    zones.write_text(zones.read_text() + "labels:\n  pii.birth_date: {shred: subject}\n")
    assert invoke(["run", "people", "--quiet", "-C", str(folder)]) == 0
    capsys.readouterr()
    return folder


class Line:
    """One command line after the other, on one project; nothing ever shows the identifier."""

    def __init__(
        self,
        folder: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self.folder, self.capsys, self.patch = folder, capsys, monkeypatch

    def __call__(self, *words: str, given: str = "", code: int = 0) -> str:
        self.patch.setattr("sys.stdin", io.StringIO(given))
        assert invoke([*words, "-C", str(self.folder)]) == code
        captured = self.capsys.readouterr()
        assert WHO not in captured.out + captured.err
        assert "Traceback" not in captured.err
        return captured.out + captured.err

    def births(self) -> str:
        (file,) = (self.folder / "out/study").glob("run-*/part-*")
        return self("reveal", "--file", str(file), "--column", "born", *WHY)


@pytest.fixture
def line(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Line:
    return Line(project, capsys, monkeypatch)


def test_the_receipt_tells_what_dies_and_what_does_not(line: Line, tmp_path: Path) -> None:
    said = line(
        "keys", "shred", "-", *WHY, "--yes", "--to", str(tmp_path / "r.json"), given=WHO + "\n"
    )
    for part in ("key is destroyed", "born", "encrypt", "Not under such a key", "tokenize"):
        assert part in said
    for part in ("--replay", "Receipt: ", "Releases that hold the person's rows"):
        assert part in " ".join(said.split())
    shown = line.births()
    assert "1980-02-29" not in shown
    assert "1981-03-01" in shown
    assert "1 value belongs to a person whose key was destroyed" in " ".join(shown.split())


def test_json_is_the_receipt(line: Line) -> None:
    first = json.loads(line("keys", "shred", "--stdin", *WHY, "--yes", "--json", given=WHO))
    again = json.loads(line("keys", "shred", "-", *WHY, "--yes", "--json", given=WHO))
    assert (first["destroyed"], again["destroyed"]) == (True, False)
    assert len(first["subjects"]) == 1
    assert [one["column"] for one in first["unreadable"]] == ["born"]
    assert again["subjects"] == again["runs"] == []


def test_nothing_dies_without_a_yes(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    said = line("keys", "shred", "-", *WHY, given=WHO, code=ExitCode.USAGE)
    assert "nobody is there to confirm" in said
    monkeypatch.setattr(Face, "interactive", property(lambda self: True))
    said = line("keys", "shred", "2", *WHY, given="n\n", code=130)
    assert "Destroy the person's key?" in said
    assert "born" in said
    assert "1980-02-29" in line.births()
    said = line("keys", "shred", "2", *WHY, given="y\n")
    assert "1981-03-01" not in line.births()


@pytest.mark.parametrize(
    ("words", "given", "told"),
    [
        ((), "", "whose key?"),
        (("2", "--stdin"), "", "give the subject once"),
        (("-",), "1\n2\n", "one subject at a time"),
        (("--replay", "2"), "", "--replay takes no subject"),
        (("2", "--receipt", __file__), "", "--receipt goes with --replay"),
        (("2", "--domain", "email"), "", "no contract's subjects have that key domain"),
        (("--replay", "--receipt", __file__), "", "is no receipt of a shredding"),
        (("nobody",), "", "that is not how a contract writes its subjects"),
    ],
)
def test_words_that_do_not_fit_are_refused(
    line: Line, words: tuple[str, ...], given: str, told: str
) -> None:
    said = line("keys", "shred", *words, *WHY, "--yes", given=given, code=ExitCode.USAGE)
    assert told in " ".join(said.split())


def test_a_receipt_never_takes_the_place_of_a_file(line: Line, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("mine")
    line("keys", "shred", "2", *WHY, "--yes", "--to", str(kept), code=ExitCode.USAGE)
    assert kept.read_text() == "mine"
    assert "1981-03-01" in line.births()
