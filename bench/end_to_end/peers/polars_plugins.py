"""polars-hash and polars-encryption: whole columns in Rust, one fixed nonce for a column.

AES-GCM under one nonce again and again is not safe: two ciphertexts tell how their texts differ.
It is what the plugin offers.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import polars_encryption
import polars_hash as plh

from bench.end_to_end.floors.polars_copy import scan, write
from bench.end_to_end.peers.secrets import AES, HMAC_TEXT


def copy(source: Path, target: Path) -> None:
    """Scan, protect, sink."""
    frame = scan(source, typed=False).with_columns(
        plh.col("email").chash.hmac_sha256(key=HMAC_TEXT),
        polars_encryption.encrypt(pl.col("ssn"), key=AES, nonce=bytes(12)),
        (pl.lit("***-***-") + pl.col("phone").str.slice(-4)).alias("phone"),
        plh.col("last_name").chash.hmac_sha256(key=HMAC_TEXT),
    )
    write(frame, target)
