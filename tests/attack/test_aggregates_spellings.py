"""One person in many spellings is one person: whatever the key domain takes for the same."""

from __future__ import annotations

import unicodedata

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from folds import guarded
from lockgate.flow.sql.dialect import VerbatimDuckDB
from lockgate.flow.sql.one_form import one_form
from lockgate.kernel.canonical_text import text_bytes
from lockgate.kernel.interface import Normaliser

TYPES = pa.schema([("city", pa.string()), ("who", pa.string()), ("x", pa.float64())])
COUNT = "SELECT city, count(*) AS n FROM t GROUP BY city"
SPELLINGS = {
    Normaliser.NFC: ["\u00e9", "e\u0301"],
    Normaliser.TEXT: ["Ann Lee", " ann  lee ", "ANN\u00a0LEE"],
    Normaliser.EMAIL: ["a@b.org", " A@b.org\n", "a@B.ORG"],
    Normaliser.DIGITS: ["MRN1", "mrn1", "MRN-1", " 1 "],
    Normaliser.ALPHANUMERIC: ["MRN1", "mrn1", "MRN-1", " m r n 1 "],
}
characters = st.sampled_from(
    " \t\n\x1c\x85\u00a0\u2003\u3000aAzZ09-\x00"
    "\u00e9\u0301\u0130\u03a3\u03c2\u00df\u212a\uac00\u11a8"
) | st.characters(exclude_categories=["Cs"])


@pytest.mark.parametrize("normaliser", SPELLINGS)
def test_spellings_of_one_person_are_no_group(normaliser: Normaliser) -> None:
    rows = [("a", who, 1.0) for who in SPELLINGS[normaliser]]
    told = guarded(COUNT, rows, types=TYPES, normaliser=normaliser)
    assert (told.rows, told.held_back) == ([], 1)
    assert guarded(COUNT, rows, types=TYPES).rows == [{"city": "a", "n": len(rows)}]

    two = guarded(COUNT, [*rows, ("a", "Bob 2", 1.0)], types=TYPES, normaliser=normaliser)
    assert two.rows == [{"city": "a", "n": len(rows) + 1}]


def test_spellings_of_one_person_dominate_together() -> None:
    rows = [("a", who, 30.0) for who in SPELLINGS[Normaliser.DIGITS]]
    rows += [("a", f"{who}", 10.0) for who in range(2, 6)]
    sql = "SELECT sum(x) AS s FROM t"
    assert guarded(sql, rows, dominance=0.5, types=TYPES).rows == [{"s": 160.0}]
    told = guarded(sql, rows, dominance=0.5, types=TYPES, normaliser=Normaliser.DIGITS)
    assert told.rows == []


def forms(texts: list[str], normaliser: Normaliser) -> list[str]:
    """The forms that DuckDB gives."""
    value = one_form(exp.column("x", quoted=True), normaliser).sql(dialect=VerbatimDuckDB)
    with duckdb.connect() as engine:
        engine.register("given", pa.table({"x": pa.array(texts, pa.string())}))
        return [form for (form,) in engine.execute(f"SELECT {value} FROM given").fetchall()]


def require_merged(texts: list[str], normaliser: Normaliser) -> None:
    """A text and its canonical bytes have one form: so have all texts with these bytes."""
    encoded, fits = text_bytes(pa.array(texts, pa.string()), normaliser)
    ok = fits.to_pylist() if fits is not None else [True] * len(texts)
    pairs = [
        (text, form.decode())
        for text, form, fit in zip(texts, encoded.to_pylist(), ok, strict=True)
        if fit and form is not None
    ]
    given, canonical = [text for text, _ in pairs], [form for _, form in pairs]
    assert forms(given, normaliser) == forms(canonical, normaliser)


@pytest.mark.parametrize("normaliser", Normaliser)
@settings(max_examples=40)
@given(texts=st.lists(st.text(characters, max_size=10), max_size=30))
def test_whatever_the_kernel_merges_is_merged(normaliser: Normaliser, texts: list[str]) -> None:
    require_merged(texts, normaliser)


@pytest.mark.parametrize("normaliser", Normaliser)
def test_every_character_is_merged_as_the_kernel_does(normaliser: Normaliser) -> None:
    points = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000]
    apart = [
        text for text in (unicodedata.normalize("NFD", one) for one in points) if len(text) > 1
    ]
    require_merged([*points, *(f"a{point}b" for point in points), *apart], normaliser)


def test_a_subject_of_two_domains_is_refused_and_not_counted_letter_by_letter() -> None:
    from lockgate.contract.model import Column
    from lockgate.flow.folding import _normaliser
    from lockgate.labels.label import LabelSet
    from lockgate.policy.policy import Policy

    policy = Policy.shipped()

    def found(*labels: str, domain: str = "") -> Normaliser | None:
        text = Column("s", "s", pa.string(), LabelSet.of(*labels), True, False, True, domain=domain)
        return _normaliser(text, policy)

    assert found("pii.email") is Normaliser.EMAIL
    assert found("pii.email", "pii.ssn") is None
    assert found("pii.email", "pii.ssn", domain="email") is Normaliser.EMAIL
    assert found("pii.email", domain="nowhere") is None
    assert found("public") is Normaliser.EXACT
