"""Write a project's files: a starter, more contracts and pipelines, labels for columns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from lockgate.assemble.project_file import load_project
from lockgate.assemble.project_file_contracts import ContractHome
from lockgate.assemble.yaml_text import load_round_trip, render_yaml, save_round_trip
from lockgate.contract.model import Contract
from lockgate.errors import ConfigurationError, Position

__all__ = ["append_to_project", "new_project_text", "render_yaml", "set_labels"]

LABEL_PROPERTY = "lockgate.label"

_ZONES = """\
# Zones: where data may rest, and what each demands of a label. Shipped ones are raw, analytics,
# research, dev and partner (docs/reference/policy.md). One written here replaces the shipped one:
# zones:
#   analytics:
#     extends: analytics
#     rules: {pii.phone: {mask: {last: 4}}, pii.zip: drop}
"""

_CONTRACTS = """\
# Contracts: what a dataset must look like, with a label for every column. Written here, in
# contracts/NAME.odcs.yaml, or as a Pydantic model:
# contracts:
#   patients: {file: contracts/patients.odcs.yaml}
#   visits: {python: "models:Visit"}
"""

_PIPELINES = """\
# Pipelines: from a source to sinks in zones.
# pipelines:
#   nightly:
#     purpose: readmission-study
#     source: {contract: patients, path: data/patients.csv, format: csv}
#     sinks:
#       analytics: {zone: analytics, path: out/analytics, format: parquet}
"""


def new_project_text(
    project: str,
    public_key: str,
    *,
    protection: str = "file",
    environment: str = "development",
    state: str = "sqlite",
    roots: Mapping[str, list[str]] | None = None,
    contracts: Mapping[str, Any] | None = None,
    pipelines: Mapping[str, Any] | None = None,
) -> str:
    """A commented ``lockgate.yaml``. ``public_key`` is the ledger's, base64."""
    head = {
        "lockgate": 1,
        "project": project,
        "environment": environment,
        "ledger": {"public_key": public_key},
        "keys": {"service": "local", "protection": protection},
        "state": state,
        "roots": dict(roots) if roots else {"read": ["."], "write": ["."]},
    }
    comments = {
        "ledger": "The ledger's public key, pinned: whoever verifies the ledger needs it.",
        "keys": "Keys are wrapped by a root key in .lockgate, which never goes into a repository.",
        "state": "Runs, keys and the ledger: sqlite, or postgresql://host/database (no password).",
        "roots": "Nothing is read or written outside of these folders.",
    }
    parts = ["# What this file may hold: docs/reference/project-file.md\n"]
    for key, value in head.items():
        comment = f"\n# {comments[key]}\n" if key in comments else ""
        parts.append(comment + render_yaml({key: value}).decode())
    parts.append("\n" + _ZONES)
    for key, section, example in (
        ("contracts", contracts, _CONTRACTS),
        ("pipelines", pipelines, _PIPELINES),
    ):
        parts.append("\n" + (render_yaml({key: section}).decode() if section else example))
    return "".join(parts)


def append_to_project(
    path: Path, contracts: Mapping[str, Any], pipelines: Mapping[str, Any]
) -> None:
    """Add contracts and pipelines to a project's file; comments and order stay.

    Raises ConfigurationError if a name is taken or the file is malformed.
    """
    shown = str(path)
    data = load_round_trip(path, shown)
    if not isinstance(data, CommentedMap):
        raise ConfigurationError("a project's file is a mapping", where=Position(shown))
    for key, section in (("contracts", contracts), ("pipelines", pipelines)):
        present = data.get(key)
        if present is not None and not isinstance(present, CommentedMap):
            raise ConfigurationError(f"{key} is a mapping", where=Position(shown))
        if present is None and section:
            present = data[key] = CommentedMap()
        for name, value in section.items():
            if name in present:
                raise ConfigurationError(
                    f"{key} has {name} already", where=Position(shown), hint="choose another name"
                )
            present[name] = value
    save_round_trip(path, data, shown)


def set_labels(path: Path, labels: Mapping[tuple[str, str], str]) -> tuple[tuple[str, str], ...]:
    """Label columns: (contract, column) -> label. ``a+b`` sets two.

    Writes the ODCS documents, in the project's file or their own, with comments
    kept. Returns the pairs that could not be set: columns of Pydantic models.
    Raises ConfigurationError or LabelError before anything is written.
    """
    project = load_project(path)
    left: list[tuple[str, str]] = []
    files: dict[Path, Any] = {}
    for (name, column), label in labels.items():
        for one in label.split("+"):
            if one != "public":
                project.taxonomy.entry(one)
        home = project.contract_homes.get(name)
        if home is None:
            raise ConfigurationError(f"there is no contract {name}")
        if home.file is None:
            left.append((name, column))
            continue
        if home.file not in files:
            files[home.file] = load_round_trip(home.file, home.where.file)
        found = _property(files[home.file], home, project.contracts[name], column)
        _label(found, label)
    for file, data in files.items():
        save_round_trip(file, data, file.name)
    return tuple(left)


def _property(data: Any, home: ContractHome, contract: Contract, column: str) -> CommentedMap:
    """The column's property in the document: that which stands where the contract says."""
    where = next((c.where for c in contract.columns if c.name == column), None)
    for key in home.keys:
        data = data[key]
    for item in data.get("schema", ()):
        properties = item.get("properties") or CommentedSeq()
        for index, found in enumerate(properties):
            line = properties.lc.item(index)[0] + 1
            if found.get("name") == column and (where is None or where.line == line):
                return found  # type: ignore[no-any-return]  # ruamel has no types
    raise ConfigurationError(f"contract {contract.name} has no column {column}", where=home.where)


def _label(found: CommentedMap, label: str) -> None:
    texts = label.split("+")
    value = label if len(texts) == 1 else texts
    custom = found.get("customProperties")
    if not isinstance(custom, CommentedSeq):
        custom = found["customProperties"] = CommentedSeq()
    for entry in custom:
        if entry.get("property") == LABEL_PROPERTY:
            entry["value"] = value
            return
    entry = CommentedMap({"property": LABEL_PROPERTY, "value": value})
    entry.fa.set_flow_style()
    custom.append(entry)
