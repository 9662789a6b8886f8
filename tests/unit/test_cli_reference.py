"""The reference page says what the commands say, and what the guides type exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from lockgate.cli.main import cli
from lockgate.errors import ExitCode

SHARED = {"project", "as_json", "quiet", "verbose"}


def leaves() -> dict[str, click.Command]:
    """Every command that does something, by its words; a group may be one of its own."""
    found: dict[str, click.Command] = {}
    waiting: list[tuple[str, click.Command]] = [("", cli)]
    while waiting:
        name, command = waiting.pop(0)
        if not isinstance(command, click.Group) or (name and command.invoke_without_command):
            found[name] = command
        if isinstance(command, click.Group):
            context = click.Context(command)
            for word in command.list_commands(context):
                inner = command.get_command(context, word)
                assert inner is not None
                waiting.append((f"{name} {word}".strip(), inner))
    return found


LEAVES = leaves()


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")


def section(page: str, name: str) -> str:
    match = re.search(rf"^##+ lockgate {name}$(.*?)(?=^##+ lockgate |\Z)", page, re.M | re.S)
    assert match, f"docs/reference/cli.md has no section on lockgate {name}"
    return match[1]


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_option_and_example_is_in_the_reference(name: str, page: str) -> None:
    text, command = section(page, name), LEAVES[name]
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name not in SHARED:
            assert parameter.opts[0] in text
            assert (parameter.help or "").replace("|", "\\|") in text
    assert isinstance(getattr(command, "examples", None), tuple)
    for example in command.examples:  # type: ignore[attr-defined]  # asserted above
        assert example in text
    first = (command.help or "").strip().splitlines()[0]
    assert first in text


def test_reference_names_no_command_that_does_not_exist(page: str) -> None:
    titles = set(re.findall(r"^##+ lockgate (.+)$", page, re.M))
    groups = {name.rpartition(" ")[0] for name in LEAVES if " " in name}
    groups |= {name.rpartition(" ")[0] for name in groups if " " in name}
    assert titles == set(LEAVES) | groups


def test_every_exit_code_is_in_the_reference(page: str) -> None:
    table = dict(re.findall(r"^\| (\d+) \| (.+) \|$", page, re.M))
    assert {str(int(code)) for code in ExitCode} | {"130", "141"} == set(table)


def commands_in(text: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", text, re.S)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    found = [match for line in lines for match in re.findall(r"(?:^|\| |&& )(lockgate .*)", line)]
    return [line.split("#")[0].split(" > ")[0].split(" && ")[0].strip() for line in found]


def documents(repository: Path) -> list[Path]:
    return [
        *(repository / "docs" / "guides").glob("*.md"),
        *(repository / "docs" / "tutorials").glob("*.md"),
        *(repository / "examples").rglob("*.md"),
        repository / "docs" / "reference" / "cli.md",
    ]


def test_commands_typed_in_the_documents_exist_with_their_options(repository: Path) -> None:
    checked = 0
    for document in documents(repository):
        for line in commands_in(document.read_text(encoding="utf-8")):
            words = shlex.split(line)[1:]
            while words and words[0] in ("--project", "-C"):
                words = words[2:]
            starts = [" ".join(words[:length]) for length in (3, 2, 1)]
            name = next((start for start in starts if start in LEAVES), words[0])
            assert name in LEAVES, f"{document.name}: {line}"
            options = {o for parameter in LEAVES[name].params for o in parameter.opts}
            options |= {"--help", "-h"}
            for word in words:
                if word.startswith("-") and len(word) > 1:
                    assert word.split("=")[0] in options, f"{document.name}: {line}"
            checked += 1
    assert checked > 30
