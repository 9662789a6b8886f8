"""Columnar rules for numbers and booleans: simple canonical forms, bounds, multiples."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.contract.judge.decision import Decide, Decision, by_masks
from lockgate.contract.judge.python_values import Bools, mask_of, nulls
from lockgate.contract.judge.text_bytes import byte_lengths, only_bytes

_CANONICAL: Final = r"^(?:0|-?[1-9][0-9]{0,17})$"
_PLAIN_FLOAT: Final = r"^-?[0-9]{1,17}(?:\.[0-9]{1,17})?$"
_INT64: Final = (-(2**63), 2**63 - 1)
EXACT_FLOAT: Final = 2**53
_ERRORS: Final[Mapping[str, tuple[str, Callable[[Any, Any], Any]]]] = {
    "le": ("less_than_equal", operator.gt),
    "lt": ("less_than", operator.ge),
    "ge": ("greater_than_equal", operator.lt),
    "gt": ("greater_than", operator.le),
}
Numbers = npt.NDArray[Any]


def _bounded(
    given: pa.Array, values: pa.Array, numbers: Numbers, known: Bools, node: Mapping[str, Any]
) -> Decision:
    """Hold known numbers to their bounds; a number that breaks two is left to Pydantic."""
    broken = np.zeros(len(numbers), np.int8)
    failures: list[tuple[str, Bools]] = []
    for key, (error, fails) in _ERRORS.items():
        if node.get(key) is not None:
            failures.append((error, fails(numbers, node[key]) & known))
    if node.get("multiple_of") is not None:
        failures.append(("multiple_of", (numbers % node["multiple_of"] != 0) & known))
    for _, mask in failures:
        broken += mask
    rejected = [(error, mask & (broken == 1)) for error, mask in failures]
    return by_masks(given, values, known & (broken == 0), rejected)


def bounds_of(node: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The bounds that a node has, by name."""
    return [(key, node[key]) for key in _ERRORS if node.get(key) is not None]


def int_rule(node: Mapping[str, Any]) -> Decide | None:
    """Whole numbers: int64 and narrower columns, or text like ``-42``."""
    limits = [node[key] for key in (*_ERRORS, "multiple_of") if node.get(key) is not None]
    if any(type(limit) is not int or not _INT64[0] < limit < _INT64[1] for limit in limits):
        return None
    if node.get("multiple_of") == 0:
        return None

    def decide(values: pa.Array) -> Decision | None:
        known = ~nulls(values)
        if values.type == pa.string():
            held, known = _parse_whole(values, known)
        elif pa.types.is_integer(values.type) and values.type != pa.uint64():
            held = values.cast(pa.int64())
        else:
            return None
        numbers = held.fill_null(0).to_numpy(zero_copy_only=False)
        return _bounded(values, held, numbers, known, node)

    return decide


def _parse_whole(texts: pa.Array, known: Bools) -> tuple[pa.Array, Bools]:
    """Canonical whole numbers as int64: no sign but minus, no leading zero, no space."""
    try:
        held = texts.cast(pa.int64())
        if pc.all(pc.equal(held.cast(pa.string()), texts)).as_py() in (True, None):
            return held, known
    except pa.ArrowInvalid:
        pass
    shaped = mask_of(pc.match_substring_regex(texts, pattern=_CANONICAL))
    only = pc.if_else(pa.array(shaped), texts, pa.scalar(None, pa.string()))
    return only.cast(pa.int64()), known & shaped


def float_rule(node: Mapping[str, Any]) -> Decide | None:
    """Finite numbers: float and exact integer columns, or text in plain decimal notation."""
    unsure = any(not _exact(limit) for _, limit in bounds_of(node))
    if node.get("multiple_of") is not None or unsure:
        return None

    def decide(values: pa.Array) -> Decision | None:
        known = ~nulls(values)
        if values.type == pa.string():
            held, known = _parse_float(values, known)
        elif values.type == pa.float64():
            held = values
        elif pa.types.is_integer(values.type):
            held = values.cast(pa.float64(), safe=False)
            known &= np.abs(_filled(held)) < EXACT_FLOAT
        else:
            return None
        numbers = _filled(held)
        return _bounded(values, held, numbers, known & np.isfinite(numbers), node)

    return decide


def _exact(limit: Any) -> bool:
    return isinstance(limit, int | float) and float(limit) == limit and abs(limit) < 1e300


def _filled(held: pa.Array) -> npt.NDArray[np.float64]:
    numbers: npt.NDArray[np.float64] = held.fill_null(0.0).to_numpy(zero_copy_only=False)
    return numbers


