"""Which columns always hold a value, so that files can say so."""

from __future__ import annotations

from lockgate.contract.core_fields import FieldShape, ModelShape, Node

_VALUES = frozenset("str int float bool decimal date time datetime uuid bytes".split())


def never_null(model: ModelShape, field: FieldShape) -> bool:
    """Whether no accepted row has null in this column, whatever the row was.

    Known of fields that must be there, whose type is one of Pydantic's own: whatever runs code of
    somebody else's, on the value or on the row, may make None of it.
    """
    if field.nullable or field.has_default or model.whole_row or model.after_fields:
        return False
    return _is_value(field.leaf)


def _is_value(leaf: Node) -> bool:
    if leaf["type"] == "literal":
        return None not in leaf["expected"]
    return leaf["type"] in _VALUES
