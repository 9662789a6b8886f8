"""The typed face of the native kernel is the one it has."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import pytest

from kernels import MODULE, native_is_here

STUB = Path(__file__).parents[2] / "rust" / "python" / "lockgate_kernel.pyi"
TREE = ast.parse(STUB.read_text(encoding="utf-8"))
ONLY_TYPES = {"ArrowArray", "ArrowSchema"}


def stubbed(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    named = {n.name: n for n in body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    values = {n.target.id: n for n in body if isinstance(n, ast.AnnAssign) and is_name(n.target)}
    return {**named, **values}


def is_property(node: ast.FunctionDef) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "property" for d in node.decorator_list)


def is_name(target: ast.expr) -> bool:
    return isinstance(target, ast.Name)


@pytest.mark.skipif(not native_is_here(), reason="the native kernel is not installed")
def test_the_stub_names_what_the_module_has() -> None:
    module = importlib.import_module(MODULE)

    assert set(stubbed(TREE.body)) - ONLY_TYPES == set(module.__all__)
    for name in ("JudgeRule", "Array"):
        declared = TREE.body[[getattr(n, "name", "") for n in TREE.body].index(name)]
        assert isinstance(declared, ast.ClassDef)
        found = {m for m in vars(getattr(module, name)) if m not in {"__doc__", "__module__"}}
        assert set(stubbed(declared.body)) == found - {"__new__"}


@pytest.mark.skipif(not native_is_here(), reason="the native kernel is not installed")
def test_the_stub_takes_what_each_function_takes() -> None:
    module = importlib.import_module(MODULE)

    rules = stubbed(TREE.body)["JudgeRule"]
    assert isinstance(rules, ast.ClassDef)
    for found, body in ((module, TREE.body), (module.JudgeRule, rules.body)):
        for name, declared in stubbed(body).items():
            if isinstance(declared, ast.FunctionDef) and not is_property(declared):
                wanted = [a.arg for a in declared.args.args]
                taken = list(inspect.signature(getattr(found, name)).parameters)
                assert [n for n in taken if n != "self"] == [n for n in wanted if n != "self"]


def test_everything_in_the_stub_is_explained() -> None:
    for name, node in stubbed(TREE.body).items():
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            assert ast.get_docstring(node), name
