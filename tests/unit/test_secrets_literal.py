"""A secret in a project's file is found where it stands; what only looks like one is not."""

from __future__ import annotations

import ast
import time
from pathlib import Path

import pytest

from lockgate.adapters.secret_scan.known_formats import known_formats, worth_a_look
from lockgate.assemble.literal_secrets import literal_secrets
from lockgate.assemble.project_texts import ProjectText
from secret_lines import (
    AWS,
    B64,
    HEX,
    INNOCENT_PYTHON,
    INNOCENT_SQL,
    INNOCENT_YAML,
    MIX,
    PYTHON,
    SQL,
    WORDS_ALONE,
    YAML,
)


def found(text: str, kind: str) -> list[tuple[int, int, str]]:
    return list(literal_secrets(ProjectText(Path(f"x.{kind}"), kind, text)))


@pytest.mark.parametrize("line", [*YAML, *WORDS_ALONE])
def test_a_secret_in_yaml_is_found(line: str) -> None:
    places = found(f"lockgate: 1\n{line}\n", "yaml")
    assert [number for number, _, _ in places] == [2]


@pytest.mark.parametrize("line", PYTHON)
def test_a_secret_in_python_is_found(line: str) -> None:
    ast.parse(line)
    assert {number for number, _, _ in found(f"import os\n{line}\n", "python")} == {2}


@pytest.mark.parametrize("line", SQL)
def test_a_secret_in_sql_is_found(line: str) -> None:
    assert {number for number, _, _ in found(f"SELECT 1;\n{line}\n", "sql")} == {2}


@pytest.mark.parametrize("line", INNOCENT_YAML)
def test_what_is_no_secret_in_yaml_is_left(line: str) -> None:
    assert found(line, "yaml") == []


@pytest.mark.parametrize("line", INNOCENT_PYTHON)
def test_what_is_no_secret_in_python_is_left(line: str) -> None:
    ast.parse(line)
    assert found(line, "python") == []


@pytest.mark.parametrize("line", INNOCENT_SQL)
def test_what_is_no_secret_in_sql_is_left(line: str) -> None:
    assert found(line, "sql") == []


def test_the_place_is_that_of_the_value() -> None:
    assert found("a: 1\nstate: {url: x, password: hunter2}\n", "yaml") == [
        (2, 27, "a value of password")
    ]
    assert found("ä = connect(user='é', password='hunter2')\n", "python")[0][:2] == (1, 32)
    assert found("url: postgresql://app:hunter2" + "@db/x\n", "yaml")[0][:2] == (1, 23)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_editors_do(end: str) -> None:
    text = end.join(("a = 1", "b = '\x0b \x0c \u2028 \x85'", "password = 'hunter2'", ""))
    assert [place[:2] for place in found(text, "python")] == [(3, 12)]


def test_nothing_of_the_value_is_told() -> None:
    told = " ".join(what for line in YAML for _, _, what in found(line, "yaml"))
    for secret in ("hunter2", "tr0ub4dor", MIX, B64, HEX, AWS):
        assert secret not in told


def test_every_line_that_a_detector_knows_is_worth_a_look() -> None:
    """The filter that saves loading the detectors hides nothing from them."""
    known = [line for line in YAML if list(known_formats(line))]
    assert len(known) >= 15
    assert [line for line in known if not worth_a_look(line)] == []


HOSTILE = {
    "comments": "# " * 50_000,
    "names": "#" + " a_password" * 10_000,
    "word": "a1" * 50_000,
    "addresses": "http://" * 15_000,
    "pairs": "password=" * 12_000,
    "key": ("A" * 43 + "=") * 2_000,
    "quotes": "password '" * 10_000,
    "token": "eyJaaaaaaaaa." * 8_000,
    "header": "-----BEGIN " * 10_000,
    "authorization": "authorization: " * 7_000,
    "underscores": "_" * 100_000,
    "refused": "a: &a 1\n" + "password: " * 10_000,
    "refused words": "a: &a 1 (\n" + "name.token_" * 10_000,
    "refused values": "a: &a 1 (\n" + "password = [ !a &" * 6_000,
    "spaces": "password" + " " * 100_000,
    "services": "cloudant_ibm_softlayer_aws_key " * 3_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", ["yaml", "sql", "python"])
def test_a_hostile_line_costs_little(name: str, kind: str) -> None:
    """100 kB in seconds at the very most, on the slowest machine; quadratic would be minutes."""
    began = time.process_time()
    found(HOSTILE[name], kind)
    assert time.process_time() - began < 10


def test_nesting_without_end_is_survived() -> None:
    assert found("x = " + "(" * 20_000, "python") == []
    assert found("x: " + "[" * 20_000, "yaml") == []


def test_this_repositorys_examples_and_templates_hold_none(repository: Path) -> None:
    """The files that projects begin with pass the check that their owners will run."""
    kinds = {".yaml": "yaml", ".py": "python", ".sql": "sql"}
    files = [
        path
        for folder in ("examples", "src/lockgate/cli/demo")
        for path in sorted((repository / folder).rglob("*"))
        if path.suffix in kinds
    ]
    assert len(files) > 5
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert list(literal_secrets(ProjectText(file, kinds[file.suffix], text))) == [], file
