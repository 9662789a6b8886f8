"""Files as a sink: a run folder is staged, fsynced, and renamed into place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from lockgate.adapters.connectors.files.age_container import check_age
from lockgate.adapters.connectors.files.csv_writer import check_csv_schema
from lockgate.adapters.connectors.files.faults import environment_failed
from lockgate.adapters.connectors.files.folders import remove_tree
from lockgate.adapters.connectors.files.part_files import PartSettings
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.seal import FileSeal
from lockgate.adapters.connectors.files.session import FileSession
from lockgate.adapters.connectors.files.staged_run import StagedRun, staging_name
from lockgate.errors import ConfigurationError
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.pipeline.model import MAX_PARTS, FileFormat
from lockgate.run.ports import Guarantee, SinkSession

DEFAULT_ROWS_PER_FILE = 10_000_000


@dataclass(frozen=True, slots=True, repr=False)
class FileSink:
    """A folder in a zone. Implements ``run.ports.Sink``.

    ``digest_key`` keys the digests in the manifest. ``compression`` ("gzip" or
    "zstd") packs CSV and JSON Lines as a whole; Parquet compresses inside. ``parts``
    files at most are written at once; with more than one, rows come in no order. ``seal`` gives,
    when a run begins, what its files are sealed by.
    """

    name: str
    path: str
    format: FileFormat
    roots: Roots
    digest_key: bytes
    limits: Limits = DEFAULT_LIMITS
    compression: str = ""
    rows_per_file: int = DEFAULT_ROWS_PER_FILE
    parts: int = 1
    seal: Callable[[], FileSeal] | None = None

    def __post_init__(self) -> None:
        if self.compression not in ("", "gzip", "zstd"):
            raise ConfigurationError("compression is gzip or zstd, or left out")
        if self.compression and self.format is FileFormat.PARQUET:
            raise ConfigurationError("Parquet compresses inside: leave compression out")
        if self.rows_per_file < 1:
            raise ConfigurationError("rows_per_file is at least 1")
        if not 1 <= self.parts <= MAX_PARTS:
            raise ConfigurationError(f"parts is a number from 1 to {MAX_PARTS}")

    def __repr__(self) -> str:
        return f"FileSink({self.name!r}, {self.path!r}, {self.format.value})"

    @property
    def guarantee(self) -> Guarantee:
        """All or nothing, by one rename."""
        return Guarantee.ATOMIC

    def open(self, run_id: str, plan_digest: str, schema: pa.Schema) -> SinkSession:
        """Begin staging for a run, removing what an earlier attempt of it left behind.

        Raises ConfigurationError for columns the format cannot hold, PathRefused,
        EnvironmentFailed.
        """
        if self.format is FileFormat.CSV:
            check_csv_schema(schema)
        seal = None if self.seal is None else self.seal()
        if seal is not None and self.format is not FileFormat.PARQUET:
            check_age()
        staging = staging_name(run_id)
        folder = self.roots.open_output(self.path)
        try:
            remove_tree(folder, staging)
            folder.make_folder(staging)
            inner = folder.folder(staging)
        except OSError as error:
            folder.close()
            raise environment_failed(error, "staging", folder.shown) from None
        settings = PartSettings(
            self.name,
            self.format,
            self.compression,
            self.rows_per_file,
            self.parts,
            plan_digest,
            schema,
            run_id,
            seal,
        )
        return FileSession(folder, inner, run_id, settings, self.digest_key, self.limits)

    def resume(self, run_id: str) -> SinkSession:
        """Take up a staged run, to publish or discard it. Raises PathRefused, EnvironmentFailed."""
        folder = self.roots.open_output(self.path)
        return StagedRun(folder, run_id, self.digest_key, self.limits)
