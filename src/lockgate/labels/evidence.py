"""Weigh what a column's name suggests against what its values look like."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import pyarrow as pa

from lockgate.labels.label import PUBLIC
from lockgate.labels.names import NameHint
from lockgate.labels.values import Look
from lockgate.labels.vocabulary import CONFIDENTIAL

STRONG, SOME, FITS = 0.8, 0.3, 0.97
_FEW = 300


class Confidence(float, Enum):
    """How sure a proposal is; a number from 0 to 1 with a name."""

    HIGH = 0.95
    MEDIUM = 0.75
    LOW = 0.4

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Guess:
    """A label, how sure, and why."""

    label: str
    confidence: Confidence
    why: str


# Patterns that speak for themselves, the surest first: (pattern, label, words for people).
_SPEAKING: tuple[tuple[str, str, str], ...] = (
    ("private_key", "credential.private_key", "private keys"),
    ("jwt", "credential.token", "signed tokens"),
    ("api_key", "credential.api_key", "service keys"),
    ("password_hash", "credential.password", "password hashes"),
    ("email", "pii.email", "e-mail addresses"),
    ("iban", "financial.iban", "IBANs with right check digits"),
    ("pan", "pci.pan", "card numbers with right check digits"),
    ("ssn", "pii.ssn", "social security numbers"),
    ("nino", "pii.national_id", "national insurance numbers"),
    ("mrn", "phi.mrn", "medical record numbers"),
    ("mac", "pii.device", "hardware addresses"),
    ("ip", "pii.ip", "IP addresses"),
    ("us_phone", "pii.phone", "telephone numbers"),
    ("phone", "pii.phone", "telephone numbers"),
    ("user_agent", "pii.user_agent", "browser signatures"),
    ("url", "pii.url", "web addresses"),
    ("coordinates", "pii.location", "coordinates"),
    ("zip4", "pii.zip", "ZIP+4 codes"),
    ("uk_postcode", "pii.postcode", "postcodes"),
    ("icd10", "phi.diagnosis", "ICD-10 codes"),
    ("vin", "pii.vehicle", "vehicle identification numbers"),
    ("address", "pii.address", "street addresses"),
)

# Names of these may be right although the values look like something else that speaks.
_ALLIES: dict[str, tuple[str, ...]] = {
    "email": ("pii.username", "pii.account", "pii.id", "credential"),
    "us_phone": ("pii.fax",),
    "phone": ("pii.fax",),
    "url": ("pii.photo",),
    "pan": ("financial.account",),
    "icd10": ("phi",),
    "mac": ("phi.device",),
    "mrn": ("phi",),
    "ssn": ("financial.tax_id", "pii.national_id"),
    "vin": ("phi.mrn", "pii.id", "pii.account", "credential"),
    "address": ("pii.location", "phi.note", "pii.free_text"),
    "uk_postcode": ("pii.vehicle", "pii.id", "pii.account"),
}

_DATED = (
    "pii.birth_date",
    "pii.date",
    "phi.admission_date",
    "phi.discharge_date",
    "phi.service_date",
    "phi.death_date",
)
_TAKE_FRACTIONS = ("financial.salary", "pii.location", "credential", "pci", "pii.free_text")
_CLEAR_TEXT = (
    "phi.diagnosis",
    "phi.medication",
    "phi.procedure",
    "phi.allergy",
    "phi.lab_result",
    "pii.gender",
)
_NEVER_FLAGS = ("pii.email", "pii.phone", "pii.address", "pii.ssn", "pii.ip", "pii.birth_date",
                "pci.pan", "financial.iban", "pii.name.full", "pii.name.last")  # fmt: skip
_FOREIGN_POSTCODES = ("plz", "postleitzahl", "code postal", "codigo postal", "cap", "eircode")
_LEAKS = ("email", "ssn", "iban", "jwt", "api_key", "private_key", "password_hash", "has_email",
          "has_ssn", "has_phone", "us_phone", "address", "nino", "url")  # fmt: skip


def guess(hint: NameHint, look: Look) -> Guess:
    """Weigh a name's hint and the look of the values."""
    by_value = _from_values(look)
    if by_value is not None:
        return _with_name(hint, by_value, look)
    if hint.label and hint.label not in (PUBLIC, CONFIDENTIAL):
        return _by_name(hint, look)
    harmless = _harmless(look) if hint.label == PUBLIC else None
    return harmless or _without_name(hint, look)


