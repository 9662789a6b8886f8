"""One columnar rule a kind of node, native where there is a native kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pyarrow as pa

from lockgate.contract.arrow_types import Held
from lockgate.contract.judge.decision import Decide, Decision, Rule
from lockgate.contract.judge.email_domains import ask_by_domain
from lockgate.contract.judge.native_rules import (
    Asked,
    email_rule,
    text_only,
    text_or,
    text_or_decimal,
    text_or_moment,
    text_or_whole,
)
from lockgate.contract.judge.number_rules import (
    bounds_of,
    decide_bool,
    decimal_bounds,
    decimal_digits,
    decimal_rule,
    digits_with_too_many_places,
    fits_digits,
    float_rule,
    int_rule,
)
from lockgate.contract.judge.re2_sameness import same_pattern
from lockgate.contract.judge.text_rules import (
    bytes_rule,
    closed_list,
    decide_email,
    decide_str,
    uuid_rule,
)
from lockgate.contract.judge.time_rules import (
    KNOWN_DAYS,
    KNOWN_MOMENTS,
    date_rule,
    datetime_rule,
    time_rule,
    whole_bounds,
)
from lockgate.contract.judge.unicode_tables import same_tables
from lockgate.contract.model import Exactness
from lockgate.kernel.judging import Asking, NativeRule

Node = Mapping[str, Any]
Build = Callable[[Node, Held, Node, Asking | None], Rule | None]
"""From a leaf, what holds its values and the model's settings, to a rule."""


def is_strict(leaf: Node, config: Node) -> bool:
    """Whether a field takes no value of another kind."""
    return bool(leaf.get("strict", config.get("strict", False)))


def _on_text(decide: Decide) -> Decide:
    return lambda values: decide(values) if values.type == pa.string() else None


def _nothing(values: pa.Array) -> None:
    """All undecided."""


def _str(leaf: Node, held: Held, config: Node, native: Asking | None) -> Rule | None:
    node = {
        key: leaf.get(key, config.get(f"str_{key}"))
        for key in ("min_length", "max_length", "strip_whitespace", "to_lower", "to_upper")
    }
    node["pattern"] = leaf.get("pattern")
    engine = leaf.get("regex_engine", config.get("regex_engine", "rust-regex"))
    readable = isinstance(node["pattern"], str) and engine == "rust-regex"
    low, high = node["min_length"] or 0, node["max_length"]
    if (high is not None and low > high) or (node["to_lower"] and node["to_upper"]):
        return None
    if not any(value is not None and value is not False for value in node.values()):
        return Rule(Exactness.EXACT, "any text", _on_text(Decision))
    if native is not None:
        return _native_str(node, readable, held, native)
    pattern = same_pattern(node["pattern"]) if readable else None
    unsure = node["pattern"] is not None and pattern is None
    exact = not (unsure or node["strip_whitespace"] or node["to_lower"] or node["to_upper"])
    if pattern is not None and pattern.ascii_only:
        exact = False
    decide = _on_text(lambda values: decide_str(values, node, pattern))
    return _str_rule(decide, exact=exact, unsure=unsure)


def _native_str(node: Node, readable: bool, held: Held, native: Asking) -> Rule:
    case = "lower" if node["to_lower"] else "upper" if node["to_upper"] else ""
    pattern = None if node["pattern"] is None else str(node["pattern"]) if readable else ""
    strip, low, high = bool(node["strip_whitespace"]), node["min_length"] or 0, node["max_length"]
    rule = native.make.text(strip, low, high, pattern, readable, False, case)
    if rule.tables and same_tables(native.make, rule.tables):
        rule = native.make.text(strip, low, high, pattern, readable, True, case)
    decide = Asked(native, rule, held.arrow_type, text_only, _nothing)
    return _str_rule(decide, exact=rule.decides_all, unsure=not rule.knows_pattern)


def _str_rule(decide: Decide, *, exact: bool, unsure: bool) -> Rule:
    if exact:
        return Rule(Exactness.EXACT, "lengths and pattern on whole columns", decide)
    how = "on whole columns for ASCII text, the rest by Pydantic"
    if unsure:
        how = "lengths on whole columns, the pattern by Pydantic"
    return Rule(Exactness.ACCEPT_ONLY, how, decide)


def _literal(leaf: Node, held: Held, config: Node, native: Asking | None) -> Rule | None:
    expected = leaf["expected"]
    if not all(type(value) is str for value in expected):
        return None
    decide = _on_text(closed_list(expected, "literal_error"))
    if native is not None:
        rule = native.make.listed(list(expected), True)
        decide = Asked(native, rule, pa.string(), text_only, decide)
    return Rule(Exactness.EXACT, "a closed list", decide)


def _enum(leaf: Node, held: Held, config: Node, native: Asking | None) -> Rule | None:
    values = [member.value for member in leaf["members"]]
    if not all(type(value) is str for value in values):
        return None
    decide = _on_text(closed_list(values, None))
    if native is not None:
        rule = native.make.listed(values, False)
        decide = Asked(native, rule, pa.string(), text_only, decide)
    return Rule(Exactness.ACCEPT_ONLY, "members on whole columns", decide)


