"""One tree of errors: every one of ours descends from the root, under a code that never changes."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from lockgate import errors
from lockgate.errors import ExitCode, LockgateError, Position, Problem

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCE = REPOSITORY / "src" / "lockgate"
REFERENCE = REPOSITORY / "docs" / "reference"


def descendants(root: type[LockgateError]) -> list[type[LockgateError]]:
    """The errors of the tree itself; a room's own signal below one of them shares its code."""
    found = [root]
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            found += descendants(child)
    return found


TREE = descendants(LockgateError)

# A code, once given, keeps its meaning: scripts match on it. Add lines here, never change one.
GIVEN = {
    "LG-000": "LockgateError",
    "LG-100": "UsageError",
    "LG-101": "ConfigurationError",
    "LG-102": "ContractError",
    "LG-103": "LabelError",
    "LG-104": "PolicyError",
    "LG-201": "PlanRefused",
    "LG-301": "SourceError",
    "LG-302": "PathRefused",
    "LG-303": "LimitExceeded",
    "LG-401": "TooManyRejected",
    "LG-402": "TreatmentFailed",
    "LG-501": "AuthorisationDenied",
    "LG-502": "KeyUnavailable",
    "LG-601": "IntegrityError",
    "LG-602": "LedgerTampered",
    "LG-701": "EnvironmentFailed",
    "LG-702": "LedgerUnwritable",
    "LG-801": "KernelError",
}


def test_every_error_in_errors_descends_from_the_root() -> None:
    strays = [
        value.__name__
        for value in vars(errors).values()
        if isinstance(value, type)
        and issubclass(value, BaseException)
        and not issubclass(value, LockgateError)
    ]

    assert strays == []


def test_an_exception_outside_the_tree_never_leaves_its_room() -> None:
    """It would have no code, no exit code and no page; inside a room it is only a signal."""
    files = [path for path in SOURCE.rglob("*.py") if path != SOURCE / "errors.py"]
    room = {path: path.relative_to(SOURCE).parts[0] for path in files}
    bases_of_errors = _exception_names()
    strays = []
    for path in files:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if not isinstance(node, ast.ClassDef):
                continue
            if {ast.unparse(base).rpartition(".")[2] for base in node.bases} & bases_of_errors:
                word = re.compile(rf"\b{node.name}\b")
                strays += [
                    f"{node.name} of {path.relative_to(SOURCE)} is known to {other}"
                    for other in files
                    if room[other] != room[path] and word.search(other.read_text())
                ]

    assert strays == []


def _exception_names() -> set[str]:
    import builtins

    names = {
        name
        for name, value in vars(builtins).items()
        if isinstance(value, type) and issubclass(value, BaseException)
    }
    return names | {error.__name__ for error in TREE}


def test_codes_are_unique_well_formed_and_stable() -> None:
    codes = {error.__name__: error.code for error in TREE}

    assert len(set(codes.values())) == len(codes)
    assert all(re.fullmatch(r"LG-\d{3}", code) for code in codes.values())
    assert {code: name for name, code in codes.items() if code in GIVEN} == GIVEN


@pytest.mark.parametrize("error", TREE, ids=lambda error: error.code)
def test_every_error_is_documented_with_its_exit_code(error: type[LockgateError]) -> None:
    page = (REFERENCE / "errors.md").read_text()
    row = next((line for line in page.splitlines() if line.startswith(f"| {error.code} |")), "")

    assert f"`{error.__name__}`" in row
    assert f"| {error.exit_code.value} |" in row


@pytest.mark.parametrize("code", ExitCode)
def test_every_exit_code_is_documented(code: ExitCode) -> None:
    page = (REFERENCE / "exit-codes.md").read_text()

    assert f"| {code.value} | {code.name} |" in page


@pytest.mark.parametrize("error", TREE, ids=lambda error: error.code)
def test_an_error_says_where_which_rule_and_what_next(error: type[LockgateError]) -> None:
    raised = error("column `email`: 3 rows", where=Position("a.yaml", 4, 2), hint="label it")

    assert str(raised) == f"a.yaml:4:2: {error.code} column `email`: 3 rows (label it)"


def test_a_problem_without_a_place_starts_with_its_code() -> None:
    assert str(Problem("LG-101", "unknown key `colour`")) == "LG-101 unknown key `colour`"


@pytest.mark.parametrize(
    ("position", "text"),
    [
        (Position("a.yaml"), "a.yaml"),
        (Position("a.yaml", 7), "a.yaml:7"),
        (Position("a.yaml", 7, 3), "a.yaml:7:3"),
        (Position("a.yaml", 0, 3), "a.yaml"),
    ],
)
def test_a_position_prints_only_what_is_known(position: Position, text: str) -> None:
    assert str(position) == text