def _from_values(look: Look) -> tuple[str, Guess] | None:
    """The first pattern that most values fit."""
    for pattern, label, words in _SPEAKING:
        share = _phones(look) if label == "pii.phone" else look.share(pattern)
        if share >= STRONG:
            sure = Confidence.HIGH if share >= 0.95 else Confidence.MEDIUM
            return pattern, Guess(label, sure, f"{_percent(share)} of the values are {words}")
    return None


def _phones(look: Look) -> float:
    return min(1.0, look.share("us_phone") + look.share("phone"))


def _with_name(hint: NameHint, found: tuple[str, Guess], look: Look) -> Guess:
    pattern, by_value = found
    if not hint.label or hint.label in (PUBLIC, CONFIDENTIAL):
        return by_value
    if hint.label == by_value.label or hint.label.startswith(by_value.label + "."):
        return Guess(hint.label, Confidence.HIGH, f"the name says so and {by_value.why}")
    if any(hint.label == a or hint.label.startswith(a + ".") for a in _ALLIES.get(pattern, ())):
        if hint.label.startswith("credential"):
            return Guess(hint.label, Confidence.MEDIUM, f'the name says "{hint.words}"')
        if pattern == "email":
            return Guess(by_value.label, by_value.confidence, by_value.why)
        return _by_name(hint, look)
    if hint.label == "pii.free_text" and by_value.label.startswith("pii."):
        return Guess("pii.free_text", Confidence.MEDIUM, f"free text by name; {by_value.why}")
    why = f'{by_value.why}, though the name says "{hint.words}"'
    return Guess(by_value.label, Confidence.MEDIUM, why)


def _by_name(hint: NameHint, look: Look) -> Guess:
    """The name's label, as far as the values do not speak against it."""
    said = f'the name says "{hint.words}"'
    if look.count == 0:
        return Guess(hint.label, Confidence.MEDIUM, f"{said}; there are no values to look at")
    if _is_flag(hint, look):
        return Guess(PUBLIC, Confidence.MEDIUM, "true or false only")
    if look.share("boolean") == 1 and hint.label in _NEVER_FLAGS:
        return Guess(CONFIDENTIAL, Confidence.LOW, f"{said}, but the values are true or false")
    if hint.words in _FOREIGN_POSTCODES and _is_text(look.arrow_type):
        return Guess(hint.label, Confidence.HIGH, said)
    label, note = _fitted(hint.label, look)
    if label != hint.label:
        return Guess(label, Confidence.MEDIUM, f"{said}, but {note}")
    sure = Confidence.HIGH if note or hint.exact else Confidence.MEDIUM
    return Guess(label, sure, f"{said} and {note}" if note else said)


def _is_flag(hint: NameHint, look: Look) -> bool:
    """``email_verified``: a qualified name over booleans or a few short words without a leak."""
    if not hint.qualified or hint.label.startswith(("phi", "credential", "pii.gender")):
        return False
    short = look.distinct <= 12 and look.longest <= 20 and look.count > look.distinct
    clean = look.share(*_LEAKS) == 0 and look.share("given", "family", "full_name") == 0
    return bool(pa.types.is_boolean(look.arrow_type)) or (
        short and clean and look.share("boolean", "number") in (0.0, 1.0)
    )


def _fitted(label: str, look: Look) -> tuple[str, str]:
    """The label that the default policy can treat these values under, and a note on them."""
    kind = look.arrow_type
    if pa.types.is_nested(kind):
        return "pii.other", "the values are nested"
    if label in _DATED:
        return _fitted_date(label, look)
    if label in ("pii.zip", "pii.postcode"):
        if look.share("zip") >= FITS and _is_text(kind):
            return "pii.zip", "the values are ZIP codes"
        if _is_text(kind):
            return "pii.postcode", "the values are postal codes of several shapes"
        return CONFIDENTIAL, "the values are numbers, so leading zeros are lost"
    if label == "pii.age":
        fits = look.share("age") >= FITS and not pa.types.is_floating(kind)
        return (label, "the values are whole years") if fits else ("pii.other", "not whole years")
    if label == "financial.amount":
        fits = pa.types.is_floating(kind) or look.share("number") >= FITS
        return (label, "the values are numbers") if fits else (CONFIDENTIAL, "not numbers")
    if label in _CLEAR_TEXT:
        return _fitted_clear(label, look)
    if pa.types.is_floating(kind) and not label.startswith(_TAKE_FRACTIONS):
        return CONFIDENTIAL, "the values are fractions"
    return _fitted_person(label, look)


