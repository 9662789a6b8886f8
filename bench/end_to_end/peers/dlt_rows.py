"""dlt: rows of a CSV file, a map over them, Parquet files in a folder."""

from __future__ import annotations

import csv
import hmac
import os
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import dlt
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

from bench.end_to_end.peers.secrets import AES, HMAC, SIV

_TOKEN, _CIPHER = AESSIV(SIV), AESGCM(AES)


def copy(source: Path, target: Path) -> None:
    """Extract, normalise and load, its working files beside the output."""
    pipeline = dlt.pipeline(
        pipeline_name="bench",
        destination=dlt.destinations.filesystem(bucket_url=target.as_uri()),
        dataset_name="customers",
        pipelines_dir=str(target / "_work"),
    )
    resource = dlt.resource(_rows(source), name="customers").add_map(_protect)
    pipeline.run(resource, loader_file_format="parquet")


def _rows(source: Path) -> Iterator[dict[str, str]]:
    with source.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _protect(row: dict[str, str]) -> dict[str, str]:
    nonce = os.urandom(12)
    sealed = nonce + _CIPHER.encrypt(nonce, row["ssn"].encode(), b"ssn")
    row["email"] = urlsafe_b64encode(_TOKEN.encrypt(row["email"].encode(), [b"email"])).decode()
    row["ssn"] = urlsafe_b64encode(sealed).decode()
    row["phone"] = "***-***-" + row["phone"][-4:]
    row["last_name"] = hmac.digest(HMAC, row["last_name"].encode(), "sha256").hex()
    return row
