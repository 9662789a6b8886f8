"""No command, public name or public member of the library is outside the tables of the ways in.

What stands in ``COMMANDS`` and ``CALLS`` of tests/ways_in.py is walked by those who may not
(tests/integration/test_every_way_in.py); what does not is exempt by name, with a reason. What a
member gives back is data, is listed itself, or says why it need not be.
"""

from __future__ import annotations

import ast
import collections.abc
import dataclasses
import importlib
import inspect
import sys
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import click
import pydantic
import pytest

import lockgate
from lockgate.access.gatekeeper import Gatekeeper
from lockgate.access.grant_rows import Grant
from lockgate.access.ports import TokenVerifier
from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import cli
from ways_in import (
    CALLS,
    CALLS_EXEMPT,
    COMMANDS,
    COMMANDS_EXEMPT,
    GIVEN_EXEMPT,
    NAMES_ELSEWHERE,
    NAMES_EXEMPT,
    OPENED,
)

TESTS = Path(__file__).resolve().parents[1]


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command that does something, by its words; hidden ones too."""
    context = click.Context(group)
    if group.invoke_without_command:
        yield " ".join(path)
    for name in {*group.list_commands(context), *group.commands}:
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from leaves(found, (*path, name))
        else:
            yield " ".join((*path, name))


def lines_of(kind: type) -> Iterator[type]:
    """The class and those of Lockgate that it is made from."""
    return (one for one in kind.__mro__ if one.__module__.partition(".")[0] != "builtins")


def assigned(kind: type) -> set[str]:
    """What instances are given: ``self.name = …``, in any method."""
    tree = ast.parse(dedent(inspect.getsource(kind)))
    stored = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return {
        node.attr
        for node in stored
        if isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self"
    }


def members(kinds: Iterable[type]) -> dict[str, Any]:
    """Every public method, property, attribute and field, and calling it, by ``Class.name``."""
    found: dict[str, Any] = {}
    for kind in kinds:
        for one in lines_of(kind):
            named = {*vars(one), *inspect.get_annotations(one), *assigned(one)}
            for name in named:
                if not name.startswith("_") or name == "__call__":
                    found.setdefault(f"{kind.__name__}.{name}", vars(one).get(name))
    return found


@cache
def around(module: str) -> Mapping[str, Any]:
    """What a module's annotations may name: also what it imports for type checkers only."""
    place = sys.modules[module]
    tree = ast.parse(inspect.getsource(place))
    found: dict[str, Any] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for one in node.names:
                if one.name not in vars(place) and node.module.startswith("lockgate."):
                    inside = importlib.import_module(node.module)
                    found[one.asname or one.name] = getattr(inside, one.name)
    return found | vars(place)


def parts(annotation: object) -> Iterator[object]:
    """The types that an annotation is made of."""
    if typing.get_origin(annotation) is collections.abc.Callable:
        yield collections.abc.Callable
        return
    inside = typing.get_args(annotation)
    if not inside:
        yield annotation
    for one in inside:
        yield from parts(one)


def resolved(of: Any, annotations: Mapping[str, Any]) -> Iterator[object]:
    """The types that annotations of a function or class name, as its own module reads them."""
    stub = type("stub", (), {"__annotations__": dict(annotations)})
    for annotation in typing.get_type_hints(stub, dict(around(of.__module__)), {}).values():
        yield from parts(annotation)


def given(member: object) -> set[object]:
    """What a member gives back, by its annotation."""
    if isinstance(member, property):
        member = member.fget
    function = inspect.unwrap(getattr(member, "__func__", member))  # type: ignore[arg-type]
    if not inspect.isfunction(function):
        return set()
    assert "return" in function.__annotations__, function.__qualname__
    return set(resolved(function, {"return": function.__annotations__["return"]}))


def is_data(kind: object, seen: frozenset[object] = frozenset()) -> bool:
    """Whether a type only holds values: nothing in it does anything for who has it."""
    if kind in seen or not inspect.isclass(kind):
        return kind is not collections.abc.Callable
    if getattr(kind, "_is_protocol", False):
        return False
    if not kind.__module__.startswith("lockgate."):
        return True
    if issubclass(kind, Enum | Exception):
        return True
    if not (dataclasses.is_dataclass(kind) or issubclass(kind, tuple | pydantic.BaseModel)):
        return False
    own = [one for one in kind.__mro__ if one.__module__.startswith("lockgate.")]
    held = (part for one in own for part in resolved(one, inspect.get_annotations(one)))
    return all(is_data(part, seen | {kind}) for part in held)


def unknown(found: Iterable[str], *tables: Iterable[str]) -> tuple[set[str], set[str]]:
    """What no table has, and what only a table has."""
    there, listed = set(found), {name for table in tables for name in table}
    return there - listed, listed - there


def live(found: Mapping[str, Callable[..., Any]]) -> set[str]:
    """Classes that members give back and that are not data."""
    kinds = {kind for member in found.values() for kind in given(member)}
    return {getattr(kind, "__name__", str(kind)) for kind in kinds if not is_data(kind)}


def test_every_command_is_walked_or_says_why_not() -> None:
    assert unknown(leaves(cli), COMMANDS, COMMANDS_EXEMPT) == (set(), set())
    assert not set(COMMANDS) & set(COMMANDS_EXEMPT)


def test_every_public_member_is_walked_or_says_why_not() -> None:
    assert unknown(members(OPENED), CALLS, CALLS_EXEMPT) == (set(), set())
    assert not set(CALLS) & set(CALLS_EXEMPT)


def test_every_public_name_is_walked_or_says_why_not() -> None:
    assert unknown(lockgate.__all__, NAMES_EXEMPT, NAMES_ELSEWHERE) == (set(), set())
    assert not set(NAMES_EXEMPT) & set(NAMES_ELSEWHERE)
    for name, file in NAMES_ELSEWHERE.items():
        assert f"lockgate.{name}" in (TESTS / file).read_text(encoding="utf-8")


def test_what_members_and_names_give_back_is_data_or_listed() -> None:
    opened = {kind.__name__ for kind in OPENED}
    public = {name: getattr(lockgate, name) for name in lockgate.__all__}
    functions = {name: one for name, one in public.items() if inspect.isfunction(one)}
    assert unknown(live(members(OPENED) | functions), opened, GIVEN_EXEMPT) == (set(), set())


def test_a_command_that_nobody_listed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    group = click.Group("keys", commands={"peek": click.Command("peek", hidden=True)})
    assert list(leaves(click.Group("lockgate", commands={"keys": group}))) == ["keys peek"]
    monkeypatch.delitem(COMMANDS, "run")  # type: ignore[arg-type]
    with pytest.raises(AssertionError):
        test_every_command_is_walked_or_says_why_not()


class _Grown(OPENED[0]):  # type: ignore[misc]
    """What is opened, with a member of each kind that nobody listed."""

    held: str

    def __init__(self) -> None:
        self.kept = 1

    def does(self) -> None: ...

    @property
    def shows(self) -> int:
        return 1

    @staticmethod
    def makes() -> None: ...


def test_a_member_that_nobody_listed_is_found() -> None:
    found = members([_Grown])
    own = {"held", "kept", "does", "shows", "makes"}
    inherited = {name.partition(".")[2] for name in members([OPENED[0]])}
    assert {name.partition(".")[2] for name in found} == own | inherited


def test_what_can_do_something_is_no_data() -> None:
    assert is_data(Grant)
    assert not any(map(is_data, (Gatekeeper, TokenVerifier, Workspace)))
