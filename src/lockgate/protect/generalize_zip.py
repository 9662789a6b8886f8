"""US ZIP codes as their first three digits, 000 where few people live."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

# Three-digit ZIP code tabulation areas of 20,000 people or fewer in the 2000 Census, as listed in
# HHS, "Guidance Regarding Methods for De-identification of Protected Health Information in
# Accordance with the HIPAA Privacy Rule" (26 November 2012), on 45 CFR 164.514(b)(2)(i)(B).
CENSUS_YEAR = 2000
SMALL_AREAS = (
    "036", "059", "063", "102", "203", "556", "692", "790", "821",
    "823", "830", "831", "878", "879", "884", "890", "893",
)  # fmt: skip
_ZIP = r"^[0-9]{5}(-?[0-9]{4})?$"


def zips(values: pa.Array) -> pa.StringArray:
    """ZIP and ZIP+4 codes; null for other text."""
    text = values.cast(pa.string())
    return pc.if_else(pc.match_substring_regex(text, _ZIP), text, None)


def zip3_text(values: pa.StringArray) -> pa.StringArray:
    """The first three digits, or ``000``."""
    area = pc.utf8_slice_codeunits(values, 0, 3)
    small = pc.is_in(area, value_set=pa.array(SMALL_AREAS))
    return pc.if_else(pc.is_null(values), None, pc.if_else(small, "000", area))
