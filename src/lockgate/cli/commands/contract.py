"""``lockgate contract``: what a contract demands, in words or as the Pydantic model it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateGroup
from lockgate.errors import UsageError

if TYPE_CHECKING:
    from lockgate.assemble.workspace import Workspace
    from lockgate.contract.model import Contract


@click.group("contract", cls=LockgateGroup, short_help="Show what a contract demands.")
def command() -> None:
    """Contracts: what a dataset must look like, and how sensitive each column is."""


@command.command(
    "show",
    short_help="Explain each column: type, label, rules, exact or fallback.",
    examples=("lockgate contract show patients",),
)
@click.argument("name", required=False)
@click.pass_obj
def show(face: Face, name: str | None) -> None:
    """Explain each column of contract NAME: type, label, rules, and how it is judged.

    exact: decided column by column. accept-only: what is not plainly right goes
    to Pydantic. fallback: every distinct value goes to Pydantic. The verdict is
    the same in all three; the speed is not.
    """
    with face.workspace() as workspace:
        contract = chosen(workspace, name)
        rows = described(contract)
    if face.as_json:
        face.emit(
            {
                "id": contract.id,
                "name": contract.name,
                "version": contract.version,
                "digest": contract.digest,
                "max_rejected": contract.max_rejected,
                "columns": rows,
            }
        )
        return
    from lockgate.cli.screen import cell, fill, make_table

    face.out.print(cell(f"{contract.name} {contract.version}", "bold"))
    if contract.description:
        face.out.print(cell(contract.description, "dim"))
    table = make_table("column", "type", "label", "rules", "judged")
    face.out.print(
        fill(
            table,
            (
                (r["name"], r["type"], ", ".join(r["labels"]), "; ".join(r["rules"]), r["judged"])
                for r in rows
            ),
        )
    )
    face.out.print(
        cell(f"A run stops if more than {contract.max_rejected:.1%} of its rows are rejected.")
    )


def chosen(workspace: Workspace, name: str | None) -> Contract:
    """The contract of that name, or the only one. Raises UsageError."""
    contracts = workspace.project.contracts
    if name is None and len(contracts) == 1:
        return next(iter(contracts.values()))
    if name is None or name not in contracts:
        known = ", ".join(sorted(contracts)) or "none yet"
        raise UsageError(
            "say which contract" if name is None else "there is no contract of that name",
            hint=f"this project has {known}",
        )
    return contracts[name]


def described(contract: Contract) -> list[dict[str, Any]]:
    """Each column as plain JSON."""
    from lockgate.contract.judge import explain

    judged = {item.column: item for item in explain(contract)}
    rows = []
    for column in contract.columns:
        flags = [
            word
            for word, holds in (
                ("may be null", column.nullable),
                ("unique", column.unique),
                ("primary key", column.primary_key),
                ("the subject", column.subject),
            )
            if holds
        ]
        rows.append(
            {
                "name": column.name,
                "id": column.id,
                "type": str(column.arrow_type),
                "labels": list(column.labels.texts()),
                "rules": [*flags, *column.rules],
                "judged": judged[column.name].exactness.value,
                "judged_by_format": {
                    mode.value: {"exactness": exactness.value, "how": how}
                    for mode, (exactness, how) in judged[column.name].by_mode.items()
                },
                "description": column.description,
            }
        )
    return rows


@command.command(
    "code",
    short_help="Write a contract as the frozen Pydantic model it compiles to.",
    examples=("lockgate contract code patients > models.py",),
)
@click.argument("name", required=False)
@click.pass_obj
def code(face: Face, name: str | None) -> None:
    """Write the Pydantic model of contract NAME: the very model whose verdict each row gets."""
    with face.workspace() as workspace:
        contract = chosen(workspace, name)
        from lockgate.contract.code import model_code

        text = model_code(contract)
    if face.as_json:
        face.emit({"name": contract.name, "code": text})
    else:
        click.echo(text, nl=not text.endswith("\n"))
