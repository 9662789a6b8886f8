"""Presidio's operators on every cell of a pandas column, as presidio-structured applies them.

Its detectors are not asked: which column holds what is known, as it is to everybody else here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet  # noqa: F401 - what to_parquet imports
from presidio_anonymizer.operators import OperatorsFactory, OperatorType

from bench.end_to_end.peers.secrets import AES_TEXT, SALT

OPERATORS: dict[str, tuple[str, dict[str, Any]]] = {
    "email": ("encrypt", {"key": AES_TEXT}),
    "ssn": ("encrypt", {"key": AES_TEXT}),
    "phone": ("mask", {"masking_char": "*", "chars_to_mask": 8, "from_end": False}),
    "last_name": ("hash", {"hash_type": "sha256", "salt": SALT}),
}


def copy(source: Path, target: Path) -> None:
    """Read all as text, replace four columns, write."""
    frame = pd.read_csv(source, dtype=str, keep_default_na=False)
    for column, (name, parameters) in OPERATORS.items():
        frame[column] = frame[column].apply(_operation(name, parameters))
    frame.to_parquet(target)


def _operation(name: str, parameters: dict[str, Any]) -> Callable[[str], str]:
    factory: Any = OperatorsFactory
    operator = factory().create_operator_class(name, OperatorType.Anonymize)
    operator.validate(parameters)

    def operate(value: str) -> str:
        return str(operator.operate(value, parameters))

    return operate
