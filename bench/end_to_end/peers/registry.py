"""Which peers there are, and on how many rows each is timed."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass

from bench.end_to_end.job import Job

TASK = "csv_parquet_single"
PACKAGE = "bench.end_to_end.peers"


@dataclass(frozen=True)
class Peer:
    """A peer: its name, file and the library it needs; ``share`` of the rows are timed."""

    name: str
    file: str
    needs: str
    share: float = 1.0
    quiet: tuple[tuple[str, str], ...] = ()

    @property
    def job(self) -> Job:
        """What is run."""
        return Job(self.name, "", TASK, f"{PACKAGE}.{self.file}", {}, dict(self.quiet))


# dlt reports its use over the network unless it is told not to.
DLT_QUIET = (("RUNTIME__DLTHUB_TELEMETRY", "false"), ("RUNTIME__LOG_LEVEL", "ERROR"))

PEERS = (
    Peer("polars_plugins", "polars_plugins", "polars_encryption"),
    Peer("maskops", "maskops_frame", "maskops"),
    Peer("pandas", "pandas_rows", "pandas", share=0.1),
    Peer("article", "article", "pydantic", share=0.05),
    Peer("dlt", "dlt_rows", "dlt", share=0.05, quiet=DLT_QUIET),
    Peer("presidio", "presidio_cells", "presidio_anonymizer", share=0.025),
    Peer("spark", "spark_sql", "pyspark"),
)


def present() -> Iterator[Peer]:
    """Peers whose library is here."""
    for peer in PEERS:
        if importlib.util.find_spec(peer.needs) is not None:
            yield peer
