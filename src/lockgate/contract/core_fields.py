"""What a Pydantic model's core schema says of each field and of the row as a whole.

The core schema is what Pydantic itself validates by: strictness, collapsed
constraints and validators are visible in it, unlike in the JSON schema.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import SchemaValidator

from lockgate.errors import ContractError

Node = Mapping[str, Any]
_OPAQUE = frozenset(("metadata", "serialization", "default", "cls", "expected", "members"))
_FUNCTIONS = frozenset(("function-after", "function-before", "function-wrap", "function-plain"))


@dataclass(frozen=True, slots=True)
class FieldShape:
    """One field: ``name`` in the model, ``key`` in the data, its node inside the wrappers.

    ``leaf`` is the node left after taking off default and nullable.
    """

    name: str
    key: str
    field: Node
    leaf: Node
    nullable: bool
    has_default: bool
    default_factory: bool
    wrappers: tuple[str, ...] = ()
    default: Any = None

    @property
    def required(self) -> bool:
        """Whether a row without this field is rejected."""
        return not self.has_default


@dataclass(frozen=True, slots=True)
class ModelShape:
    """A model as the judge sees it.

    ``whole_row``: something sees the row before or while its fields are judged, so
    every row is judged by the model. ``after_fields``: something sees the row once
    all fields are accepted, so accepted rows are judged by the model again.
    """

    fields: tuple[FieldShape, ...]
    config: Mapping[str, Any]
    definitions: tuple[Node, ...]
    extra: str
    whole_row: str
    after_fields: str

    def field_validator(self, shape: FieldShape) -> SchemaValidator:
        """Pydantic's validator of a row that has this field only."""
        schema: dict[str, Any] = {
            "type": "model-fields",
            "fields": {shape.name: dict(shape.field)},
            "extra_behavior": "ignore",
        }
        if self.definitions:
            schema = {
                "type": "definitions",
                "schema": schema,
                "definitions": list(self.definitions),
            }
        config = {key: value for key, value in self.config.items() if key != "title"}
        return SchemaValidator(schema, config)  # type: ignore[arg-type]  # a core schema


def validator_with_null_cells(model: type[BaseModel], names: frozenset[str]) -> SchemaValidator:
    """The model's validator for text rows in which ``names`` may be left out and are None then.

    Pydantic's strings mode has no null, so an empty cell of a nullable field without
    default is left out, and None goes through that field's validators in its place.
    """

    def rewrite(node: Any) -> Any:
        if not isinstance(node, Mapping):
            return node
        if node["type"] == "model-fields":
            fields = {
                name: _none_if_left_out(field) if name in names else field
                for name, field in node["fields"].items()
            }
            return {**node, "fields": fields}
        changed = dict(node)
        if "schema" in node:
            changed["schema"] = rewrite(node["schema"])
        if node["type"] == "definitions":
            own = (model, f"{model.__module__}.{model.__qualname__}")
            changed["definitions"] = [
                rewrite(item) if item.get("cls") in own else item for item in node["definitions"]
            ]
        return changed

    # Not the validator that the class has already: this one differs from it.
    return SchemaValidator(rewrite(model.__pydantic_core_schema__), _use_prebuilt=False)


def _none_if_left_out(field: Node) -> Node:
    schema = {
        "type": "default",
        "schema": field["schema"],
        "default": None,
        "validate_default": True,
    }
    return {**field, "schema": schema}


def nodes(node: Any) -> Iterator[Node]:
    """The node and every node below it."""
    if isinstance(node, Mapping):
        yield node
        for key, value in node.items():
            if key not in _OPAQUE:
                yield from nodes(value)
    elif isinstance(node, list | tuple):
        for item in node:
            yield from nodes(item)


