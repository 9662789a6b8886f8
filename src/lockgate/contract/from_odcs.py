"""An ODCS v3 document compiles to a contract through a frozen Pydantic model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model

from lockgate.contract.dataset_rule import DatasetRule, Metric
from lockgate.contract.from_pydantic import build_contract
from lockgate.contract.markers import CONTRACT_ID, CONTRACT_ID_HINT
from lockgate.contract.model import Contract
from lockgate.contract.odcs import keys
from lockgate.contract.odcs.properties import PropertyReader
from lockgate.contract.odcs.property_spec import PropertySpec
from lockgate.contract.odcs.quality import read_quality
from lockgate.contract.odcs.reader import Locate, Path, Reader
from lockgate.errors import ContractError

MODEL_CONFIG = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


@dataclass(frozen=True, slots=True)
class OdcsContract:
    """What was read of one schema object of a document."""

    id: str
    name: str
    version: str
    description: str
    max_rejected: float
    properties: tuple[PropertySpec, ...]
    rules: tuple[DatasetRule, ...]
    path: Path


def compile_odcs(document: Mapping[str, Any], locate: Locate, object_name: str = "") -> Contract:
    """Compile one schema object of an ODCS v3.0 to v3.2 document.

    ``locate`` gives the position of a path in the document, None if unknown.
    ``object_name`` is needed where the document has several objects. The contract's
    id is the document's, or "<document id>.<object name>" in a document with several
    objects; custom property ``lockgate.id`` of the object fixes it. Raises
    ContractError with every problem found.
    """
    found = read_odcs(document, locate, object_name)
    model = build_model(found)
    index = {spec.name: place for place, spec in enumerate(found.properties)}

    def at(path: Path) -> Any:
        inner = ("properties", index[str(path[1])]) if len(path) > 1 else ()
        return locate((*found.path, *inner))

    return build_contract(
        model,
        id=found.id,
        name=found.name,
        version=found.version,
        max_rejected=found.max_rejected,
        locate=at,
        keys={spec.name: (spec.primary_key, spec.unique) for spec in found.properties},
        description=found.description,
        where=locate(()),
        extras={"dataset_rules": found.rules, "properties": found.properties},
    )


def build_model(found: OdcsContract) -> type[BaseModel]:
    """The frozen Pydantic model of what was read."""
    fields: dict[str, Any] = {
        spec.attribute: (spec.annotation(), spec.field()) for spec in found.properties
    }
    return create_model(
        class_name(found.name), __config__=MODEL_CONFIG, __doc__=found.description, **fields
    )


def class_name(name: str) -> str:
    """A class name out of a contract's name: ``patient-visits`` becomes ``PatientVisits``."""
    words = "".join(part if part.isalnum() and part.isascii() else " " for part in name).split()
    joined = "".join(word[0].upper() + word[1:] for word in words)
    return joined if joined[:1].isalpha() else f"Contract{joined}"


def read_odcs(document: Mapping[str, Any], locate: Locate, object_name: str = "") -> OdcsContract:
    """Read a document. Raises ContractError with every problem found."""
    reader = Reader(locate)
    top = reader.mapping(document, ())
    reader.keys(top, keys.CONTRACT, ())
    id_, version = reader.text(top, "id", ()), str(reader.text(top, "version", ()))
    if reader.text(top, "kind", ()) not in ("", "DataContract"):
        reader.problem(("kind",), "must be DataContract")
    if reader.text(top, "apiVersion", ()) not in ("", *keys.API_VERSIONS):
        known = ", ".join(keys.API_VERSIONS)
        reader.problem(("apiVersion",), "is not a version this reads", f"one of {known}")
    max_rejected = _max_rejected(reader, top)
    chosen = _choose(reader, top, object_name)
    if chosen is None:
        raise _refuse(reader, document)
    node, path, alone = chosen
    name = reader.text(node, "name", path)
    custom = reader.custom(node, path, keys.OBJECT_CUSTOM)
    fixed, place = custom.get("lockgate.id", (None, ("id",)))
    full = fixed if fixed is not None else (id_ if alone else f"{id_}.{name}")
    if id_ and name and not (isinstance(full, str) and CONTRACT_ID.fullmatch(full)):
        named = fixed is None and CONTRACT_ID.fullmatch(id_) is not None
        reader.problem(
            (*path, "name") if named else place,
            "is no usable contract id" + (" together with the document's id" if named else ""),
            CONTRACT_ID_HINT,
        )
    specs, rules = _read_object(reader, node, path)
    if reader.problems:
        raise _refuse(reader, document)
    return OdcsContract(
        id=str(full),
        name=name,
        version=version,
        description=reader.get(node, "description", str, "", path),
        max_rejected=max_rejected,
        properties=specs,
        rules=rules,
        path=path,
    )


