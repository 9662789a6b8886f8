"""How a sink's format holds protected bytes."""

from __future__ import annotations

from lockgate.pipeline.model import FileFormat
from lockgate.protect.treatment import Form


def form_of(file_format: FileFormat) -> Form:
    """Binary where the format has bytes (Parquet), text elsewhere."""
    return Form.BINARY if file_format is FileFormat.PARQUET else Form.TEXT