def _fitted_date(label: str, look: Look) -> tuple[str, str]:
    kind = look.arrow_type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind) or look.share("iso_date") >= FITS:
        return label, "the values are dates"
    rest = "phi" if label.startswith("phi") else "pii.other"
    rest = "pii.birth_date.text" if label == "pii.birth_date" else rest
    if look.share("date") >= STRONG:
        return rest, "not all of the dates are written as YYYY-MM-DD"
    return rest, "the values are not dates"


def _fitted_clear(label: str, look: Look) -> tuple[str, str]:
    """Labels that the default policy leaves clear: only for values that can hold nothing else."""
    rest = "pii.other" if label.startswith("pii") else "phi"
    if look.share(*_LEAKS) > 0 or look.share("full_name") >= 0.05:
        return rest, "some values look like something about a person"
    if look.share("words") >= 0.2 or look.longest > 120:
        return "phi.note" if rest == "phi" else rest, "the values are longer texts"
    if label == "pii.gender" and not (look.share("gender") >= STRONG or look.distinct <= 12):
        return rest, "there are many different values"
    return label, "the values are short"


def _fitted_person(label: str, look: Look) -> tuple[str, str]:
    if label.startswith("pii.name") and look.share("number") >= STRONG:
        return "pii.id", "the values are numbers"
    if label.startswith("pii.name") and look.share("given", "family", "full_name") >= SOME:
        return label, "many values are names"
    if label.startswith("pii.name") and look.share("words") >= 0.5 and look.longest > 200:
        return "pii.free_text", "the values are longer texts"
    if label == "pii.location" and look.share("number") >= STRONG:
        return label, "the values are numbers"
    return label, ""


def _harmless(look: Look) -> Guess | None:
    """``public`` if the name is harmless and the values are too; None if they are not."""
    kind = look.arrow_type
    if look.count == 0:
        return Guess(CONFIDENTIAL, Confidence.LOW, "a harmless name, but no values to look at")
    if pa.types.is_boolean(kind):
        return Guess(PUBLIC, Confidence.HIGH, "true or false only")
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return Guess(PUBLIC, Confidence.MEDIUM, "a harmless name over dates")
    if look.share(*_LEAKS) > 0 or look.share("pan", "words") >= 0.02:
        return None
    if look.share("number") >= FITS and look.longest <= 8:
        return Guess(PUBLIC, Confidence.HIGH, "a harmless name over small numbers")
    if look.share("date") >= FITS:
        return Guess(PUBLIC, Confidence.MEDIUM, "a harmless name over dates")
    few = look.distinct <= _FEW and (look.distinct <= 0.5 * look.count or look.count < 20)
    named = look.share("given", "family") >= 0.05 or look.share("full_name") >= 0.05
    if few and look.longest <= 40 and not named:
        return Guess(PUBLIC, Confidence.HIGH, "a harmless name over few short values")
    return None


def _without_name(hint: NameHint, look: Look) -> Guess:
    """The name says nothing about people: weaker value evidence decides."""
    if pa.types.is_nested(look.arrow_type):
        return Guess("pii.other", Confidence.LOW, "nested values are not looked into")
    if look.share("words") >= SOME or look.longest > 200:
        return Guess("pii.free_text", Confidence.MEDIUM, "longer texts with spaces")
    if look.share("full_name") >= SOME:
        share = _percent(look.share("full_name"))
        return Guess("pii.name.full", Confidence.MEDIUM, f"{share} of the values hold names")
    if look.share("given") >= SOME:
        return Guess("pii.name.first", Confidence.MEDIUM, "many values are given names")
    if look.share("family") >= SOME:
        return Guess("pii.name.last", Confidence.MEDIUM, "many values are family names")
    if look.share("uuid") >= STRONG and not hint.label:
        return Guess("pii.id", Confidence.LOW, "the values are unique identifiers")
    if look.share("gender") >= FITS and look.distinct >= 2 and look.share("boolean") < 0.5:
        return Guess("pii.gender", Confidence.MEDIUM, "the values are genders")
    for pattern, label, words in _SPEAKING:
        if look.share(pattern) >= SOME and pattern != "vin":
            share = _percent(look.share(pattern))
            return Guess(label, Confidence.LOW, f"{share} of the values are {words}")
    if look.share(*_LEAKS) > 0:
        return Guess("pii.free_text", Confidence.LOW, "some values hold contact details")
    if hint.label == PUBLIC:
        why = "a harmless name, but many different values"
    else:
        why = "not about a person by its name" if hint.label else "nothing is known about it"
    return Guess(CONFIDENTIAL, Confidence.LOW, why)


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _percent(share: float) -> str:
    return f"{share:.0%}"
