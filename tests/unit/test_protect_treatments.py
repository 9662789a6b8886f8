"""What every treatment gives, keeps, and says of itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from protect_ring import Ring

from lockgate.errors import KernelError, PolicyError
from lockgate.kernel.interface import Kernel
from lockgate.keys.ports import KeyUse
from lockgate.labels.label import LabelSet
from lockgate.limits import DEFAULT_LIMITS
from lockgate.protect import fitting as fitting_module
from lockgate.protect.parse import parse_treatment
from lockgate.protect.treatment import Form, Place, Treatment

KERNEL: Kernel
PLACE = Place("clinic.people", "email")
TEXT = pa.array(["Ada@X.org", None, "", "ada@x.org", "Zoë@x.org"])
EVERY = [
    "drop",
    "redact",
    {"replace": "n/a"},
    {"mask": {"last": 2}},
    "hash",
    {"hash": "hmac-sha256"},
    "tokenize",
    "encrypt",
    {"encrypt": {"index": True}},
]


@pytest.fixture(autouse=True)
def every_kernel(kernel: Kernel) -> None:
    """The tests of this file run with each kernel in turn."""
    global KERNEL
    KERNEL = kernel


def apply(
    spec: Any, values: pa.Array, form: Form = Form.TEXT, domain: str = "email"
) -> tuple[pa.Array, ...]:
    treatment = parse_treatment(spec)
    keys = treatment.derive_keys(Ring(), domain, PLACE)
    return treatment.apply(values, KERNEL, keys, PLACE, form)


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("spec", EVERY, ids=str)
def test_arrays_are_as_the_fields_say_and_null_stays_null(spec: Any, form: Form) -> None:
    treatment = parse_treatment(spec)

    fields = treatment.output_fields("email", TEXT.type, form)
    arrays = apply(spec, TEXT, form)

    assert [array.type for array in arrays] == [field.type for field in fields]
    for array in arrays:
        assert array.is_valid().equals(TEXT.is_valid())
        clear = {"Ada@X.org", "ada@x.org", "Zoë@x.org"}
        assert not clear & {str(value) for value in array.to_pylist()}
    for empty in apply(spec, TEXT[:0], form):
        assert len(empty) == 0


@pytest.mark.parametrize(
    ("spec", "state"),
    [
        ("redact", "redacted(pii.email)"),
        ({"replace": "x"}, "redacted(pii.email)"),
        ("mask", "masked(pii.email)"),
        ("hash", "hashed(pii.email; domain=email; key=7)"),
        ("tokenize", "pseudonym(pii.email; domain=email; key=7)"),
        ({"fpe": "digits"}, "surrogate(pii.email; domain=email; key=7)"),
        ("encrypt", "encrypted(pii.email; domain=email; key=7)"),
        ({"generalize": "zip3"}, "generalized(pii.email)"),
    ],
    ids=str,
)
def test_states(spec: Any, state: str) -> None:
    treatment = parse_treatment(spec)
    after = treatment.state(LabelSet.of("pii.email"), "email", 7)

    assert after.texts() == (state,)
    assert treatment.state(after, "email", 7).texts() == (state,)
    assert treatment.state(LabelSet.of("public"), "email", 7).public
    assert treatment.state(LabelSet.of("unclassified"), "email", 7).unclassified
    assert len(treatment.state(LabelSet.of("pii.email", "phi"), "email", 7).marks) == 2


def test_drop_leaves_no_field_and_never_makes_a_label_public() -> None:
    drop = parse_treatment("drop")

    assert drop.output_fields("a", pa.list_(pa.int8()), Form.TEXT) == ()
    assert drop.apply(TEXT, KERNEL, None, PLACE, Form.TEXT) == ()
    assert drop.state(LabelSet.of("pii"), "", 0) == LabelSet.of("pii")


@pytest.mark.parametrize(
    ("spec", "use"),
    [
        ("drop", None),
        ("redact", None),
        ("mask", None),
        ({"generalize": "age"}, None),
        ("hash", KeyUse.INDEX),
        ("tokenize", KeyUse.INDEX),
        ({"fpe": "digits"}, KeyUse.INDEX),
        ("encrypt", KeyUse.ENCRYPTION),
    ],
    ids=str,
)
def test_key_use(spec: Any, use: KeyUse | None) -> None:
    treatment = parse_treatment(spec)
    keys = treatment.derive_keys(Ring(), "email", PLACE)

    assert treatment.key_use is use
    assert (keys is None) is (use is None)
    assert treatment.at(date(2026, 1, 1)) == treatment
    if keys is not None:
        assert keys.number == Ring().primary["email", use or KeyUse.INDEX]
        with pytest.raises(KernelError, match="without its keys"):
            treatment.apply(TEXT, KERNEL, None, PLACE, Form.TEXT)


def test_tokens_and_hashes_join_across_contracts_but_not_across_uses() -> None:
    ring, other = Ring(), Place("another", "mail")
    keys = {}
    for spec in ("tokenize", "hash", {"hash": "hmac-sha256"}, "encrypt"):
        treatment = parse_treatment(spec)
        here, there = (treatment.derive_keys(ring, "email", p) for p in (PLACE, other))
        assert here is not None
        assert there is not None
        assert (here.key == there.key) is (spec != "encrypt")
        keys[str(spec)] = here.key.reveal()[:32]
    assert len(set(keys.values())) == len(keys)


def test_tokens_follow_the_domain_s_normaliser() -> None:
    (tokens,) = apply("tokenize", TEXT)
    (exact,) = apply("tokenize", TEXT, domain="id")

    assert tokens[0] == tokens[3]
    assert exact[0] != exact[3]
    assert tokens[0] != exact[0]


def test_an_index_stands_beside_a_rotating_ciphertext_and_joins() -> None:
    ring = Ring()
    encrypt = parse_treatment({"encrypt": {"index": True}})
    before = encrypt.derive_keys(ring, "email", PLACE)
    ring.rotate("email")
    after = encrypt.derive_keys(ring, "email", PLACE)
    assert before is not None
    assert after is not None

    first = encrypt.apply(TEXT, KERNEL, before, PLACE, Form.BINARY)
    second = encrypt.apply(TEXT, KERNEL, after, Place("other", "mail"), Form.BINARY)

    fields = encrypt.output_fields("email", TEXT.type, Form.BINARY)
    assert [field.name for field in fields] == ["email", "email_index"]
    assert before.number != after.number
    assert before.index_number == after.index_number
    assert first[1].equals(second[1])
    assert first[1][0] == first[1][3]
    assert not first[0].equals(second[0])
    lost = parse_treatment("encrypt").derive_keys(ring, "email", PLACE)
    with pytest.raises(KernelError, match="without its index key"):
        encrypt.apply(TEXT, KERNEL, lost, PLACE, Form.BINARY)


@pytest.mark.parametrize("spec", ["tokenize", "hash", {"encrypt": {"index": True}}], ids=str)
def test_emptied_values_are_not_treatable_with_an_index_key(spec: Any) -> None:
    treatment = parse_treatment(spec)
    values = pa.array(["078-05-1120", "n/a", None, ""])
    digits = Ring().normaliser("ssn")

    assert treatment.treatable(values, KERNEL, digits).to_pylist() == [True, False, True, True]
    assert parse_treatment("encrypt").treatable(values, KERNEL, digits) is None


LONG = [
    pa.string(),
    pa.string_view(),
    pa.large_string(),
    pa.dictionary(pa.int32(), pa.string()),
    pa.run_end_encoded(pa.int32(), pa.string()),
]


@pytest.mark.parametrize("spec", ["tokenize", "hash", "encrypt", "mask"])
@pytest.mark.parametrize("kind", LONG, ids=str)
def test_values_beyond_the_limit_are_not_treatable(
    spec: str, kind: pa.DataType, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tight:
        value_bytes = 5

    assert DEFAULT_LIMITS.value_bytes > 5
    monkeypatch.setattr(fitting_module, "DEFAULT_LIMITS", Tight)
    values = pa.array(["12345", "123456", None, ""])
    values = pc.run_end_encode(values) if kind.id == LONG[-1].id else values.cast(kind)

    fits = parse_treatment(spec).treatable(values, KERNEL, None)

    assert fits.to_pylist() == [True, False, True, True]


def refused(spec: Any, kind: pa.DataType) -> bool:
    try:
        parse_treatment(spec).output_fields("a", kind, Form.TEXT)
    except PolicyError as error:
        return "type" in error.message
    return False


TYPES = {
    "text": pa.string(),
    "dictionary": pa.dictionary(pa.int8(), pa.string()),
    "integer": pa.int16(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "decimal": pa.decimal128(9, 2),
    "binary": pa.binary(),
    "list": pa.list_(pa.int8()),
    "duration": pa.duration("s"),
}


@pytest.mark.parametrize(
    ("spec", "takes"),
    [
        ("drop", set(TYPES)),
        ("redact", set(TYPES)),
        ("tokenize", set(TYPES) - {"float", "list", "duration"}),
        ("hash", set(TYPES) - {"float", "list", "duration"}),
        ({"fpe": "digits"}, {"text", "dictionary"}),
        ("encrypt", set(TYPES) - {"list", "duration"}),
        ({"encrypt": {"index": True}}, set(TYPES) - {"float", "list", "duration"}),
        ("mask", {"text", "dictionary", "integer", "date", "timestamp", "decimal"}),
        ({"generalize": "year"}, {"text", "dictionary", "date", "timestamp"}),
        ({"generalize": "month"}, {"text", "dictionary", "date", "timestamp"}),
        ({"generalize": "zip3"}, {"text", "dictionary"}),
        ({"generalize": "age"}, {"text", "dictionary", "integer"}),
        ({"generalize": {"to": "bucket", "width": 5}}, {"integer", "float", "decimal"}),
        ({"replace": "x"}, {"text", "dictionary"}),
        ({"replace": 5}, {"integer", "float", "decimal"}),
        ({"replace": True}, {"bool"}),
        ({"replace": "2020-02-02"}, {"text", "dictionary", "date"}),
        ({"replace": date(2020, 2, 2)}, {"date"}),
    ],
    ids=str,
)
def test_types_each_treatment_takes(spec: Any, takes: set[str]) -> None:
    assert {name for name, kind in TYPES.items() if not refused(spec, kind)} == takes


@pytest.mark.parametrize(
    ("spec", "values", "expected"),
    [
        ("redact", pa.array([[1], None]), ["[REDACTED]", None]),
        ({"replace": "x"}, pa.array(["a", None]), ["x", None]),
        ({"replace": "x"}, pa.array(["a", None]).dictionary_encode(), ["x", None]),
        ({"replace": 7}, pa.array([1, None], pa.int8()), [7, None]),
        (
            {"replace": "1.5"},
            pa.array([Decimal("2.00"), None]),
            [Decimal("1.50"), None],
        ),
        ({"replace": "1900-01-01"}, pa.array([date(1987, 3, 4), None]), [date(1900, 1, 1), None]),
    ],
    ids=str,
)
def test_constants(spec: Any, values: pa.Array, expected: list[Any]) -> None:
    (array,) = apply(spec, values)

    assert array.to_pylist() == expected


@pytest.mark.parametrize(
    ("spec", "kind"),
    [({"replace": 300}, pa.int8()), ({"replace": 1.5}, pa.int8()), ({"replace": 1}, pa.string())],
    ids=str,
)
def test_constants_of_another_type_are_refused(spec: Any, kind: pa.DataType) -> None:
    with pytest.raises(PolicyError, match="not one of type"):
        parse_treatment(spec).output_fields("a", kind, Form.TEXT)


LAYOUTS = {
    "view": TEXT.cast(pa.string_view()),
    "dictionary": TEXT.dictionary_encode(),
    "null in the dictionary": TEXT.dictionary_encode(null_encoding="encode"),
    "run-end": pc.run_end_encode(TEXT),
    "slice": pa.concat_arrays([TEXT, TEXT])[5:],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("spec", [spec for spec in EVERY if spec != "drop"], ids=str)
def test_null_stays_null_in_every_layout(spec: Any, layout: str) -> None:
    values = LAYOUTS[layout]

    for array in apply(spec, values):
        assert array.is_valid().equals(TEXT.is_valid())
    assert parse_treatment(spec).treatable(values, KERNEL, None) is None
    if "encrypt" not in spec:
        assert [a.to_pylist() for a in apply(spec, values)] == [
            a.to_pylist() for a in apply(spec, TEXT)
        ]


@pytest.mark.parametrize(
    ("mask", "values", "fits"),
    [
        ({"only": "digits"}, ["12-3", "call bob", "--", "", None, "1²"], [1, 0, 0, 1, 1, 0]),
        ({"only": "alphanumeric"}, ["a-1", "--", "²", "é", ""], [1, 0, 1, 1, 1]),
        ({"keep_email_domain": True}, ["a@b", "@bob", "x", "", None], [1, 0, 1, 1, 1]),
    ],
    ids=str,
)
def test_masks_that_would_hide_nothing_are_not_treatable(
    mask: dict[str, Any], values: list[str | None], fits: list[int]
) -> None:
    treatable = parse_treatment({"mask": mask}).treatable(pa.array(values), KERNEL, None)

    assert treatable.to_pylist() == list(map(bool, fits))
    assert parse_treatment("mask").treatable(pa.array(values), KERNEL, None) is None


def test_every_treatment_fits_the_protocol() -> None:
    treatments: list[Treatment] = [parse_treatment(spec) for spec in EVERY]

    assert {treatment.name for treatment in treatments} >= {"drop", "encrypt", "tokenize"}