def _refuse(reader: Reader, document: Mapping[str, Any]) -> ContractError:
    problems = sorted(
        reader.problems, key=lambda item: (item.where is None, item.where or 0, item.message)
    )
    return ContractError(
        f"{len(problems)} problem{'s' * (len(problems) > 1)} in the contract",
        where=reader.locate(()),
        problems=problems,
    )


def _max_rejected(reader: Reader, top: Mapping[str, Any]) -> float:
    value, path = reader.custom(top, (), keys.CONTRACT_CUSTOM).get(
        "lockgate.max_rejected", (0.05, ())
    )
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        reader.problem(path, "must be a number between 0 and 1")
        return 0.05
    return float(value)


def _choose(
    reader: Reader, top: Mapping[str, Any], object_name: str
) -> tuple[Mapping[str, Any], Path, bool] | None:
    """The schema object asked for; whether it is the only one."""
    objects = reader.items(top, "schema", ())
    if not objects:
        reader.problem(("schema",), "a contract needs a schema object")
        return None
    named = [
        (node, path)
        for item, path in objects
        if (node := reader.mapping(item, path)) and object_name in ("", node.get("name"))
    ]
    if len(named) == 1:
        return (*named[0], len(objects) == 1)
    names = ", ".join(str(item.get("name")) for item, _ in objects if isinstance(item, Mapping))
    message = "several schema objects" if named else "no schema object of that name"
    reader.problem(("schema",), message, f"choose one of {names}")
    return None


def _read_object(
    reader: Reader, node: Mapping[str, Any], path: Path
) -> tuple[tuple[PropertySpec, ...], tuple[DatasetRule, ...]]:
    reader.keys(node, keys.OBJECT, path)
    if reader.get(node, "logicalType", str, "object", path) != "object":
        reader.problem((*path, "logicalType"), "must be object")
    items = reader.items(node, "properties", path)
    if not items:
        reader.problem((*path, "properties"), "an object needs properties")
    names = [item.get("name") for item, _ in items if isinstance(item, Mapping)]
    known = frozenset(name for name in names if isinstance(name, str))
    specs: list[PropertySpec] = []
    rules: list[DatasetRule] = []
    for index, (item, place) in enumerate(items):
        entry = reader.mapping(item, place)
        if entry.get("name") in names[:index]:
            reader.problem((*place, "name"), "two properties have this name")
        quality = read_quality(reader, entry, place, str(entry.get("name") or ""), known)
        rules += quality.rules
        spec = PropertyReader(reader, entry, place, index).read(quality.allowed)
        if spec is not None:
            specs.append(spec)
    rules += read_quality(reader, node, path, "", known).rules
    return tuple(specs), (*_key_rules(specs), *rules)


def _key_rules(specs: Sequence[PropertySpec]) -> tuple[DatasetRule, ...]:
    """What ``primaryKey`` and ``unique`` ask of the dataset."""
    keyed = tuple(spec.name for spec in specs if spec.primary_key)
    found = [("primary key", keyed)] if keyed else []
    found += [(f"unique {spec.name}", (spec.name,)) for spec in specs if spec.unique]
    return tuple(
        DatasetRule(name, Metric.DUPLICATE_VALUES, "mustBe", (0,), columns)
        for name, columns in found
    )
