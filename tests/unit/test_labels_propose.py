"""Proposals on real and invented tables: obvious columns right, nothing sensitive public."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lockgate.labels.names import hint_for_name
from lockgate.labels.propose import Proposal, propose, propose_subject
from lockgate.labels.taxonomy import Taxonomy

TAXONOMY = Taxonomy.shipped()
REAL = Path(__file__).parents[3] / "shared/data/historical_figures_with_errors_50k.parquet"
GIVEN = "James Mary Robert Linda Fatima Olga".split()
FAMILY = "Smith Garcia Nguyen Brown Okafor Lindqvist".split()
ROWS = 300


def _rows(make: Callable[[random.Random], Any]) -> list[Any]:
    rng = random.Random(7)
    return [make(rng) for _ in range(ROWS)]


def _pick(*values: Any) -> list[Any]:
    return _rows(lambda r: r.choice(values))


def _card(r: random.Random) -> str:
    digits = [4, *(r.randrange(10) for _ in range(14))]
    total = 0
    for index, digit in enumerate(reversed(digits)):
        double = digit * 2 if index % 2 == 0 else digit
        total += double - 9 if double > 9 else double
    return "".join(map(str, digits)) + str(-total % 10)


def _ssn(r: random.Random) -> str:
    return f"{r.randrange(100, 600)}-{r.randrange(10, 99)}-{r.randrange(1000, 9999)}"


def _person(r: random.Random) -> str:
    return f"{r.choice(GIVEN)} {r.choice(FAMILY)}"


def _email(r: random.Random) -> str:
    return f"u{r.randrange(1000)}@example.com"


def labels(table: pa.Table) -> dict[str, str]:
    return {proposal.column: proposal.label for proposal in propose(table, TAXONOMY)}


def check(columns: dict[str, tuple[list[Any], str]]) -> tuple[Proposal, ...]:
    """Propose for a table written as column -> (values, expected label)."""
    table = pa.table({name: values for name, (values, _) in columns.items()})
    found = propose(table, TAXONOMY)
    assert {p.column: p.label for p in found} == {n: want for n, (_, want) in columns.items()}
    return found


@pytest.mark.skipif(not REAL.exists(), reason="the real table is not on this machine")
def test_the_real_table() -> None:
    table = pq.read_table(REAL)
    found = propose(table, TAXONOMY)
    assert {p.column: p.label for p in found} == {
        "unique_id": "pii.id",
        "cluster": "pii.id",
        "full_name": "pii.name.full",
        "first_and_surname": "pii.name.full",
        "first_name": "pii.name.first",
        "surname": "pii.name.last",
        "dob": "pii.birth_date.text",  # one in thirteen is not written as YYYY-MM-DD
        "birth_place": "pii.location",
        "postcode_fake": "pii.postcode",
        "gender": "pii.gender",
        "occupation": "pii.occupation",
    }
    assert propose_subject(table, found) == "cluster"


def test_patients() -> None:
    day = _rows(lambda r: f"{r.randrange(1930, 2010)}-0{r.randrange(1, 10)}-1{r.randrange(10)}")
    found = check(
        {
            "patientId": (_rows(lambda r: f"MRN-{r.randrange(10**6):06d}"), "phi.mrn"),
            "FirstName": (_pick(*GIVEN), "pii.name.first"),
            "LastName": (_pick(*FAMILY), "pii.name.last"),
            "DateOfBirth": (day, "pii.birth_date"),
            "SSN": (_rows(_ssn), "pii.ssn"),
            "ZIP": (_rows(lambda r: f"{r.randrange(10000, 99999)}"), "pii.zip"),
            "Street": (_rows(lambda r: f"{r.randrange(1, 999)} Oak Street"), "pii.address"),
            "dx_code": (_pick("E11.9", "I10", "J45.20"), "phi.diagnosis"),
            "sex": (_pick("M", "F"), "pii.gender"),
            "age": (_rows(lambda r: r.randrange(1, 99)), "pii.age"),
            "admit_date": (day, "phi.admission_date"),
            "notes": (_pick("reports some pain in the left knee"), "pii.free_text"),
            "heart_rate": (_rows(lambda r: r.randrange(50, 120)), "phi.lab_result"),
            "status": (_pick("active", "closed"), "public"),
            "created_at": (_pick("2024-01-02T03:04:05Z"), "public"),
            "is_deceased": (_pick(True, False), "confidential"),
        }
    )
    table = pa.table({"patientId": ["MRN-1", "MRN-2"] * 2})
    assert propose_subject(table, found[:1]) == "patientId"


def test_payments() -> None:
    check(
        {
            "payment_id": (_rows(lambda r: str(uuid.UUID(int=r.getrandbits(128)))), "confidential"),
            "customer_id": (_rows(lambda r: r.randrange(100)), "pii.id"),
            "card_number": (_rows(_card), "pci.pan"),
            "cvv": (_rows(lambda r: f"{r.randrange(1000):03d}"), "pci.cvv"),
            "exp": (_pick("12/27"), "pci.expiry"),
            "name_on_card": (_rows(_person), "pci.cardholder"),
            "amount": (_rows(lambda r: r.random() * 100), "financial.amount"),
            "currency": (_pick("EUR", "USD"), "public"),
            "iban": (_pick("DE89 3704 0044 0532 0130 00"), "financial.iban"),
            "country": (_pick("DE", "US"), "public"),
            "merchant_name": (_pick("Acme", "Foo GmbH"), "confidential"),
            "billing_email": (_rows(_email), "pii.email"),
            "ref": (_rows(_card), "pci.pan"),
        }
    )


def test_web_events() -> None:
    check(
        {
            "ts": (_rows(lambda r: f"2024-01-01 00:00:{r.randrange(60):02d}"), "public"),
            "event_type": (_pick("click", "view"), "public"),
            "user": (_pick("jdoe", "asmith"), "pii.username"),
            "ip": (_rows(lambda r: f"10.0.{r.randrange(256)}.{r.randrange(256)}"), "pii.ip"),
            "ua": (_pick("Mozilla/5.0 (X11; Linux)"), "pii.user_agent"),
            "url": (_pick("https://example.com/a?b=1"), "pii.url"),
            "auth": (_pick("eyJhbGciOi.eyJzdWIi.abc"), "credential.token"),
            "session_id": (_rows(lambda r: f"{r.getrandbits(64):x}"), "pii.id"),
            "duration_ms": (_rows(lambda r: r.randrange(1000)), "public"),
            "lat": (_rows(lambda r: r.random() * 90), "pii.location"),
            "email_status": (_pick("sent", "bounced"), "public"),
        }
    )


def test_staff_in_german() -> None:
    table = pa.table(
        {
            "Personalnummer": _rows(lambda r: str(r.randrange(1000))),
            "Vorname": _pick(*GIVEN),
            "Nachname": _pick(*FAMILY),
            "Geburtsdatum": _rows(lambda r: f"1{r.randrange(10)}.03.19{r.randrange(50, 99)}"),
            "E-Mail": _rows(_email),
            "Telefon": _rows(lambda r: f"+49 30 {r.randrange(10**6, 10**7)}"),
            "Gehalt": _rows(lambda r: r.randrange(30000, 90000)),
            "Straße": _rows(lambda r: f"Hauptstraße {r.randrange(1, 99)}"),
            "PLZ": _rows(lambda r: f"{r.randrange(10000, 99999)}"),
        }
    )
    assert labels(table) == {
        "Personalnummer": "pii.id",
        "Vorname": "pii.name.first",
        "Nachname": "pii.name.last",
        "Geburtsdatum": "pii.birth_date.text",
        "E-Mail": "pii.email",
        "Telefon": "pii.phone",
        "Gehalt": "financial.salary",
        "Straße": "pii.address",
        "PLZ": "pii.postcode",
    }
    assert propose_subject(table, propose(table, TAXONOMY)) == "Personalnummer"


def test_without_telling_names_the_values_decide() -> None:
    check(
        {
            "A": (_rows(_person), "pii.name.full"),
            "B": (_rows(_email), "pii.email"),
            "C": (_rows(lambda r: f"({r.randrange(200, 999)}) 555-01{r.randrange(10, 99)}"),
                  "pii.phone"),
            "D": (_pick("x", "y"), "confidential"),
            "E": (_rows(_ssn), "pii.ssn"),
            "F": ([None] * ROWS, "confidential"),
            "G": ([[1]] * ROWS, "pii.other"),
            "H": ([b"x"] * ROWS, "confidential"),
        }
    )  # fmt: skip


@pytest.mark.parametrize("name", ["status", "type", "country", "currency", "category", "quantity"])
@pytest.mark.parametrize("make", [_email, _ssn, _card, _person])
def test_a_harmless_name_never_makes_sensitive_values_public(
    name: str, make: Callable[[random.Random], str]
) -> None:
    assert labels(pa.table({name: _rows(make)}))[name] != "public"


@pytest.mark.parametrize("make", [_email, _ssn])
def test_one_sensitive_value_among_many_is_enough_against_public(
    make: Callable[[random.Random], str],
) -> None:
    values = ["ok"] * 2000 + [make(random.Random(1))]
    assert labels(pa.table({"status": values}))["status"] != "public"


def test_a_column_of_no_known_kind_is_confidential_not_public() -> None:
    assert labels(pa.table({"zq": _pick("a", "b")}))["zq"] == "confidential"
    assert labels(pa.table({"": _pick("a", "b")}))[""] == "confidential"


def test_flags_about_contacts_are_harmless() -> None:
    table = pa.table({"email_verified": _pick(True, False), "phone_status": _pick("ok", "failed")})
    assert set(labels(table).values()) == {"public"}


def test_labels_that_stay_clear_are_proposed_only_for_short_values() -> None:
    text = "the patient said that the pain began a week ago"
    assert labels(pa.table({"diagnosis": _pick(text)}))["diagnosis"] == "phi.note"
    assert labels(pa.table({"diagnosis": [*_rows(_person)]}))["diagnosis"] == "phi"
    assert labels(pa.table({"amount": _pick("Mary Smith", "n/a")}))["amount"] == "confidential"


@pytest.mark.parametrize("make", [_email, _ssn, _card, _person])
def test_no_value_stands_in_a_proposal(make: Callable[[random.Random], str]) -> None:
    values = _rows(make)
    for name in ("email", "status", "zq", "notes"):
        for proposal in propose(pa.table({name: values}), TAXONOMY):
            assert not any(value in repr(proposal) for value in values)


def test_slices_chunks_and_dictionaries_are_looked_at_alike() -> None:
    values = pa.array(_rows(_email))
    tables = [
        pa.table({"x": values}),
        pa.table({"x": pa.chunked_array([values.slice(0, 9), values.slice(9)])}),
        pa.table({"x": values.dictionary_encode()}),
        pa.table({"x": values.cast(pa.large_string())}),
        pa.table({"x": pa.concat_arrays([pa.array([None]).cast(pa.string()), values]).slice(1)}),
    ]
    assert [labels(table)["x"] for table in tables] == ["pii.email"] * 5


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("customerEmailAddress", "pii.email"),
        ("CUST_PHONE_NO", "pii.phone"),
        ("date of birth", "pii.birth_date"),
        ("fecha_nacimiento", "pii.birth_date"),
        ("Téléphone", "pii.phone"),
        ("passwordHash", "credential.password"),
        ("company_name", "confidential"),
        ("stage", "public"),
    ],
)
def test_names_in_many_styles(name: str, label: str) -> None:
    assert hint_for_name(name).label == label
