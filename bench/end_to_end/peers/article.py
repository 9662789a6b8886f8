"""As in most articles: csv.DictReader, a Pydantic model, Fernet, a row at a time."""

from __future__ import annotations

import csv
import hashlib
import hmac
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.fernet import Fernet
from pydantic import ValidationError

from bench.end_to_end.customers import SCHEMA
from bench.end_to_end.peers.secrets import FERNET, HMAC
from bench.end_to_end.project.models import Customer

BATCH = 10_000


def copy(source: Path, target: Path) -> None:
    """Validate, protect and write; a row that is not valid is dropped."""
    with source.open(newline="", encoding="utf-8") as file:
        rows = protected(csv.DictReader(file))
        with pq.ParquetWriter(target, SCHEMA) as writer:
            while batch := list(islice(rows, BATCH)):
                writer.write_table(pa.Table.from_pylist(batch, SCHEMA))


def protected(rows: csv.DictReader[str]) -> Iterator[dict[str, object]]:
    """Rows that are valid, with four columns protected."""
    cipher = Fernet(FERNET)
    for row in rows:
        try:
            customer = Customer.model_validate({k: v for k, v in row.items() if v != ""})
        except ValidationError:
            continue
        yield {
            **customer.model_dump(),
            "email": cipher.encrypt(customer.email.encode()).decode(),
            "ssn": cipher.encrypt(customer.ssn.encode()).decode(),
            "phone": "***-***-" + customer.phone[-4:],
            "last_name": hmac.new(HMAC, customer.last_name.encode(), hashlib.sha256).hexdigest(),
        }
