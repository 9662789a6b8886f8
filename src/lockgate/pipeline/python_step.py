"""A step written in Python: a function of frames, and what it says of itself."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeAlias

import pyarrow as pa
from pydantic import BaseModel, create_model

from lockgate.contract.from_pydantic import compile_model
from lockgate.errors import ContractError, StepRefused
from lockgate.redaction.raised_name import raised_name

Returns: TypeAlias = Mapping[str, Any] | pa.Schema | type[BaseModel]


class FrameKind(StrEnum):
    """What a parameter wants to be given."""

    ARROW = "pyarrow.Table"
    POLARS = "polars.DataFrame"
    PANDAS = "pandas.DataFrame"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: an input's name, the kind of frame, and the class that its annotation names."""

    name: str
    kind: FrameKind
    frame: type


@dataclass(frozen=True, slots=True)
class PythonStep:
    """What ``@lockgate.step`` makes of a function. Calling it calls the function.

    ``derives`` claims for an output that its values come from those columns only, each
    ``column`` or ``input.column``; ``reason`` and ``approver`` stand for all its claims.
    """

    function: Callable[..., Any]
    returns: Returns | None
    derives: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    reason: str = ""
    approver: str = ""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    @property
    def name(self) -> str:
        """The function's name."""
        return str(getattr(self.function, "__name__", "step"))

    def schema(self) -> pa.Schema:
        """The columns that it declares to return. Raises StepRefused if they are none."""
        if self.returns is None:
            raise StepRefused(
                f"{self.name}: the decorator says what the function returns",
                hint='@lockgate.step(returns={"score": float}), with parentheses',
            )
        schema = _schema(self.returns, self.name)
        if not len(schema) or len(set(schema.names)) != len(schema.names):
            raise StepRefused(f"{self.name}: `returns` names each column once, and at least one")
        if unknown := set(self.derives) - set(schema.names):
            raise StepRefused(f"{self.name}: `derives` speaks of {min(unknown)}, not in `returns`")
        if self.derives and not (self.reason.strip() and self.approver.strip()):
            raise StepRefused(
                f"{self.name}: a claim of what outputs derive from has a reason and an approver",
                hint='@lockgate.step(..., derives={...}, reason="...", approver="...")',
            )
        return schema

    def parameters(self) -> tuple[Parameter, ...]:
        """What it wants, in order. Raises StepRefused for an annotation that is no frame."""
        try:
            hints = typing.get_type_hints(self.function)
            signature = inspect.signature(self.function)
        except (NameError, TypeError, ValueError, AttributeError):
            hints = None
        if hints is None:
            raise StepRefused(
                f"{self.name}: its annotations cannot be read",
                hint="import what they name, not only under TYPE_CHECKING",
            )
        found: list[Parameter] = []
        for parameter in signature.parameters.values():
            frame = hints.get(parameter.name)
            kind = _kind(frame)
            if (
                frame is None
                or kind is None
                or parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
            ):
                raise StepRefused(
                    f"{self.name}: parameter {parameter.name} is not annotated as a frame",
                    hint=" or ".join(FrameKind),
                )
            found.append(Parameter(parameter.name, kind, frame))
        return tuple(found)


@typing.overload
def step(function: Callable[..., Any], /) -> PythonStep: ...


@typing.overload
def step(
    *,
    returns: Returns,
    derives: Mapping[str, Sequence[str]] | None = None,
    reason: str = "",
    approver: str = "",
) -> Callable[[Callable[..., Any]], PythonStep]: ...


def step(
    function: Callable[..., Any] | None = None,
    /,
    *,
    returns: Returns | None = None,
    derives: Mapping[str, Sequence[str]] | None = None,
    reason: str = "",
    approver: str = "",
) -> PythonStep | Callable[[Callable[..., Any]], PythonStep]:
    """Declare a function as a step: ``@lockgate.step(returns={"score": float})``.

    Each parameter is named like an input and annotated with the frame it wants:
    ``pyarrow.Table``, ``polars.DataFrame`` or ``pandas.DataFrame``. ``returns`` are the columns
    of the frame that it returns: a mapping of names to Python or Arrow types, an Arrow schema, or
    a Pydantic model. Without ``derives`` every output counts as made of every input column.
    Without ``returns`` the step is refused when it is checked.
    """
    claims = {name: tuple(columns) for name, columns in (derives or {}).items()}

    def declare(function: Callable[..., Any]) -> PythonStep:
        return PythonStep(function, returns, MappingProxyType(claims), reason, approver)

    return declare if function is None else declare(function)


def _schema(returns: Returns, name: str) -> pa.Schema:
    if isinstance(returns, pa.Schema):
        return pa.schema([pa.field(one.name, one.type) for one in returns])
    if isinstance(returns, type) and issubclass(returns, BaseModel):
        return _of_model(returns, name)
    if not isinstance(returns, Mapping) or not all(isinstance(key, str) for key in returns):
        raise StepRefused(f"{name}: `returns` is a mapping of names to types, a schema or a model")
    python = {key: of for key, of in returns.items() if not isinstance(of, pa.DataType)}
    types = {key: of for key, of in returns.items() if isinstance(of, pa.DataType)}
    for key, of in python.items():
        types[key] = _of_model(_one_field(of, name), name).field("value").type
    return pa.schema([pa.field(key, types[key]) for key in returns])


def _one_field(annotation: Any, name: str) -> type[BaseModel]:
    try:
        made: type[BaseModel] = create_model("Returned", value=(annotation, ...))
    except Exception as error:  # noqa: BLE001 - Pydantic refuses an annotation in many ways
        why = raised_name(error)
    else:
        return made
    raise StepRefused(f"{name}: `returns` names a type that no column has ({why})")


def _of_model(model: type[BaseModel], name: str) -> pa.Schema:
    try:
        return compile_model(model, id="returned", name="returned").schema
    except ContractError as error:
        why = error.problems[0].message if error.problems else error.message
    raise StepRefused(f"{name}: `returns` does not compile: {why}")


def _kind(annotation: Any) -> FrameKind | None:
    if not isinstance(annotation, type):
        return None
    library = annotation.__module__.partition(".")[0]
    named = f"{library}.{annotation.__name__}"
    return FrameKind(named) if named in set(FrameKind) else None
