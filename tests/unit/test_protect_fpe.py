"""fpe as a treatment: whom it joins, what it takes, what it says of itself."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from protect_ring import Ring

from lockgate.errors import KernelError, KeyUnavailable, PolicyError
from lockgate.kernel.ff1 import SEPARATORS, Alphabet
from lockgate.kernel.interface import Kernel
from lockgate.keys.ports import KeyUse
from lockgate.labels.label import LabelSet
from lockgate.policy.shipped import shipped_zones
from lockgate.policy.zone import Word, rule_text
from lockgate.protect import fitting
from lockgate.protect.fpe import Fpe, open_surrogates
from lockgate.protect.parse import parse_treatment
from lockgate.protect.shapes import looks_like
from lockgate.protect.treatment import Form, Place

PLACE, OTHER = Place("clinic.people", "ssn"), Place("billing.accounts", "number")
DIGITS = Fpe(Alphabet.DIGITS)
VALUES = pa.array(["078-05-1120", None, "078051120", "(078) 05 1120"])


def made(
    kernel: Kernel, treatment: Fpe = DIGITS, domain: str = "ssn", place: Place = PLACE
) -> pa.Array:
    keys = treatment.derive_keys(Ring(), domain, place)
    (array,) = treatment.apply(VALUES, kernel, keys, place, Form.BINARY)
    return array


def numerals(values: pa.Array) -> list[str | None]:
    return [v and "".join(c for c in v if c not in SEPARATORS) for v in values.to_pylist()]


def test_equal_numerals_join_in_every_contract_whatever_stands_between(kernel: Kernel) -> None:
    here, there = made(kernel), made(kernel, place=OTHER)

    assert here.equals(there)
    assert here.null_count == 1
    assert len(set(numerals(here)) - {None}) == 1


def test_other_domains_and_alphabets_of_one_radix_have_nothing_in_common(kernel: Kernel) -> None:
    results = [
        made(kernel, Fpe(alphabet), domain)[0].as_py()
        for alphabet in (Alphabet.DIGITS, Alphabet.HEX, Alphabet.HEX_UPPER)
        for domain in ("ssn", "id")
    ]

    assert len({text.lower() for text in results}) == len(results)


def test_it_opens_by_domain_and_number_from_any_column(kernel: Kernel) -> None:
    ring = Ring()
    number = ring.primary["ssn", KeyUse.INDEX]

    opened = open_surrogates(made(kernel), kernel, ring, "ssn", number, Alphabet.DIGITS)

    assert opened.equals(VALUES)
    with pytest.raises(KeyUnavailable):
        open_surrogates(VALUES, kernel, ring, "id", number, Alphabet.DIGITS)
    with pytest.raises(KernelError, match="1 of 1 values"):
        open_surrogates(pa.array(["x"]), kernel, ring, "ssn", number, Alphabet.DIGITS)


def test_what_does_not_fit_is_not_treatable(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tight:
        value_bytes = 11

    values = pa.array(["078-05-1120", "12345", "A123456", "", None, "123456" + "-" * 6])
    fits = [True, False, False, False, True]

    assert DIGITS.treatable(values[:5], kernel, None).to_pylist() == fits
    assert DIGITS.treatable(VALUES, kernel, None) is None
    monkeypatch.setattr(fitting, "DEFAULT_LIMITS", Tight)
    assert DIGITS.treatable(values, kernel, None).to_pylist() == [*fits, False]


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())],
    ids=str,
)
def test_it_takes_text_and_gives_text(kernel: Kernel, kind: pa.DataType) -> None:
    values = VALUES.dictionary_encode().cast(kind) if kind.num_fields else VALUES.cast(kind)
    keys = DIGITS.derive_keys(Ring(), "ssn", PLACE)

    for form in Form:
        assert DIGITS.output_fields("ssn", kind, form) == (pa.field("ssn", pa.string()),)
        assert DIGITS.apply(values, kernel, keys, PLACE, form)[0].equals(made(kernel))


@pytest.mark.parametrize("kind", [pa.int64(), pa.binary(), pa.float64(), pa.binary_view()], ids=str)
def test_it_takes_nothing_else(kernel: Kernel, kind: pa.DataType) -> None:
    fits = DIGITS.treatable(pa.array([123456, None]).cast(pa.string()).cast(kind), kernel, None)

    assert fits.to_pylist() == [False, True]
    with pytest.raises(PolicyError, match="fpe does not take a column of type"):
        DIGITS.output_fields("ssn", kind, Form.TEXT)


def test_what_it_says_of_itself() -> None:
    state = DIGITS.state(LabelSet.of("pii.ssn"), "ssn", 7)

    assert parse_treatment({"fpe": "digits"}) == parse_treatment({"fpe": {"alphabet": "digits"}})
    assert DIGITS.describe() == {"treatment": "fpe", "alphabet": "digits"}
    assert rule_text(DIGITS) == "fpe (alphabet: digits)"
    assert DIGITS.key_use is KeyUse.INDEX
    assert state.texts() == ("surrogate(pii.ssn; domain=ssn; key=7)",)
    assert LabelSet.of(*state.texts()) == state
    with pytest.raises(KernelError, match="without its keys"):
        DIGITS.apply(VALUES, None, None, PLACE, Form.TEXT)  # type: ignore[arg-type]


@pytest.mark.parametrize("spec", ["fpe", {"fpe": {}}, {"fpe": "base64"}, {"fpe": ["digits"]}])
def test_an_alphabet_is_asked_for(spec: object) -> None:
    with pytest.raises(PolicyError, match="alphabet"):
        parse_treatment(spec)  # type: ignore[arg-type]


def test_no_zone_that_refuses_pseudonyms_takes_surrogates() -> None:
    """What cannot be told from raw values passes nowhere that a token does not."""
    (token,) = LabelSet.of("pseudonym(pii.ssn)")
    (surrogate,) = LabelSet.of("surrogate(pii.ssn)")
    for zone in shipped_zones().values():
        lines = [zone.rule_for(mark) for mark in (token, surrogate)]
        rules = [Word.DENY if line is None else line.rule for line in lines]
        assert rules[0] == rules[1], zone.name
    assert looks_like(pc.cast(VALUES, pa.string()), surrogate.kind) is None  # type: ignore[union-attr]
