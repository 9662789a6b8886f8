"""The frame of the command line: help, options everywhere, errors, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from lockgate.cli import main as cli_main
from lockgate.cli.failure import as_document, block, version
from lockgate.cli.lazy import LazyGroup, LockgateCommand, LockgateGroup
from lockgate.cli.main import SECTIONS, cli, invoke
from lockgate.errors import (
    ConfigurationError,
    ExitCode,
    LockgateError,
    Position,
    Problem,
    SourceError,
)

HEAVY = ("pyarrow", "pydantic", "sqlalchemy", "rich", "numpy", "cryptography", "ruamel", "asyncio")


def commands(group: click.Group = cli, before: str = "") -> list[tuple[str, click.Command]]:
    """Every command below a group, lazy or not, however deep, with its words."""
    found: list[tuple[str, click.Command]] = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found.append((before + name, command))
        if isinstance(command, click.Group):
            found += commands(command, f"{before}{name} ")
    return found


COMMANDS = commands()


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch):
    """Make ``lockgate doctor`` raise what it is given."""

    def install(error: BaseException) -> None:
        @click.command("doctor", cls=LockgateCommand)
        def broken() -> None:
            raise error

        monkeypatch.setattr(cli, "get_command", lambda ctx, name: broken)

    return install


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from lockgate.cli.main import invoke; assert invoke(['--help']) == 0; "
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "protect" in done.stdout


@pytest.mark.parametrize(("given", "found"), [(None, "1"), ("3", "3")])
def test_linear_algebra_gets_no_threads_unless_somebody_wants_them(
    given: str | None, found: str
) -> None:
    code = (
        "import os, sys; from lockgate.cli.main import main; sys.argv = ['lockgate', '--help']\n"
        "try: main()\n"
        "finally: print(os.environ['OPENBLAS_NUM_THREADS'], 'numpy' in sys.modules)"
    )
    env = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    if given is not None:
        env["OPENBLAS_NUM_THREADS"] = given
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
    )
    assert done.stdout.splitlines()[-1] == f"{found} False"


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_every_command_has_help_and_the_shared_options(name: str, command: click.Command) -> None:
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--project", "--json", "--quiet", "--verbose"} <= options
    assert command.help
    assert isinstance(command, LockgateCommand | LockgateGroup | LazyGroup)
    if isinstance(command, LockgateCommand):
        assert command.examples, f"{name} shows no example"
        assert all(line.startswith(("lockgate ", "    ", "cut ")) for line in command.examples)


def test_lazy_summaries_are_the_commands_own() -> None:
    lazy = {name: item for section in SECTIONS.values() for name, item in section.items()}
    own = {name: command for name, command in COMMANDS if " " not in name}
    assert set(lazy) == set(own)
    for name, item in lazy.items():
        assert (
            own[name]
            .get_short_help_str(200)
            .startswith(item.summary.split(":")[0].rstrip(".")[:20])
        )


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["--version"]) == 0
    assert capsys.readouterr().out == f"lockgate {version()}\n"


def test_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["frobnicate"]) == ExitCode.USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "LG-100" in captured.err
    assert "lockgate --help" in captured.err


def test_no_arguments_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke([]) == ExitCode.USAGE
    assert "protect" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["frobnicate", "--json"], ["--json", "run", "--nonsense"]])
def test_usage_error_in_json(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(words) == ExitCode.USAGE
    captured = capsys.readouterr()
    assert json.loads(captured.out)["error"]["code"] == "LG-100"
    assert captured.err == ""


def test_error_block_lists_every_problem() -> None:
    error = ConfigurationError(
        "2 problems in the project",
        where=Position("lockgate.yaml"),
        hint="mend them and run `lockgate check`",
        problems=[
            Problem("LG-103", "unknown label pii.mail", Position("c.yaml", 3, 7), "pii.email?"),
            Problem("LG-101", "unknown key colour", Position("lockgate.yaml", 9)),
        ],
    )
    text = click.unstyle(block(error))
    for part in ("LG-101 2 problems", "c.yaml:3:7", "LG-103 unknown label", "→ pii.email?",
                 "lockgate.yaml:9", "unknown key colour", "what to do"):  # fmt: skip
        assert part in text
    document = as_document(error)
    assert document["problems"][0]["where"] == {"file": "c.yaml", "line": 3, "column": 7}
    assert document["exit_code"] == ExitCode.CONFIGURATION


def all_errors(root: type[LockgateError] = LockgateError) -> list[type[LockgateError]]:
    """Those of ``lockgate.errors``; an adapter may have one of its own that it never lets out."""
    children = [kind for kind in root.__subclasses__() if kind.__module__ == root.__module__]
    return [root, *(e for child in children for e in all_errors(child))]


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_each_error_ends_with_its_exit_code(kind, failing, capsys) -> None:
    failing(kind("it did not work"))
    assert invoke(["doctor"]) == kind.exit_code
    assert f"{kind.code} it did not work" in capsys.readouterr().err


def test_machine_errors_are_named_without_paths(failing, capsys) -> None:
    failing(OSError(28, "No space left on device", "/data/jane.roe@example.com.csv"))
    assert invoke(["doctor"]) == ExitCode.ENVIRONMENT
    err = capsys.readouterr().err
    assert "No space left on device" in err
    assert "jane" not in err


def test_interrupt_is_clean(failing, capsys) -> None:
    failing(KeyboardInterrupt())
    assert invoke(["doctor"]) == 130
    captured = capsys.readouterr()
    assert "Stopped" in captured.err
    assert "Traceback" not in captured.err


def test_internal_error_shows_no_value(failing, capsys) -> None:
    failing(ValueError("could not convert 123-45-6789"))
    assert invoke(["doctor"]) == ExitCode.INTERNAL
    err = capsys.readouterr().err
    assert "LG-000" in err
    assert "--verbose" in err
    assert "6789" not in err
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1


def test_report_of_an_internal_error_holds_places_only(failing, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    failing(ValueError("could not convert 123-45-6789"))
    assert invoke(["doctor", "--verbose"]) == ExitCode.INTERNAL
    (report,) = tmp_path.iterdir()
    assert str(report) in capsys.readouterr().err
    text = report.read_text()
    assert "6789" not in text
    assert "could not convert" not in text
    assert "ValueError" in text
    assert "test_cli_frame.py" in text
    assert report.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("words", ["--help", "doctor", "--version"])
def test_closed_pipe_is_quiet(words: str) -> None:
    """By Rich, by click and by its help: the code that shells use for it."""
    script = f"({sys.executable} -m lockgate {words}; echo $? >&2) | true"
    done = subprocess.run(["bash", "-c", f"{script}"], capture_output=True, text=True, check=False)
    assert done.stderr == f"{cli_main.BROKEN_PIPE}\n"


def test_a_refusal_that_nobody_reads_still_ends_with_its_exit_code(failing, monkeypatch) -> None:
    def closed(*_: object) -> int:
        raise BrokenPipeError

    monkeypatch.setattr(cli_main, "show", closed)
    monkeypatch.setattr(cli_main, "_pipe_closed", lambda: cli_main.BROKEN_PIPE)
    failing(ConfigurationError("it did not work"))
    assert invoke(["doctor"]) == ExitCode.CONFIGURATION


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_colour_where_none_is_wanted(name: str, value: str, monkeypatch) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    from lockgate.cli.failure import colour_wanted

    assert colour_wanted(Terminal())
    monkeypatch.setenv(name, value)
    assert not colour_wanted(Terminal())


def test_module_runs_as_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lockgate", "--version"],
        capture_output=True, text=True, check=True, env={**os.environ},
    )  # fmt: skip
    assert done.stdout.startswith("lockgate ")


def test_project_may_be_given_before_or_after_the_command(monkeypatch, tmp_path) -> None:
    seen: list[Path | None] = []

    @click.command("doctor", cls=LockgateCommand)
    @click.pass_obj
    def spy(face) -> None:
        seen.append(face.project)

    monkeypatch.setattr(cli_main.cli, "get_command", lambda ctx, name: spy)
    invoke(["--project", str(tmp_path), "doctor"])
    invoke(["doctor", "-C", str(tmp_path / "lockgate.yaml")])
    assert seen == [tmp_path, tmp_path]


def test_source_error_keeps_its_place() -> None:
    error = SourceError("line 3 is not UTF-8", where=Position("data/x.csv", 3))
    assert "data/x.csv:3" in click.unstyle(block(error))


class Boom(BaseException):
    """What no `except Exception` catches."""


@pytest.mark.parametrize("kind", [SystemExit, GeneratorExit, Boom])
@pytest.mark.parametrize("words", [[], ["--json"], ["--verbose"]])
def test_code_that_ends_the_process_with_a_value_is_an_internal_error(
    kind, words, failing, capsys, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    failing(kind("bad name Jane Roe"))
    assert invoke(["doctor", *words]) == ExitCode.INTERNAL
    captured = capsys.readouterr()
    assert "LG-000" in captured.out + captured.err
    assert "Jane" not in captured.out + captured.err
    assert "Traceback" not in captured.err
    assert all("Jane" not in report.read_text() for report in tmp_path.iterdir())


def test_code_that_ends_the_process_as_if_all_were_well_is_an_internal_error(failing) -> None:
    failing(SystemExit(0))
    assert invoke(["doctor"]) == ExitCode.INTERNAL


def test_shell_completion_still_ends_with_its_own_code(monkeypatch, capsys) -> None:
    monkeypatch.setenv("_LOCKGATE_COMPLETE", "bash_source")
    assert invoke([]) == 0
    assert "_LOCKGATE_COMPLETE" in capsys.readouterr().out
