"""maskops: masks what it recognises; it encrypts nothing that opens again.

It knows e-mail addresses and social security numbers. Telephone numbers of this form and names it
does not know: these are masked and cut by Polars.
"""

from __future__ import annotations

from pathlib import Path

import maskops
import polars as pl

from bench.end_to_end.floors.polars_copy import scan, write


def copy(source: Path, target: Path) -> None:
    """Scan, mask, sink."""
    frame = scan(source, typed=False).with_columns(
        maskops.mask_pii("email", patterns=["email"]),
        maskops.mask_pii("ssn", patterns=["ssn"]),
        (pl.lit("***-***-") + pl.col("phone").str.slice(-4)).alias("phone"),
        pl.col("last_name").str.slice(0, 1) + "*",
    )
    write(frame, target)
