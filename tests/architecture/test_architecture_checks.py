"""The checks of `make check` that are our own find what they are for."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


def tool(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(TOOLS))
    for stale in ("tree", name):
        monkeypatch.delitem(sys.modules, stale, raising=False)
    return importlib.import_module(name)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small repository of its own for a check to look at."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def look_at(module: ModuleType, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file())

    def files(*suffixes: str) -> list[Path]:
        return [name for name in names if not suffixes or name.suffix in suffixes]

    monkeypatch.setattr(module, "ROOT", root, raising=False)
    monkeypatch.setattr(module, "files", files)
    monkeypatch.setattr(sys.modules["tree"], "ROOT", root)


def test_docs_check_finds_dead_links_and_headings(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / "a.md").write_text("# Big `words` here\n[b](b.md#no) [c](c.md) [ok](#big-words-here)\n")
    (tree / "b.md").write_text("# B\n\n```\n[in a fence](nowhere.md)\n```\n[up](../outside.md)\n")
    check = tool("docs_check", monkeypatch)
    look_at(check, tree, monkeypatch)

    assert [line.partition(" ")[0] for line in check.links()] == ["a.md:2:", "a.md:2:", "b.md:6:"]


def test_docs_check_wants_whole_words(monkeypatch: pytest.MonkeyPatch) -> None:
    check = tool("docs_check", monkeypatch)

    assert check.said("lockgate run", "call `lockgate run` now")
    assert not check.said("lockgate run", "call `lockgate runner` now")
    assert not check.said("--to", "say `--to-zone`")


def test_docs_check_walks_every_command_and_option(monkeypatch: pytest.MonkeyPatch) -> None:
    words = set(tool("docs_check", monkeypatch).cli_words())

    assert {"lockgate", "lockgate run", "lockgate ledger verify", "--to", "--json"} <= words


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("src/long.py", "x = 1\n" * 301, "301 lines"),
        ("src/utils.py", "", "`utils`"),
        ("src/common/a.py", "", "`common`"),
        ("src/open.py", "raise NotImplement" + "edError\n", "unfinished"),
        ("src/blind.py", "x = 1  # type: igno" + "re\n", "unfinished"),
        ("notes.md", "see /ho" + "me/ada/data.csv\n", "one machine"),
        ("pip.txt", "--extra-index-u" + "rl https://example.com/simple\n", "package index"),
    ],
)
def test_house_rules_find_each_breach(
    tree: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: str, part: str
) -> None:
    (tree / name).parent.mkdir(parents=True, exist_ok=True)
    (tree / name).write_text(content)
    check = tool("house_rules", monkeypatch)
    look_at(check, tree, monkeypatch)
    breaches = [*check.lengths_and_names(), *check.places(), *check.unfinished()]

    assert len(breaches) == 1
    assert part in breaches[0]


def test_house_rules_find_a_pin_that_was_not_locked(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = tool("house_rules", monkeypatch)
    (tree / "pyproject.toml").write_text(
        '[project]\ndependencies = ["click>=8.1"]\n[project.optional-dependencies]\n'
        '[dependency-groups]\nbuild = []\n[build-system]\nrequires = ["hatchling"]\n'
    )
    (tree / "requirements").mkdir()
    (tree / "rust").mkdir()
    (tree / "rust" / "crates.lock").touch()
    for name, pins in (("runtime", "click==7.0"), ("build", "hatchling==1.0"), ("dev", "")):
        (tree / "requirements" / f"{name}.txt").write_text(pins + "\n")
    look_at(check, tree, monkeypatch)

    assert [line.partition(":")[0] for line in check.locks()] == [
        "requirements/runtime.txt",
        "requirements/dev.txt",
    ]


def test_secrets_check_finds_planted_keys_and_guesses_outside_tests(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "AKIA" + "Z7Q4M2K9X3B8T5W1"
    words = "b7Qx9Lm2" + "Zp4Rk8Tn" + "W1vY6cHd" + "3sJf5gAe"
    for folder in ("src", "tests"):
        (tree / folder).mkdir()
        (tree / folder / "cloud.py").write_text(f'NAME = "{key}"\n')
        (tree / folder / "random.py").write_text(f'VALUE = "{words}"\n')
    check = tool("secrets_check", monkeypatch)
    look_at(check, tree, monkeypatch)
    names = [
        Path(folder, file) for folder in ("src", "tests") for file in ("cloud.py", "random.py")
    ]
    found = {str(line).split(":")[0] for line in check.findings(names[:2])}
    excused = {str(line).split(":")[0] for line in check.findings(names[2:], check.GUESSES)}

    assert found == {"src/cloud.py", "src/random.py"}
    assert excused == {"tests/cloud.py"}
