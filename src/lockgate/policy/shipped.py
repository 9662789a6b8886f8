"""The default policy. docs/reference/policy.md shows it as a table that a test checks.

Each line is (label or state, rule, reason). The most specific label wins, so
``pii: drop`` is what happens to whatever of a person no finer line names.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from lockgate.labels.taxonomy import Taxonomy
from lockgate.policy.zone import Word, Zone, ZoneRule, parse_pattern
from lockgate.protect.parse import parse_treatment

Line = tuple[str, Any, str]

YEAR = {"generalize": {"to": "year"}}
BIRTH_YEAR = {"generalize": {"to": "year", "cap_age": 90}}
MONTH = {"generalize": {"to": "month"}}
ZIP3 = {"generalize": {"to": "zip3"}}
AGE = {"generalize": {"to": "age"}}
LAST4 = {"mask": {"last": 4}}

RAW: tuple[Line, ...] = (
    ("*", "allow", "data rests here as it was collected"),
    ("*(*)", "allow", "already treated"),
    ("public", "allow", ""),
    ("credential", "deny", "a secret is not data: keep it in a secret store"),
    ("*(credential)", "deny", "a secret is not data, whatever was done to it"),
    ("pci.cvv", "deny", "PCI DSS 3.3.1: not kept after authorisation"),
)

ANALYTICS: tuple[Line, ...] = (
    ("public", "allow", ""),
    ("*(*)", "allow", "already treated"),
    ("pii", "drop", "nothing else about a person is needed to analyse"),
    ("pii.id", "tokenize", "joins stay possible"),
    ("pii.name", "hash", "joins stay possible, names cannot be read back"),
    ("pii.email", "tokenize", "joins stay possible"),
    ("pii.phone", "tokenize", "joins stay possible"),
    ("pii.zip", ZIP3, "three digits are a region"),
    ("pii.postcode", {"mask": {"first": 2}}, "two characters are a region"),
    ("pii.birth_date", BIRTH_YEAR, "the year is enough, and 90 and over is one group"),
    ("pii.birth_date.text", "drop", "no year can be read from it"),
    ("pii.date", MONTH, "the month is enough"),
    ("pii.age", AGE, "90 and over is one group"),
    ("pii.gender", "allow", "a few values, no identifier of 164.514(b)(2)"),
    ("pii.nationality", "tokenize", "groups without naming them"),
    ("pii.occupation", "tokenize", "groups without naming them"),
    ("pii.employer", "tokenize", "groups without naming them"),
    ("pii.ssn", "encrypt", "readable again only by reveal"),
    ("pii.national_id", "encrypt", "readable again only by reveal"),
    ("pii.passport", "encrypt", "readable again only by reveal"),
    ("pii.driver_license", "encrypt", "readable again only by reveal"),
    ("pii.ip", "tokenize", "sessions stay together"),
    ("pii.device", "tokenize", "sessions stay together"),
    ("pii.account", "tokenize", "joins stay possible"),
    ("pii.username", "tokenize", "joins stay possible"),
    ("phi", "drop", "nothing else about health is needed to analyse"),
    ("phi.mrn", "tokenize", "joins stay possible"),
    ("phi.health_plan", "tokenize", "joins stay possible"),
    ("phi.encounter", "tokenize", "joins stay possible"),
    ("phi.provider", "tokenize", "joins stay possible"),
    ("phi.admission_date", MONTH, "the month is enough"),
    ("phi.discharge_date", MONTH, "the month is enough"),
    ("phi.service_date", MONTH, "the month is enough"),
    ("phi.death_date", YEAR, "the year is enough"),
    ("phi.diagnosis", "allow", "what is analysed"),
    ("phi.medication", "allow", "what is analysed"),
    ("phi.procedure", "allow", "what is analysed"),
    ("phi.allergy", "allow", "what is analysed"),
    ("phi.lab_result", "allow", "what is analysed"),
    ("pci", "drop", "card data stays in the card environment"),
    ("pci.pan", "encrypt", "readable again only by reveal"),
    ("pci.cardholder", "hash", "joins stay possible, names cannot be read back"),
    ("financial", "drop", "nothing else about money is needed to analyse"),
    ("financial.iban", "tokenize", "joins stay possible"),
    ("financial.account", "tokenize", "joins stay possible"),
    ("financial.salary", "encrypt", "readable again only by reveal"),
    ("financial.amount", "allow", "what is analysed"),
    ("financial.tax_id", "encrypt", "readable again only by reveal"),
    ("credential", "drop", "a secret is not data"),
    ("*(credential)", "deny", "a secret is not data, whatever was done to it"),
    ("confidential", "encrypt", "readable again only by reveal"),
)

RESEARCH: tuple[Line, ...] = (
    ("public", "allow", ""),
    ("hashed(*)", "allow", "cannot be read back"),
    ("generalized(*)", "allow", "coarse already"),
    ("redacted(*)", "allow", "nothing is left"),
    ("aggregated(*)", "allow", "made of many people"),
    ("pii", "drop", "164.514(b)(2)(i): identifiers leave"),
    ("pii.id", "hash", "one person stays one person"),
    ("pii.zip", ZIP3, "164.514(b)(2)(i)(B)"),
    ("pii.birth_date", BIRTH_YEAR, "164.514(b)(2)(i)(C)"),
    ("pii.birth_date.text", "drop", "no year can be read from it"),
    ("pii.date", YEAR, "164.514(b)(2)(i)(C)"),
    ("pii.age", AGE, "164.514(b)(2)(i)(C)"),
    ("pii.gender", "allow", "no identifier of 164.514(b)(2)(i)"),
    ("phi", "drop", "named below or not needed"),
    ("phi.mrn", "hash", "one person stays one person"),
    ("phi.admission_date", YEAR, "164.514(b)(2)(i)(C)"),
    ("phi.discharge_date", YEAR, "164.514(b)(2)(i)(C)"),
    ("phi.service_date", YEAR, "164.514(b)(2)(i)(C)"),
    ("phi.death_date", YEAR, "164.514(b)(2)(i)(C)"),
    ("phi.diagnosis", "allow", "what is studied"),
    ("phi.medication", "allow", "what is studied"),
    ("phi.procedure", "allow", "what is studied"),
    ("phi.allergy", "allow", "what is studied"),
    ("phi.lab_result", "allow", "what is studied"),
    ("pci", "drop", "164.514(b)(2)(i)(J)"),
    ("financial", "drop", "164.514(b)(2)(i)(J)"),
    ("financial.amount", "allow", "what is studied"),
    ("credential", "drop", "a secret is not data"),
    ("*(credential)", "deny", "a secret is not data, whatever was done to it"),
    ("confidential", "drop", "not for everybody"),
)

DEV: tuple[Line, ...] = (
    ("public", "allow", ""),
    ("redacted(*)", "allow", "nothing is left"),
    ("*(*)", "drop", "not even treated values of real people"),
    ("pii", "drop", "nothing real in development"),
    ("pii.id", "redact", "the column stays, its values do not"),
    ("pii.name", "redact", "the column stays, its values do not"),
    ("pii.email", "redact", "the column stays, its values do not"),
    ("pii.phone", "mask", "the length stays"),
    ("pii.ssn", "mask", "the length stays"),
    ("pii.address", "redact", "the column stays, its values do not"),
    ("phi", "drop", "nothing real in development"),
    ("phi.mrn", "redact", "the column stays, its values do not"),
    ("pci", "drop", "nothing real in development"),
    ("pci.pan", "mask", "the length stays"),
    ("financial", "drop", "nothing real in development"),
    ("financial.iban", "redact", "the column stays, its values do not"),
    ("credential", "drop", "a secret is not data"),
    ("confidential", "drop", "not for everybody"),
)

PARTNER: tuple[Line, ...] = (
    ("public", "allow", ""),
    ("hashed(*)", "allow", "cannot be read back"),
    ("encrypted(*)", "deny", "a key is not shared"),
    ("pseudonym(*)", "deny", "reversible by whoever holds the key"),
    ("masked(*)", "allow", "little is left"),
    ("generalized(*)", "allow", "coarse already"),
    ("redacted(*)", "allow", "nothing is left"),
    ("pii", "drop", "not needed outside"),
    ("pii.id", "hash", "joins stay possible, nothing reads back"),
    ("pii.email", "hash", "joins stay possible, nothing reads back"),
    ("pii.phone", LAST4, "enough to recognise, not to call"),
    ("pii.zip", ZIP3, "three digits are a region"),
    ("pii.birth_date", BIRTH_YEAR, "the year is enough, and 90 and over is one group"),
    ("pii.birth_date.text", "drop", "no year can be read from it"),
    ("pii.age", AGE, "90 and over is one group"),
    ("pii.gender", "allow", "a few values, no identifier"),
    ("pii.account", "hash", "joins stay possible, nothing reads back"),
    ("phi", "deny", "health data needs an agreement: write the rule when there is one"),
    ("pci", "drop", "card data stays in the card environment"),
    ("pci.pan", LAST4, "PCI DSS 3.4.1 shows at most the last four"),
    ("financial", "drop", "not needed outside"),
    ("financial.amount", "allow", "what is settled"),
    ("credential", "deny", "a secret is not data"),
    ("*(credential)", "deny", "a secret is not data, whatever was done to it"),
    ("confidential", "deny", "name a finer label to share it"),
)

ZONES: dict[str, tuple[str, tuple[Line, ...]]] = {
    "raw": ("As collected: every label clear but secrets", RAW),
    "analytics": ("For analysts: joins stay possible, nobody can be read", ANALYTICS),
    "research": ("De-identified after HIPAA Safe Harbor, 45 CFR 164.514(b)(2)", RESEARCH),
    "dev": ("For developers and tests: the columns of the data, nothing real", DEV),
    "partner": ("For another organisation: only what cannot be read back", PARTNER),
}


def make_rule(pattern: str, spec: Any, reason: str, taxonomy: Taxonomy) -> ZoneRule:
    """A rule from its text form. Raises PolicyError or LabelError."""
    rule = Word(spec) if spec in ("allow", "deny") else parse_treatment(spec)
    return ZoneRule(parse_pattern(pattern, taxonomy), rule, reason)


def _rules(lines: Iterable[Line], taxonomy: Taxonomy) -> tuple[ZoneRule, ...]:
    return tuple(make_rule(*line, taxonomy) for line in lines)


@cache
def _zones() -> tuple[Zone, ...]:
    taxonomy = Taxonomy.shipped()
    return tuple(
        Zone(name, description, _rules(lines, taxonomy))
        for name, (description, lines) in ZONES.items()
    )


def shipped_zones() -> dict[str, Zone]:
    """The shipped zones by name."""
    return {zone.name: zone for zone in _zones()}
