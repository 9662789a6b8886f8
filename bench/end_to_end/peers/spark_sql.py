"""Spark SQL on all cores of this machine: aes_encrypt, sha2, mask. Measured only if it is here."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession

from bench.end_to_end.customers import SCHEMA
from bench.end_to_end.peers.secrets import AES_TEXT, SALT

PROTECT = f"""
SELECT * EXCEPT (email, ssn, phone, last_name),
  base64(aes_encrypt(email, '{AES_TEXT}')) AS email,
  base64(aes_encrypt(ssn, '{AES_TEXT}')) AS ssn,
  concat(mask(substr(phone, 1, 8)), substr(phone, 9)) AS phone,
  sha2(concat('{SALT}', last_name), 256) AS last_name
FROM customers
"""  # noqa: S608 - fixed keys of a benchmark


def copy(source: Path, target: Path) -> None:
    """Read all as text, select, write; Spark is started and stopped within."""
    spark = SparkSession.builder.getOrCreate()
    text = ", ".join(f"{name} STRING" for name in SCHEMA.names)
    rows = spark.read.csv(str(source), header=True, schema=text, escape='"')
    rows.createOrReplaceTempView("customers")
    spark.sql(PROTECT).write.parquet(str(target))
    spark.stop()