def read_model(model: type[BaseModel]) -> ModelShape:
    """Read the core schema. Raises ContractError if the model is not a plain record."""
    top: Node = model.__pydantic_core_schema__
    definitions: tuple[Node, ...] = ()
    if top["type"] == "definitions":
        definitions = tuple(top["definitions"])
        top = top["schema"]
    resolve = _resolver(definitions)
    node = resolve(top)
    outer: list[str] = []
    while node["type"] in _FUNCTIONS and "schema" in node:
        outer.append(node["type"])
        node = resolve(node["schema"])
    if node["type"] != "model" or node.get("root_model"):
        raise ContractError(
            "a contract's model must be a plain BaseModel",
            hint="a root model, a discriminated union or a replaced schema is not a record",
        )
    inner, fields_node = _inner_functions(resolve(node["schema"]), resolve)
    fields = tuple(
        _read_field(name, field, resolve) for name, field in fields_node["fields"].items()
    )
    config = dict(node.get("config", {}))
    extra = fields_node.get("extra_behavior") or config.get("extra_fields_behavior") or "ignore"
    whole = _whole_row(outer + inner, node, fields_node, fields, config)
    after = ""
    if "function-after" in outer + inner:
        after = "an after model validator sees the row"
    elif node.get("post_init"):
        after = "model_post_init sees the row"
    return ModelShape(fields, config, definitions, extra, whole, after)


def _resolver(definitions: tuple[Node, ...]) -> Callable[[Node], Node]:
    by_ref = {node["ref"]: node for node in definitions if "ref" in node}

    def resolve(node: Node) -> Node:
        while node["type"] == "definition-ref":
            node = by_ref[node["schema_ref"]]
        return node

    return resolve


def _inner_functions(node: Node, resolve: Callable[[Node], Node]) -> tuple[list[str], Node]:
    found: list[str] = []
    while node["type"] in _FUNCTIONS and "schema" in node:
        found.append(node["type"])
        node = resolve(node["schema"])
    if node["type"] != "model-fields":
        raise ContractError("a contract's model must declare its fields plainly")
    return found, node


def _read_field(name: str, field: Node, resolve: Callable[[Node], Node]) -> FieldShape:
    alias = field.get("validation_alias", name)
    if not isinstance(alias, str):
        raise ContractError(
            f"field {name} has an alias path or several aliases",
            hint="a column has one name: use a plain string alias",
        )
    node = resolve(field["schema"])
    nullable = has_default = factory = False
    wrappers: list[str] = []
    default: Any = None
    while node["type"] in ("nullable", "default"):
        wrappers.append(node["type"])
        if node["type"] == "nullable":
            nullable = True
        else:
            has_default = True
            default = node.get("default")
            factory = factory or "default_factory" in node
        node = resolve(node["schema"])
    inside = node
    while inside["type"] in _FUNCTIONS and "schema" in inside and not nullable:
        inside = resolve(inside["schema"])
        nullable = inside["type"] == "nullable"
    return FieldShape(
        name, alias, field, node, nullable, has_default, factory, tuple(wrappers), default
    )


def _whole_row(
    functions: list[str],
    node: Node,
    fields_node: Node,
    fields: tuple[FieldShape, ...],
    config: Mapping[str, Any],
) -> str:
    """Why every row must be judged by the model itself; "" if fields can be judged alone."""
    if any(kind != "function-after" for kind in functions):
        return "a before or wrap model validator sees the row"
    if node.get("custom_init"):
        return "the model has its own __init__"
    if fields_node.get("extras_schema") or fields_node.get("extras_keys_schema"):
        return "extra fields are validated"
    for shape in fields:
        for part in nodes(shape.field):
            function = part.get("function")
            if isinstance(function, Mapping) and function.get("type") == "with-info":
                return f"a validator of {shape.name} takes info"
            if part.get("default_factory_takes_data"):
                return f"the default of {shape.name} takes the row's data"
            if part.get("type") == "default" and part.get("on_error", "raise") != "raise":
                return f"{shape.name} is replaced or left out on error"
    if config.get("validate_by_name") and any(shape.key != shape.name for shape in fields):
        return "fields go by name and by alias"
    return ""
