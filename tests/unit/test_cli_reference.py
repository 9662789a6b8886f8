"""The reference page says what the commands say, and what the guides type exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import click
import pytest

from lockgate.cli.face import Face
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


FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
ENDS = re.compile(r"[|&;<>]+|#.*")


def commands_in(text: str) -> Iterator[list[str]]:
    """The words of each ``lockgate …`` in blocks of a page, up to a pipe or a comment."""
    for _, language, block in FENCE.findall(text):
        if language not in ("", "sh", "yaml"):
            continue
        for line in block.replace("\\\n", " ").splitlines():
            for match in re.findall(r"(?:^ *|\$ |\| |&& |run: )(lockgate .*)", line):
                lexer = shlex.shlex(match, posix=True, punctuation_chars="|&;<>")
                lexer.whitespace_split, lexer.commenters = True, ""
                words = list(takewhile(lambda word: not ENDS.fullmatch(word), lexer))[1:]
                if "[OPTIONS]" not in words:
                    yield words


def documents(repository: Path) -> list[Path]:
    docs = [page for page in (repository / "docs").rglob("*.md") if page.parent.name != "decisions"]
    examples = (repository / "examples").rglob("*.md")
    return sorted([*docs, *examples, repository / "README.md", repository / "THREATS.md"])


def parse(words: list[str]) -> None:
    """Let click read the words, and do nothing. Raises click.UsageError."""
    command: click.Command = cli
    context = click.Context(cli, info_name="lockgate", obj=Face())
    rest = [*words]
    while rest and rest[0] in ("--project", "-C"):
        rest = rest[2:]
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(context, rest[0])
        if found is None:
            raise click.UsageError(f"no command {rest[0]}")
        if not isinstance(found, click.Group):
            found.make_context(found.name, rest[1:], parent=context)
        context = click.Context(found, info_name=found.name, parent=context)
        command, rest = found, rest[1:]


def refusal(words: list[str]) -> str:
    """Why the command line does not take the words; files that are not here do not count."""
    try:
        parse(words)
    except click.MissingParameter as error:
        return error.format_message()
    except click.BadParameter as error:
        here = error.param is not None and isinstance(error.param.type, click.Path | click.File)
        return "" if here else error.format_message()
    except click.UsageError as error:
        return error.format_message()
    return ""


def test_commands_typed_in_the_documents_are_taken_as_they_stand(repository: Path) -> None:
    checked, refused = 0, []
    for document in documents(repository):
        for words in commands_in(document.read_text(encoding="utf-8")):
            checked += 1
            if why := refusal(words):
                refused.append(f"{document.name}: lockgate {shlex.join(words)}: {why}")
    assert refused == []
    assert checked > 120


@pytest.mark.parametrize(
    "line", ["keys rewrap out", "run nightly --fast", "keys peek", "access revoke g1 g2 --reason x"]
)
def test_a_command_that_would_be_refused_is_found(line: str) -> None:
    (words,) = commands_in(f"```sh\nlockgate {line}   # a comment\n```")
    assert refusal(words)
