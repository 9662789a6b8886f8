"""How the files of one session are sealed: by which key, and to whom else."""

from __future__ import annotations

from dataclasses import dataclass

from lockgate.pipeline.model import FileFormat
from lockgate.run.sealing import AGE, PARQUET
from lockgate.secret import SecretBytes


@dataclass(frozen=True, slots=True)
class FileSeal:
    """A sealing key with its number and domain; ``recipients`` may open text formats as well."""

    domain: str
    number: int
    key: SecretBytes
    recipients: tuple[str, ...] = ()

    def describe(self, file_format: FileFormat) -> dict[str, str | int]:
        """What the output's contract says of it."""
        return {
            "sealed": seal_format(file_format),
            "seal_domain": self.domain,
            "seal_key_number": self.number,
        }


def seal_format(file_format: FileFormat) -> str:
    """Parquet is sealed in its own way, text formats in an age container."""
    return PARQUET if file_format is FileFormat.PARQUET else AGE
