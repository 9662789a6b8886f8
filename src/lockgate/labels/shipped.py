# ruff: noqa: E501 - one label a line is easier to read than a wrapped one
"""The labels shipped with the product. docs/reference/labels.md is checked against this list.

Letters are those of 45 CFR 164.514(b)(2)(i): A names, B places smaller than a
state, C dates and ages over 89, D telephone, E fax, F e-mail, G social security,
H medical record, I health plan beneficiary, J account, K certificate or
licence, L vehicle, M device, N URL, O IP address, P biometric, Q full-face
photograph, R any other unique identifying number, characteristic or code.
"""

from __future__ import annotations

from lockgate.kernel.interface import Normaliser
from lockgate.labels.entry import LabelEntry as Entry

_EXACT, _NFC, _TEXT = Normaliser.EXACT, Normaliser.NFC, Normaliser.TEXT
_EMAIL, _DIGITS, _ALNUM = Normaliser.EMAIL, Normaliser.DIGITS, Normaliser.ALPHANUMERIC

SHIPPED: tuple[Entry, ...] = (
    Entry("pii", "About an identifiable person", "person-data", _NFC),
    Entry("pii.id", "Identifier of a person in some system", "person-id", _EXACT, "R"),
    Entry("pii.name", "Name of a person, any form", "person-name", _TEXT, "A"),
    Entry("pii.name.full", "Full name", "person-name", _TEXT, "A"),
    Entry("pii.name.first", "Given name", "person-name", _TEXT, "A"),
    Entry("pii.name.last", "Family name", "person-name", _TEXT, "A"),
    Entry("pii.email", "E-mail address", "email", _EMAIL, "F"),
    Entry("pii.phone", "Telephone number", "phone", _DIGITS, "D"),
    Entry("pii.fax", "Fax number", "phone", _DIGITS, "E"),
    Entry("pii.address", "Street address", "address", _TEXT, "B"),
    Entry("pii.city", "City, town, county or precinct", "place", _TEXT, "B", 4),
    Entry("pii.zip", "United States ZIP code", "zip", _DIGITS, "B", 4),
    Entry("pii.postcode", "Postal code outside the United States", "postcode", _ALNUM, "B"),
    Entry("pii.location", "Where a person is or was: coordinates, birth place", "place", _TEXT, "B"),
    Entry("pii.birth_date", "Date of birth", "birth-date", _EXACT, "C", 4),
    Entry("pii.birth_date.text", "Date of birth written otherwise than YYYY-MM-DD", "birth-date", _EXACT, "C", 4),
    Entry("pii.date", "Another date directly related to a person", "person-date", _EXACT, "C", 4),
    Entry("pii.age", "Age in years", "age", _EXACT, "C", 2),
    Entry("pii.gender", "Sex or gender", "gender", _TEXT, "", 1),
    Entry("pii.nationality", "Nationality or citizenship", "nationality", _TEXT, "", 2),
    Entry("pii.ethnicity", "Ethnicity, race, religion or belief", "ethnicity", _TEXT, "", 2),
    Entry("pii.marital_status", "Marital or family status", "marital-status", _TEXT, "", 1),
    Entry("pii.occupation", "Occupation or job title", "occupation", _TEXT, "", 3),
    Entry("pii.employer", "Employer or school of a person", "employer", _TEXT),
    Entry("pii.ssn", "United States social security number", "ssn", _DIGITS, "G"),
    Entry("pii.national_id", "National identity number elsewhere", "national-id", _ALNUM, "R"),
    Entry("pii.passport", "Passport number", "passport", _ALNUM, "K"),
    Entry("pii.driver_license", "Driving licence number", "driver-license", _ALNUM, "K"),
    Entry("pii.license", "Other certificate or licence number", "license", _ALNUM, "K"),
    Entry("pii.vehicle", "Vehicle identifier or number plate", "vehicle", _ALNUM, "L"),
    Entry("pii.ip", "IP address", "ip", _TEXT, "O"),
    Entry("pii.device", "Device identifier, serial or MAC address", "device", _ALNUM, "M"),
    Entry("pii.url", "Web address that may name a person", "url", _NFC, "N"),
    Entry("pii.user_agent", "Browser signature", "user-agent", _NFC, "R"),
    Entry("pii.account", "Account or customer number", "account", _EXACT, "J"),
    Entry("pii.username", "User name or handle", "username", _NFC, "R"),
    Entry("pii.photo", "Photograph or its file", "photo", _EXACT, "Q"),
    Entry("pii.biometric", "Biometric identifier", "biometric", _EXACT, "P"),
    Entry("pii.free_text", "Free text that may name anybody", "free-text", _NFC, "R"),
    Entry("pii.other", "Another identifying characteristic or code", "person-other", _NFC, "R"),
    Entry("phi", "Health information about a person", "health-data", _NFC),
    Entry("phi.mrn", "Medical record number", "patient-id", _ALNUM, "H"),
    Entry("phi.health_plan", "Health plan beneficiary number", "health-plan", _ALNUM, "I"),
    Entry("phi.encounter", "Visit, encounter, claim or prescription number", "encounter", _ALNUM, "R"),
    Entry("phi.device", "Implanted or prescribed device serial", "device", _ALNUM, "M"),
    Entry("phi.provider", "Treating person or their number", "provider", _TEXT, "R"),
    Entry("phi.admission_date", "Date of admission", "care-date", _EXACT, "C", 4),
    Entry("phi.discharge_date", "Date of discharge", "care-date", _EXACT, "C", 4),
    Entry("phi.service_date", "Date of another service", "care-date", _EXACT, "C", 4),
    Entry("phi.death_date", "Date of death", "care-date", _EXACT, "C", 4),
    Entry("phi.diagnosis", "Diagnosis or condition, code or text", "diagnosis", _TEXT, "", 3),
    Entry("phi.medication", "Medication or prescription", "medication", _TEXT, "", 3),
    Entry("phi.procedure", "Procedure or treatment", "procedure", _TEXT, "", 3),
    Entry("phi.allergy", "Allergy", "allergy", _TEXT, "", 3),
    Entry("phi.lab_result", "Laboratory result or vital sign", "lab-result", _TEXT, "", 3),
    Entry("phi.note", "Clinical note, free text", "free-text", _NFC, "R"),
    Entry("pci", "Payment card data", "card-data", _NFC),
    Entry("pci.pan", "Card number (PAN)", "card", _DIGITS, "J"),
    Entry("pci.cvv", "Card verification code", "card-code", _DIGITS, "", 3),
    Entry("pci.expiry", "Card expiry date", "card-expiry", _EXACT, "", 3),
    Entry("pci.cardholder", "Name on a card", "person-name", _TEXT, "A"),
    Entry("financial", "Money matters of a person or firm", "financial-data", _NFC),
    Entry("financial.iban", "International bank account number", "iban", _ALNUM, "J"),
    Entry("financial.account", "Bank account number", "bank-account", _ALNUM, "J"),
    Entry("financial.routing", "Bank or routing number", "routing", _ALNUM, "", 4),
    Entry("financial.salary", "Salary or income", "salary", _EXACT),
    Entry("financial.amount", "Amount of a payment or balance", "amount", _EXACT),
    Entry("financial.tax_id", "Tax number", "tax-id", _ALNUM, "R"),
    Entry("credential", "Something that opens something", "credential", _EXACT),
    Entry("credential.password", "Password, PIN or their hash", "credential", _EXACT),
    Entry("credential.token", "Session or access token", "credential", _EXACT),
    Entry("credential.api_key", "Key of a service", "credential", _EXACT),
    Entry("credential.private_key", "Private key", "credential", _EXACT),
    Entry("confidential", "Not for everybody, not about a person", "confidential", _NFC),
)  # fmt: skip