def _email(leaf: Node, held: Held, config: Node, native: Asking | None) -> Rule | None:
    if any(key.startswith("str_") for key in config):
        return None
    rule = None if native is None else email_rule(native)
    if native is None or rule is None:
        how = "plain lower-case domains on whole columns, the rest by Pydantic"
        return Rule(Exactness.ACCEPT_ONLY, how, _on_text(decide_email), ask_by_domain)
    how = "plain ASCII addresses and plain mistakes on whole columns, the rest by Pydantic"
    decide = Asked(native, rule, pa.string(), text_only, _nothing)
    return Rule(Exactness.ACCEPT_ONLY, how, decide, ask_by_domain)


def _secret(leaf: Node, held: Held, config: Node, native: Asking | None) -> Rule | None:
    if any(key.startswith("str_") for key in config):
        return None
    return Rule(Exactness.EXACT, "secret text on whole columns", _on_text(Decision))


def _uuid(leaf: Node, held: Held, config: Node, native: Asking | None) -> Rule | None:
    how = "the hyphenated form on whole columns, the rest by Pydantic"
    decide = _on_text(uuid_rule(leaf.get("version")))
    if native is not None:
        rule = native.make.uuid(leaf.get("version"))
        decide = Asked(native, rule, pa.string(), text_only, decide)
    return Rule(Exactness.ACCEPT_ONLY, how, decide)


def _int(leaf: Node, held: Held, config: Node, native: Asking | None) -> Rule | None:
    decide = int_rule(leaf)
    if decide is not None and native is not None:
        rule = native.make.whole(bounds_of(leaf), leaf.get("multiple_of"))
        decide = Asked(native, rule, held.arrow_type, text_or_whole, decide)
    return _plain_forms(decide, "plain whole numbers on whole columns")


def _float(leaf: Node, held: Held, config: Node, native: Asking | None) -> Rule | None:
    decide = float_rule(leaf)
    if decide is not None and native is not None:
        rule = native.make.double([(key, float(limit)) for key, limit in bounds_of(leaf)])
        decide = Asked(native, rule, held.arrow_type, text_or(pa.float64()), decide)
    return _plain_forms(decide, "plain finite numbers on whole columns")


def _decimal(leaf: Node, held: Held, config: Node, native: Asking | None) -> Rule | None:
    kind = held.arrow_type
    decide = decimal_rule(leaf, kind)
    if decide is not None and native is not None:
        whole, fraction = decimal_digits(leaf, kind)
        most = digits_with_too_many_places(leaf, fraction)
        bounds = decimal_bounds(leaf, kind)
        rule = native.make.decimal(bounds, kind.scale, whole, fraction, most)
        takes = text_or_decimal(kind, lambda given: fits_digits(given, whole, fraction))
        decide = Asked(native, rule, kind, takes, decide)
    return _plain_forms(decide, "plain decimals on whole columns")


def _bool(leaf: Node, held: Held, config: Node, native: Asking | None) -> Rule | None:
    decide: Decide = decide_bool
    if native is not None:
        rule = native.make.truth()
        decide = Asked(native, rule, held.arrow_type, text_only, decide)
    return _plain_forms(decide, "the known words on whole columns")


def _date(leaf: Node, held: Held, config: Node, native: Asking | None) -> Rule | None:
    decide = date_rule(leaf)
    if decide is not None and native is not None:
        rule = native.make.date(whole_bounds(leaf, "date"), KNOWN_DAYS, is_strict(leaf, config))
        decide = Asked(native, rule, held.arrow_type, text_or(pa.date32()), decide)
    return _plain_forms(decide, "ISO dates on whole columns")


def _time(leaf: Node, held: Held, config: Node, native: Asking | None) -> Rule | None:
    decide = time_rule(leaf)
    if decide is not None and native is not None:
        rule = native.make.time(whole_bounds(leaf, "time"))
        decide = Asked(native, rule, held.arrow_type, text_or(pa.time64("us")), decide)
    return _plain_forms(decide, "ISO times on whole columns")


def _datetime(leaf: Node, held: Held, config: Node, native: Asking | None) -> Rule | None:
    kind = held.arrow_type
    decide = datetime_rule(leaf, kind)
    if decide is not None and native is not None:
        zoned = kind.tz is not None
        bounds = whole_bounds(leaf, "zoned" if zoned else "datetime")
        rule: NativeRule = native.make.moment(bounds, KNOWN_MOMENTS, zoned, is_strict(leaf, config))
        decide = Asked(native, rule, kind, text_or_moment(kind), decide)
    return _plain_forms(decide, "ISO dates and times on whole columns")


def _bytes(leaf: Node, held: Held, config: Node, native: Asking | None) -> Rule | None:
    rule = bytes_rule(leaf)

    def decide(values: pa.Array) -> Decision | None:
        return rule(values) if values.type in (pa.binary(), pa.string()) else None

    return _plain_forms(decide, "lengths on whole columns")


def _plain_forms(decide: Decide | None, how: str) -> Rule | None:
    return None if decide is None else Rule(Exactness.ACCEPT_ONLY, how, decide)


RULES: Final[Mapping[str, Build]] = {
    "str": _str,
    "literal": _literal,
    "enum": _enum,
    "email": _email,
    "secret": _secret,
    "uuid": _uuid,
    "int": _int,
    "float": _float,
    "decimal": _decimal,
    "bool": _bool,
    "date": _date,
    "time": _time,
    "datetime": _datetime,
    "bytes": _bytes,
}
