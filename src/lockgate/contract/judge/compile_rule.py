"""From a field's core schema to a columnar rule; what is not recognised has none."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import pyarrow as pa
from pydantic import SecretStr

from lockgate.contract.arrow_types import Held
from lockgate.contract.judge.decision import Decide, Decision, Rule
from lockgate.contract.judge.number_rules import decide_bool, decimal_rule, float_rule, int_rule
from lockgate.contract.judge.python_values import Bools
from lockgate.contract.judge.re2_sameness import same_pattern
from lockgate.contract.judge.text_bytes import byte_lengths
from lockgate.contract.judge.text_rules import (
    bytes_rule,
    closed_list,
    decide_email,
    decide_str,
    uuid_rule,
)
from lockgate.contract.judge.time_rules import date_rule, datetime_rule, time_rule
from lockgate.contract.model import Exactness, Mode

Node = Mapping[str, Any]


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


def compile_rule(leaf: Node, held: Held, mode: Mode, config: Node) -> Rule | None:
    """The rule of one field, or None: then every value goes to Pydantic."""
    if not _SETTINGS.issuperset(config):
        return None
    leaf, lengths = _unwrap(leaf)
    kind = _special(leaf)
    strict = bool(leaf.get("strict", config.get("strict", False)))
    if not kind:
        kind = leaf["type"]
        if kind not in _KNOWN or not _KNOWN[kind].union(_ALWAYS).issuperset(leaf):
            return None
    found = _RULES[kind](leaf, held, config)
    if found is None:
        return None
    rule = _with_lengths(found, lengths) if lengths else found
    if lengths and kind not in ("email", "secret"):
        return None
    return _for_mode(rule, kind, mode, strict=strict)


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
    """Accept only values whose bytes are within the lengths (e-mails accepted are ASCII)."""
    low, high = lengths.get("min_length", 0), lengths.get("max_length")

    def decide(values: pa.Array) -> Decision | None:
        decision = rule.decide(values)
        if decision is None:
            return None
        counted = byte_lengths(decision.values)
        accepted: Bools = decision.accepted & (counted >= low)
        if high is not None:
            accepted &= counted <= high
        return Decision(decision.values, accepted)

    # A secret may hold letters beyond ASCII, whose bytes say too much for a lower bound.
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


def _on_text(decide: Decide) -> Decide:
    return lambda values: decide(values) if values.type == pa.string() else None


def _str(leaf: Node, held: Held, config: Node) -> Rule | None:
    node = {
        key: leaf.get(key, config.get(f"str_{key}"))
        for key in ("min_length", "max_length", "strip_whitespace", "to_lower", "to_upper")
    }
    node["pattern"] = leaf.get("pattern")
    pattern = None
    engine = leaf.get("regex_engine", config.get("regex_engine", "rust-regex"))
    if isinstance(node["pattern"], str) and engine == "rust-regex":
        pattern = same_pattern(node["pattern"])
    low, high = node["min_length"] or 0, node["max_length"]
    if (high is not None and low > high) or (node["to_lower"] and node["to_upper"]):
        return None
    unsure = node["pattern"] is not None and pattern is None
    exact = not (unsure or node["strip_whitespace"] or node["to_lower"] or node["to_upper"])
    if pattern is not None and pattern.ascii_only:
        exact = False
    how = "lengths and pattern on whole columns"
    if unsure:
        how = "lengths on whole columns, the pattern by Pydantic"
    elif not exact:
        how = "on whole columns for ASCII text, the rest by Pydantic"
    return Rule(
        Exactness.EXACT if exact else Exactness.ACCEPT_ONLY,
        how,
        _on_text(lambda values: decide_str(values, node, pattern)),
    )


def _literal(leaf: Node, held: Held, config: Node) -> Rule | None:
    expected = leaf["expected"]
    if not all(type(value) is str for value in expected):
        return None
    decide = closed_list(expected, "literal_error")
    return Rule(Exactness.EXACT, "a closed list", _on_text(decide))


def _enum(leaf: Node, held: Held, config: Node) -> Rule | None:
    values = [member.value for member in leaf["members"]]
    if not all(type(value) is str for value in values):
        return None
    return Rule(
        Exactness.ACCEPT_ONLY, "members on whole columns", _on_text(closed_list(values, None))
    )


def _email(leaf: Node, held: Held, config: Node) -> Rule | None:
    if any(key.startswith("str_") for key in config):
        return None
    how = "plain lower-case domains on whole columns, the rest by Pydantic"
    return Rule(Exactness.ACCEPT_ONLY, how, _on_text(decide_email))


def _secret(leaf: Node, held: Held, config: Node) -> Rule | None:
    if any(key.startswith("str_") for key in config):
        return None
    decide = _on_text(lambda values: decide_str(values, {}, None))
    return Rule(Exactness.EXACT, "secret text on whole columns", decide)


def _uuid(leaf: Node, held: Held, config: Node) -> Rule | None:
    how = "the hyphenated form on whole columns, the rest by Pydantic"
    return Rule(Exactness.ACCEPT_ONLY, how, _on_text(uuid_rule(leaf.get("version"))))


def _simple(
    make: Callable[[Node, Held], Decide | None], how: str
) -> Callable[[Node, Held, Node], Rule | None]:
    def build(leaf: Node, held: Held, config: Node) -> Rule | None:
        decide = make(leaf, held)
        return None if decide is None else Rule(Exactness.ACCEPT_ONLY, how, decide)

    return build


def _bytes(leaf: Node, held: Held) -> Decide:
    rule = bytes_rule(leaf)
    return lambda values: rule(values) if values.type in (pa.binary(), pa.string()) else None


_RULES: Final[Mapping[str, Callable[[Node, Held, Node], Rule | None]]] = {
    "str": _str,
    "literal": _literal,
    "enum": _enum,
    "email": _email,
    "secret": _secret,
    "uuid": _uuid,
    "int": _simple(lambda leaf, held: int_rule(leaf), "plain whole numbers on whole columns"),
    "float": _simple(lambda leaf, held: float_rule(leaf), "plain finite numbers on whole columns"),
    "decimal": _simple(
        lambda leaf, held: decimal_rule(leaf, held.arrow_type), "plain decimals on whole columns"
    ),
    "bool": _simple(lambda leaf, held: decide_bool, "the known words on whole columns"),
    "date": _simple(lambda leaf, held: date_rule(leaf), "ISO dates on whole columns"),
    "time": _simple(lambda leaf, held: time_rule(leaf), "ISO times on whole columns"),
    "datetime": _simple(
        lambda leaf, held: datetime_rule(leaf, held.arrow_type),
        "ISO dates and times on whole columns",
    ),
    "bytes": _simple(_bytes, "lengths on whole columns"),
}
