"""A Pydantic v2 model compiles to a contract: columns, labels, rules and a digest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lockgate.contract.arrow_types import held_as
from lockgate.contract.core_fields import FieldShape, ModelShape, read_model
from lockgate.contract.digest import contract_digest
from lockgate.contract.markers import (
    COLUMN_ID,
    CONTRACT_ID,
    CONTRACT_ID_HINT,
    Labelled,
    find_markers,
    merge,
)
from lockgate.contract.model import Column, Contract
from lockgate.contract.plain_rules import plain_rules
from lockgate.contract.presence import never_null
from lockgate.errors import ContractError, LabelError, Position, Problem

Locate = Callable[[tuple[str | int, ...]], Position | None]


def compile_model(
    model: type[BaseModel],
    *,
    id: str,
    name: str,
    version: str = "1",
    max_rejected: float = 0.05,
    locate: Locate | None = None,
) -> Contract:
    """Compile a model. A field without a ``Labelled`` marker is unclassified.

    ``locate`` gives the position of a path such as ``("properties", "email")`` in
    whatever declared the model. Raises ContractError with every problem found.
    """
    return build_contract(
        model, id=id, name=name, version=version, max_rejected=max_rejected, locate=locate
    )


def build_contract(  # noqa: PLR0913  # a contract has that many parts
    model: type[BaseModel],
    *,
    id: str,
    name: str,
    version: str,
    max_rejected: float,
    locate: Locate | None = None,
    keys: Mapping[str, tuple[bool, bool]] | None = None,
    description: str = "",
    where: Position | None = None,
    extras: Mapping[str, Any] = MappingProxyType({}),
) -> Contract:
    """What both contract languages end in. ``keys``: column name -> (primary key, unique)."""
    at = locate or (lambda path: None)
    shape = _read(model, at)
    columns: list[Column] = []
    problems: list[Problem] = []
    if not CONTRACT_ID.fullmatch(id):
        message = "the contract has no usable id"
        problems.append(Problem(ContractError.code, message, at(("id",)), CONTRACT_ID_HINT))
    if not 0.0 <= max_rejected <= 1.0:
        problems.append(Problem(ContractError.code, "max_rejected is not between 0 and 1", at(())))
    for field in shape.fields:
        place = at(("properties", field.key))
        try:
            own = (keys or {}).get(field.key)
            columns.append(_column(model, field, own, place, never_null(shape, field)))
        except (ContractError, LabelError) as error:
            message = f"column {field.key}: {error.message}"
            problems.append(Problem(error.code, message, place, error.hint))
    problems += _doubled(columns, at)
    if problems:
        raise ContractError(
            f"{len(problems)} problem{'s' * (len(problems) > 1)} in contract {name}",
            where=where,
            problems=problems,
        )
    return Contract(
        id=id,
        name=name,
        version=version,
        columns=tuple(columns),
        model=model,
        max_rejected=max_rejected,
        description=description or (model.__doc__ or "").strip(),
        digest=contract_digest(
            id=id,
            version=version,
            columns=columns,
            model=model,
            max_rejected=max_rejected,
            rules=extras.get("dataset_rules", ()),
        ),
        where=where,
        extras=MappingProxyType(dict(extras)),
    )


def _read(model: type[BaseModel], at: Locate) -> ModelShape:
    if not isinstance(model, type) or not issubclass(model, BaseModel):
        raise ContractError("not a Pydantic model class", where=at(()))
    if not model.__pydantic_complete__:
        model.model_rebuild()
    try:
        shape = read_model(model)
    except ContractError as error:
        raise ContractError(error.message, where=at(()), hint=error.hint) from None
    if not shape.fields:
        raise ContractError("the model declares no fields", where=at(()))
    return shape


def _column(
    model: type[BaseModel],
    field: FieldShape,
    keys: tuple[bool, bool] | None,
    place: Position | None,
    never_null: bool,
) -> Column:
    info = model.model_fields[field.name]
    marker = _marker(info)
    column_id = marker.id or field.key
    if not COLUMN_ID.fullmatch(column_id):
        raise ContractError(
            "the column has no usable id",
            hint='give it one of letters, digits, "_", "." and "-": Labelled(…, id="…")',
        )
    held = held_as(info.annotation, field.leaf)
    primary, unique = keys or (False, False)
    return Column(
        id=column_id,
        name=field.key,
        arrow_type=held.arrow_type,
        labels=marker.labels,
        required=field.required,
        nullable=field.nullable,
        subject=marker.subject,
        primary_key=primary,
        unique=unique,
        domain=marker.domain,
        influence=marker.influence,
        description=info.description or "",
        rules=plain_rules(field),
        where=place,
        never_null=never_null,
    )


def _marker(info: FieldInfo) -> Labelled:
    def every() -> Any:
        yield from find_markers(info.annotation)
        yield from (item for item in info.metadata if isinstance(item, Labelled))

    return merge(every())


def _doubled(columns: list[Column], at: Locate) -> list[Problem]:
    problems: list[Problem] = []
    for what, values in (
        ("id", [column.id for column in columns]),
        ("name", [column.name for column in columns]),
    ):
        problems += [
            Problem(ContractError.code, f"two columns have the {what} {value}", at(()))
            for value in sorted({value for value in values if values.count(value) > 1})
        ]
    subjects = [column.name for column in columns if column.subject]
    if len(subjects) > 1:
        names = ", ".join(subjects)
        problems.append(
            Problem(
                ContractError.code,
                f"several columns are the subject: {names}",
                at(()),
                "mark the one that says whose row it is",
            )
        )
    return problems