def _parse_float(texts: pa.Array, known: Bools) -> tuple[pa.Array, Bools]:
    """Plain decimal notation as the nearest double (both parsers round correctly)."""
    if only_bytes(texts, b"0123456789.-") and byte_lengths(texts).max(initial=0) <= 30:
        try:
            return texts.cast(pa.float64()), known
        except pa.ArrowInvalid:
            pass
    shaped = mask_of(pc.match_substring_regex(texts, pattern=_PLAIN_FLOAT))
    only = pc.if_else(pa.array(shaped), texts, pa.scalar(None, pa.string()))
    return only.cast(pa.float64()), known & shaped


_TRUE: Final = ("1", "on", "t", "true", "y", "yes")
_FALSE: Final = ("0", "off", "f", "false", "n", "no")


def decide_bool(values: pa.Array) -> Decision | None:
    """Boolean columns, or Pydantic's words for true and false in lower, upper or title case."""
    known = ~nulls(values)
    if values.type == pa.bool_():
        return Decision(values)
    if values.type != pa.string():
        return None
    words = {
        form: truth
        for truth, forms in ((True, _TRUE), (False, _FALSE))
        for word in forms
        for form in (word, word.upper(), word.title())
    }
    places = pc.index_in(values, value_set=pa.array(list(words)))
    held = pa.array(list(words.values())).take(places)
    return by_masks(values, held, known & ~nulls(places))


def decimal_digits(node: Mapping[str, Any], held_type: pa.DataType) -> tuple[int, int]:
    """Most digits before and after the point that both node and column have room for."""
    digits, places = node.get("max_digits"), node.get("decimal_places")
    whole = min(digits if digits is not None else 38, 38) - held_type.scale
    fraction = held_type.scale if places is None else min(places, held_type.scale)
    return min(whole, held_type.precision - held_type.scale), fraction


def digits_with_too_many_places(node: Mapping[str, Any], fraction: int) -> int:
    """Up to how many digits more places than ``fraction`` are the one thing wrong.

    Pydantic counts all digits first. 0 if it allows more places.
    """
    if node.get("decimal_places") != fraction:
        return 0
    digits = node.get("max_digits")
    return 38 if digits is None else min(int(digits), 38)


def decimal_bounds(node: Mapping[str, Any], held_type: pa.DataType) -> list[tuple[str, int]]:
    """The bounds in units of the column's last place. For a node that has a rule."""
    found: list[tuple[str, int]] = []
    for key, limit in bounds_of(node):
        sign, digits, _ = pa.scalar(Decimal(limit), held_type).as_py().as_tuple()
        units = int("".join(map(str, digits)))
        found.append((key, -units if sign else units))
    return found


def decimal_rule(node: Mapping[str, Any], held_type: pa.DataType) -> Decide | None:
    """Decimal columns, or text in plain notation, that fit the column's digits."""
    whole, fraction = decimal_digits(node, held_type)
    bounds = {key: _decimal_scalar(limit, held_type) for key, limit in bounds_of(node)}
    if node.get("multiple_of") is not None or None in bounds.values() or whole < 1:
        return None
    shape = rf"^-?(?:0|[1-9][0-9]{{0,{whole - 1}}})" + (
        rf"(?:\.[0-9]{{1,{fraction}}})?$" if fraction else "$"
    )

    def decide(values: pa.Array) -> Decision | None:
        known = ~nulls(values)
        if values.type == pa.string():
            known &= mask_of(pc.match_substring_regex(values, pattern=shape))
            only = pc.if_else(pa.array(known), values, pa.scalar(None, pa.string()))
            held = only.cast(held_type)
        elif pa.types.is_decimal128(values.type) and fits_digits(values.type, whole, fraction):
            held = values.cast(held_type)
        else:
            return None
        for key, limit in bounds.items():
            known &= ~mask_of(_FAILS[key](held, limit))
        return by_masks(values, held, known)

    return decide


_FAILS: Final = {"le": pc.greater, "lt": pc.greater_equal, "ge": pc.less, "gt": pc.less_equal}


def fits_digits(kind: pa.DataType, whole: int, fraction: int) -> bool:
    """Whether every decimal of a type has no more digits than these."""
    return bool(0 <= kind.scale <= fraction and kind.precision - kind.scale <= whole)


def _decimal_scalar(limit: Any, held_type: pa.DataType) -> pa.Scalar | None:
    """A bound in the column's own type, or None if it does not fit there exactly."""
    if not isinstance(limit, Decimal | int):
        return None
    try:
        return pa.scalar(Decimal(limit), held_type)
    except pa.ArrowInvalid:
        return None
