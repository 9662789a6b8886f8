"""Tests are code too: each can fail, each skip says why, and no two files share a name."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
FILES = {path: ast.parse(path.read_bytes()) for path in sorted(TESTS.rglob("*.py"))}
CAN_FAIL = frozenset({"raises", "warns", "fail"})


def called(node: ast.Call) -> str:
    return ast.unparse(node.func)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def asserting_names() -> set[str]:
    """Functions in the tests that assert themselves, so that calling one can fail a test."""
    return {
        function.name
        for tree in FILES.values()
        for function in functions(tree)
        if not function.name.startswith("test_")
        and any(isinstance(node, ast.Assert) for node in ast.walk(function))
    }


def can_fail(test: ast.AST, asserting: set[str]) -> bool:
    for node in ast.walk(test):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = called(node).rpartition(".")[2]
            if name in CAN_FAIL or name in asserting or name.startswith("assert_"):
                return True
    return False


def test_every_test_can_fail() -> None:
    asserting = asserting_names()
    idle = [
        f"{path.relative_to(TESTS)}:{test.lineno} {test.name}"
        for path, tree in FILES.items()
        for test in functions(tree)
        if test.name.startswith("test_") and not can_fail(test, asserting)
    ]

    assert idle == []


def test_no_test_asserts_a_constant() -> None:
    constant = [
        f"{path.relative_to(TESTS)}:{node.lineno}"
        for path, tree in FILES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant) and node.test.value
    ]

    assert constant == []


def test_every_skip_gives_its_reason() -> None:
    silent = []
    for path, tree in FILES.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = called(node)
            if name == "pytest.skip" and not (node.args or node.keywords):
                silent.append(f"{path.relative_to(TESTS)}:{node.lineno}")
            reason = any(keyword.arg == "reason" for keyword in node.keywords)
            if name.startswith(("pytest.mark.skip", "pytest.mark.xfail")) and not reason:
                silent.append(f"{path.relative_to(TESTS)}:{node.lineno}")

    assert silent == []


def test_file_names_are_unique_and_say_what_they_test() -> None:
    names = Counter(path.name for path in FILES if path.name.startswith("test_"))
    odd = [
        str(path.relative_to(TESTS))
        for path in FILES
        if path.stem.startswith("test_") and path.stem.count("_") < 2
    ]

    assert [name for name, count in names.items() if count > 1] == []
    assert odd == []
