"""From a field's core schema to a columnar rule; what is not recognised has none."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
from pydantic import SecretStr

from lockgate.contract.arrow_types import Held
from lockgate.contract.judge.decision import Decision, Rule
from lockgate.contract.judge.python_values import nulls
from lockgate.contract.judge.rule_kinds import RULES, Node, is_strict
from lockgate.contract.judge.text_bytes import byte_lengths, character_lengths
from lockgate.contract.model import Exactness, Mode
from lockgate.kernel.judging import Asking


def _private(module: str, *names: str) -> object:
    """A private name of Pydantic's; where it is gone, an object that nothing is identical to."""
    try:
        found: object = importlib.import_module(module)
        for name in names:
            found = getattr(found, name)
    except (ImportError, AttributeError):
        return object()
    return found


_MAX_LENGTH: Final = _private("pydantic._internal._validators", "max_length_validator")
_MIN_LENGTH: Final = _private("pydantic._internal._validators", "min_length_validator")
_EMAIL: Final = _private("pydantic", "EmailStr", "_validate", "__func__")
_ALWAYS: Final = frozenset(("type", "metadata", "serialization", "ref", "strict"))
_BOUNDS: Final = frozenset(("le", "lt", "ge", "gt"))
_KNOWN: Final[Mapping[str, frozenset[str]]] = {
    "str": frozenset(
        "min_length max_length pattern strip_whitespace to_lower to_upper regex_engine "
        "coerce_numbers_to_str".split()  # reads better than nine quotes
    ),
    "int": _BOUNDS | {"multiple_of"},
    "float": _BOUNDS | {"multiple_of", "allow_inf_nan"},
    "decimal": _BOUNDS | {"multiple_of", "allow_inf_nan", "max_digits", "decimal_places"},
    "bool": frozenset(),
    "date": _BOUNDS | {"now_op", "now_utc_offset"},
    "time": _BOUNDS | {"tz_constraint", "microseconds_precision"},
    "datetime": _BOUNDS | {"now_op", "now_utc_offset", "tz_constraint", "microseconds_precision"},
    "literal": frozenset({"expected"}),
    "enum": frozenset({"cls", "members", "sub_type"}),
    "uuid": frozenset({"version"}),
    "bytes": frozenset({"min_length", "max_length"}),
}
# Settings of a model that leave what a columnar rule decides alone, or are read here.
_SETTINGS: Final = frozenset(
    (
        "title",
        "strict",
        "extra_fields_behavior",
        "str_strip_whitespace",
        "str_to_lower",
        "str_to_upper",
        "str_min_length",
        "str_max_length",
        "regex_engine",
        "coerce_numbers_to_str",
        "allow_inf_nan",
        "validate_default",
        "hide_input_in_errors",
        "from_attributes",
        "loc_by_alias",
        "validate_by_alias",
        "validate_by_name",
        "serialize_by_alias",
        "revalidate_instances",
        "cache_strings",
        "ser_json_timedelta",
        "ser_json_bytes",
        "ser_json_inf_nan",
        "validation_error_cause",
    )
)


def compile_rule(
    leaf: Node, held: Held, mode: Mode, config: Node, native: Asking | None = None
) -> Rule | None:
    """The rule of one field, or None: then every value goes to Pydantic."""
    if not _SETTINGS.issuperset(config):
        return None
    leaf, lengths = _unwrap(leaf)
    kind = _special(leaf)
    if not kind:
        kind = leaf["type"]
        if kind not in _KNOWN or not _KNOWN[kind].union(_ALWAYS).issuperset(leaf):
            return None
    found = RULES[kind](leaf, held, config, native)
    if found is None:
        return None
    rule = _with_lengths(found, lengths) if lengths else found
    if lengths and kind not in ("email", "secret"):
        return None
    return _for_mode(rule, kind, mode, strict=is_strict(leaf, config))


def _unwrap(leaf: Node) -> tuple[Node, dict[str, int]]:
    """Take off the length checks that Pydantic wraps around custom text types."""
    lengths: dict[str, int] = {}
    while leaf.get("type") == "function-after":
        function = leaf["function"]["function"]
        if not isinstance(function, functools.partial) or function.args:
            break
        if function.func is _MAX_LENGTH:
            key = "max_length"
        elif function.func is _MIN_LENGTH:
            key = "min_length"
        else:
            break
        lengths[key] = function.keywords[key]
        leaf = leaf["schema"]
    return leaf, lengths


def _special(leaf: Node) -> str:
    """E-mail addresses and secrets: types that are functions around text."""
    function = leaf.get("function")
    if leaf.get("type") == "function-after" and isinstance(function, Mapping):
        method = function["function"]
        same = getattr(method, "__func__", None) is _EMAIL
        if same and dict(leaf["schema"]) == {"type": "str"}:
            return "email"
    if leaf.get("type") == "lax-or-strict":
        inner = leaf["lax_schema"].get("json_schema", {})
        function = inner.get("function") or {}
        if function.get("function") is SecretStr and inner["schema"] == {
            "type": "str",
            "strict": False,
        }:
            return "secret"
    return ""


def _with_lengths(rule: Rule, lengths: Mapping[str, int]) -> Rule:
    """Leave values outside of the lengths. A text has no more characters than bytes."""
    low, high = lengths.get("min_length", 0), lengths.get("max_length")

    def decide(values: pa.Array) -> Decision | None:
        decision = rule.decide(values)
        if decision is None:
            return None
        outside = character_lengths(decision.values) < low
        if high is not None:
            outside |= byte_lengths(decision.values) > high
        outside &= ~nulls(values)
        outside[decision.undecided] = True
        for _, rows in decision.rejected:
            outside[rows] = False
        return Decision(decision.values, np.nonzero(outside)[0], decision.rejected)

    # A secret may be no UTF-8, and then has no characters to be counted.
    if low and rule.how.startswith("secret"):
        return Rule(Exactness.FALLBACK, rule.how, lambda values: None)
    return Rule(Exactness.ACCEPT_ONLY, f"{rule.how}, within its lengths", decide)


_STRICT_TEXT: Final = frozenset(("str", "literal", "email"))


def _for_mode(rule: Rule, kind: str, mode: Mode, *, strict: bool) -> Rule:
    """Text is read as another type only where the mode does so: strings, or lax."""
    if not strict or mode is Mode.STRINGS or kind in _STRICT_TEXT:
        return rule

    def decide(values: pa.Array) -> Decision | None:
        return None if values.type == pa.string() else rule.decide(values)

    if kind in ("enum", "uuid", "secret"):
        return Rule(Exactness.FALLBACK, rule.how, lambda values: None)
    return Rule(Exactness.ACCEPT_ONLY, f"{rule.how}; text is left to Pydantic", decide)
